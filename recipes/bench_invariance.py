#!/usr/bin/env python
"""Measure how far the features of a clip move when it is padded, made louder, cut, said twice, resampled or coded.

    python recipes/bench_invariance.py --model cremad-whisper-base --data-dir DATA --encoder WHISPER
    python recipes/bench_invariance.py --data-dir DATA --corpora emodb --clips 20 --distortions twice telephone

Every stream that is registered is in the table, those of plugins too: each functional of prosody, mean and deviation
of each kind of frame values and of each layer of the encoder, in units of the value's own standard deviation over the
clips; and the cosine of each pooled vector with that of the clip as it is. No model is asked. OUT/invariance.md holds
both tables, and the Parquet files beside it what they are computed from.
"""

import argparse

from humpcat.cli import reporting_errors
from humpcat.robustness.invariance import USUAL, invariance
from humpcat.robustness.invariance_page import FILES, page, save
from humpcat.run_folder import enter


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", nargs="+", default=["cremad", "emodb", "mesd", "ravdess"], help="whose clips")
    parser.add_argument("--model", help="folder of the model whose encoder is read; humpcat's own by default")
    parser.add_argument("--encoder", help="where the model's encoder lies, if it has moved")
    parser.add_argument("--data-dir", help="folder that holds the corpora")
    parser.add_argument("--clips", type=int, default=40, help="clips of each corpus")
    parser.add_argument("--distortions", nargs="+", default=list(USUAL), help="what is done to them")
    parser.add_argument("--seed", type=int, default=0, help="seed of the samples and distortions")
    parser.add_argument("--out", default="runs/bench_invariance", help="folder for the tables")
    arguments = parser.parse_args()
    enter(arguments.out, FILES)
    found = invariance(
        arguments.corpora,
        model=arguments.model,
        encoder=arguments.encoder,
        data_dir=arguments.data_dir,
        distortions=arguments.distortions,
        most=arguments.clips,
        seed=arguments.seed,
    )
    save(found, arguments.out)
    print(page(found))


if __name__ == "__main__":
    main()
