#!/usr/bin/env python
"""Measure how fast the model that comes with humpcat is: one clip once it is loaded, and the features of a corpus.

    python recipes/bench_shipped.py --data-dir DATA
    python recipes/bench_shipped.py --data-dir DATA --corpus emodb --clips 40 --turns 1 --model cremad-whisper-base

The latency is the median time of one call of the pipeline with one clip of 4 s, joined of the corpus' clips, on one
core and on all. Features are the hidden states that the model reads, from files to a store, on all cores and in the
precision in which they are stored; clips are spread over the lengths of the corpus, and the shortest time of each way
counts, for what else runs on the machine only adds. OUT/bench_shipped.json holds all figures.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from humpcat import audio
from humpcat.audio import SAMPLING_RATE
from humpcat.benchmarks.spread import spread_clips
from humpcat.benchmarks.timing import machine_line, medians, save_figures, shortest, speed_table, take_turns
from humpcat.cli import reporting_errors
from humpcat.device import cores
from humpcat.features.extraction import extract
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.store import FeatureStore
from humpcat.inference.pipeline import pipeline
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, number_in

LATENCY_SECONDS = 4


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="folder or name of a model; the one that comes with humpcat by default")
    parser.add_argument("--data-dir", help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--corpus", default="cremad", help="whose clips")
    parser.add_argument("--clips", type=number_in(COUNTS), default=200, help="clips, spread over the lengths")
    parser.add_argument("--turns", type=number_in(COUNTS), default=3, help="how often features are computed")
    parser.add_argument("--calls", type=number_in(COUNTS), default=20, help="calls that a latency is the median of")
    parser.add_argument("--out", type=Path, default=Path("runs/bench_shipped"), help="folder of the figures")
    arguments = parser.parse_args()
    require_writable(arguments.out)
    paths = spread_clips(arguments.corpus, arguments.data_dir, arguments.clips)
    waveforms = [audio.load(path) for path in paths.values()]
    seconds = sum(map(len, waveforms)) / SAMPLING_RATE
    # Repeated where all clips together are shorter.
    one = np.resize(np.concatenate(waveforms), LATENCY_SECONDS * SAMPLING_RATE)
    classify = pipeline(arguments.model, device="cpu")
    usual = torch.get_num_threads()

    def call(threads: int) -> None:
        torch.set_num_threads(threads)
        classify({"array": one, "sampling_rate": SAMPLING_RATE})

    numbers = {f"{threads} {'core' if threads == 1 else 'cores'}": threads for threads in dict.fromkeys((1, usual))}
    ways = {f"one clip of {LATENCY_SECONDS} s, {name}": lambda n=n: call(n) for name, n in numbers.items()}
    # Whatever the first call makes belongs to loading.
    call(usual)
    latency = medians(take_turns(ways, arguments.calls))
    torch.set_num_threads(usual)

    hidden = HiddenStates(classify.model.load_encoder(), classify.model.config.encoder_layers)
    hidden.extract(waveforms[:1])
    with TemporaryDirectory() as folder:
        stores = iter(range(1 + arguments.turns))
        way = {
            f"features of a corpus, {cores()} cores": lambda: extract(
                paths, [hidden], FeatureStore(f"{folder}/{next(stores)}"), show_progress=False
            )
        }
        best = shortest(take_turns(way, arguments.turns))
    print(machine_line())
    print("\n".join(speed_table(latency, "seconds", 1, {})))
    print(f"\n{len(paths)} clips, {seconds:.0f} s of audio")
    print("\n".join(speed_table(best, "real-time factor", seconds, {})))
    figures = {"clips": len(paths), "seconds_of_audio": seconds, "seconds": best, "latency": latency}
    save_figures(arguments.out, "bench_shipped", figures)


if __name__ == "__main__":
    main()
