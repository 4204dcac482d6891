#!/usr/bin/env python
"""Measure `humpcat predict` from command to last answer, beside a plain script and beside a command for each file.

    python recipes/bench_predict.py --model cremad-whisper-base --data-dir DATA --encoder WHISPER
    python recipes/bench_predict.py --model cremad-whisper-base --data-dir DATA --corpus emodb --encoder WHISPER \\
        --counts 1 10 --turns 5

The script loads transformers' audio classification on the same encoder, with a head of random weights, which is as
fast as a trained one, and answers the same files; its text stands in this file. Every command is a process of its own
that imports, loads, answers and ends. All ways of one number of files take turns; the table shows the medians of wall
and processor seconds and the largest memory of a process, and the ratio of wall seconds to those of `humpcat predict`.
Each way answers one file before that is not counted, so that packages and weights are read from memory. It runs where
children's resources can be read: Linux and macOS. OUT/bench_predict.json holds all figures.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from humpcat.benchmarks.commands import Commands, Run, measure, measure_in_turns, median, run_table
from humpcat.cli import reporting_errors
from humpcat.errors import CorpusError
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, number_in

OURS, PLAIN, EACH = "humpcat predict", "transformers in a script", "humpcat predict for each file"

SCRIPT = """
import sys

import soundfile
from transformers import pipeline

encoder, *paths = sys.argv[1:]
classify = pipeline("audio-classification", model=encoder)
clips = []
for path in paths:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    clips.append({"array": samples.mean(axis=1), "sampling_rate": rate})
for path, answer in zip(paths, classify(clips), strict=True):
    print(path, answer[0]["label"])
"""


def commands_of(paths: list[str], model: str | None, encoder: str) -> dict[str, Commands]:
    """Return the ways to answer some files."""
    options = ["--encoder", encoder, *(["--model", model] if model else [])]
    ours = [sys.executable, "-m", "humpcat", "predict", *options]
    found: dict[str, Commands] = {
        OURS: [[*ours, *paths]],
        PLAIN: [[sys.executable, "-c", SCRIPT, encoder, *paths]],
    }
    if len(paths) > 1:
        found[EACH] = [[*ours, path] for path in paths]
    return found


def show(runs: dict[int, dict[str, list[Run]]], out: Path) -> None:
    # Imported after all runs: the memory of a child counts what this process held when the child was started.
    from humpcat.benchmarks.timing import machine_line, save_figures

    print(machine_line())
    for count, ways in runs.items():
        medians = {name: median(found) for name, found in ways.items()}
        print(f"\n{count} {'file' if count == 1 else 'files'}, medians of {len(ways[OURS])} runs")
        print("\n".join(run_table(medians, OURS)))
    figures = {
        str(count): {name: [asdict(run) for run in found] for name, found in ways.items()}
        for count, ways in runs.items()
    }
    save_figures(out, "bench_predict", {"files": figures})


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--corpus", default="cremad", help="whose clips")
    parser.add_argument("--model", help="folder or name of our model; the one that comes with humpcat by default")
    parser.add_argument("--encoder", required=True, help="folder or hub name of the model's encoder")
    parser.add_argument("--counts", type=number_in(COUNTS), nargs="+", default=[1, 10, 100], help="numbers of files")
    parser.add_argument("--turns", type=number_in(COUNTS), default=3, help="how often each way is measured")
    parser.add_argument("--out", type=Path, default=Path("runs/bench_predict"), help="folder of the figures")
    arguments = parser.parse_args()
    require_writable(arguments.out)

    from humpcat.benchmarks.spread import spread_clips

    paths = list(spread_clips(arguments.corpus, arguments.data_dir, max(arguments.counts)).values())
    if len(paths) < max(arguments.counts):
        raise CorpusError(
            f"corpus '{arguments.corpus}': has {len(paths)} clips, {max(arguments.counts)} were asked for: name fewer "
            "by --counts, or another corpus."
        )
    for commands in commands_of(paths[:1], arguments.model, arguments.encoder).values():
        measure(commands)
    runs = {
        count: measure_in_turns(commands_of(paths[:count], arguments.model, arguments.encoder), arguments.turns)
        for count in sorted(set(arguments.counts))
    }
    show(runs, arguments.out)


if __name__ == "__main__":
    main()
