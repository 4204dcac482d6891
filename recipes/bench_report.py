#!/usr/bin/env python
"""Measure time and memory of `humpcat report` on a large table of simulated predictions.

    python recipes/bench_report.py
    python recipes/bench_report.py --rows 3000000 --out runs/bench

1,000,000 predictions of 1000 speakers by three systems, the same ones each time. The last line gives seconds and GB
of the whole command, start of Python included.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from humpcat.cli import reporting_errors
from humpcat.evaluation import Predictions
from humpcat.setting_ranges import COUNTS, number_in

CLASSES = ("anger", "happiness", "neutral", "sadness")
SYSTEMS = {"zero-shot": 0.8, "target-only": 1.2, "fine-tuned": 1.8}
SPEAKERS, DRAWS, SEED = 1000, 5, 0


def predictions(rows: int) -> Predictions:
    clips = rows // (DRAWS * len(SYSTEMS))
    rng = np.random.default_rng(SEED)
    speaker = rng.integers(SPEAKERS, size=clips)
    ease, gold = rng.normal(0, 0.5, SPEAKERS), rng.integers(len(CLASSES), size=clips)
    of_the_clip = {
        "id": [f"corpus/{clip:07}" for clip in range(clips)],
        "corpus": np.array(["one", "two", "three"], dtype=object)[speaker % 3],
        "language": np.array(["de", "es", "en"], dtype=object)[speaker % 3],
        "speaker": [f"{number:04}" for number in speaker],
        "gender": np.array(["female", "male"], dtype=object)[speaker % 2],
        "duration": rng.gamma(6, 0.5, clips),
        "fold": np.zeros(clips, dtype=np.int64),
        "gold": np.array(CLASSES, dtype=object)[gold],
        "data_hash": [f"{clip:032x}" for clip in range(clips)],
        "guarantee": ["speaker-disjoint test; no validation"] * clips,
    }
    tables = []
    for draw in range(DRAWS):
        for system, skill in SYSTEMS.items():
            logits = rng.normal(0, 1, (clips, len(CLASSES)))
            logits[np.arange(clips), gold] += skill + ease[speaker]
            odds = np.exp(logits)
            shares = odds / odds.sum(axis=1, keepdims=True)
            columns = of_the_clip | {f"p_{name}": shares[:, index] for index, name in enumerate(CLASSES)}
            columns |= {"draw": [draw] * clips, "system": [system] * clips, "model_hash": [f"{draw:032x}"] * clips}
            tables.append(pa.table(columns))
    return Predictions(pa.concat_tables(tables), CLASSES)


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=number_in(COUNTS), default=1_000_000, help="predictions")
    parser.add_argument("--out", default="runs/bench_report", help="folder for table and report")
    arguments = parser.parse_args()
    made = predictions(arguments.rows)
    file, out = Path(arguments.out, "predictions.parquet"), Path(arguments.out, "report")
    made.write(file)
    print(f"{made.table.num_rows} predictions in {file}.")
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "from humpcat.cli import main; main()", "report", str(file), "--out", str(out)],
        check=True,
    )
    seconds = time.perf_counter() - start
    # Linux counts in KiB.
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    size = (out / "report.html").stat().st_size / 1e6
    print(f"{seconds:.1f} s, {memory:.2f} GB at most, page of {size:.2f} MB.")


if __name__ == "__main__":
    main()
