#!/usr/bin/env python
"""Measure how long humpcat takes to start, beside a Python that does nothing in the same run.

    python recipes/bench_start.py
    python recipes/bench_start.py --clip clip.wav --model cremad-whisper-base --encoder WHISPER \\
        --turns 9 --out start.json

`import humpcat`, `humpcat --help` and, if a clip is given, the imports of torch and of transformers' pipelines and
`humpcat predict` from command to answer take turns with `python -c pass`. A table shows the medians of wall and
processor seconds, the largest memory, and the ratio of wall seconds to those of `python -c pass`. It runs where
children's resources can be read: Linux and macOS.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from humpcat.benchmarks.commands import Commands, Run, measure, measure_in_turns, median, run_table
from humpcat.cli import reporting_errors
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, number_in

NOTHING = "python -c pass"


def commands_of(clip: Path | None, model: str | None, encoder: str | None) -> dict[str, Commands]:
    python, humpcat = [sys.executable, "-c"], [sys.executable, "-m", "humpcat"]
    found: dict[str, Commands] = {
        NOTHING: [[*python, "pass"]],
        "import humpcat": [[*python, "import humpcat"]],
        "humpcat --help": [[*humpcat, "--help"]],
    }
    if clip is not None:
        options = {"--model": model, "--encoder": encoder}
        chosen = [word for name, value in options.items() if value for word in (name, value)]
        found |= {f"import {name}": [[*python, f"import {name}"]] for name in ("torch", "transformers.pipelines")}
        found["humpcat predict"] = [[*humpcat, "predict", str(clip), *chosen]]
    return found


def show(runs: dict[str, list[Run]], turns: int, out: Path | None) -> None:
    # Imported after all runs: the memory of a child counts what this process held when the child was started.
    from humpcat.benchmarks.timing import machine_line
    from humpcat.files import write_json

    medians = {name: median(found) for name, found in runs.items()}
    print(f"{machine_line()}; medians of {turns} runs")
    print("\n".join(run_table(medians, NOTHING)))
    if out:
        figures = {name: [asdict(run) for run in found] for name, found in runs.items()}
        write_json(out, {"machine": machine_line(), "commands": figures})


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, help="an audio file, for `humpcat predict`")
    parser.add_argument("--model", help="folder or name of a model; the one that comes with humpcat by default")
    parser.add_argument("--encoder", help="where the model's encoder is, if it is not where it was")
    parser.add_argument(
        "--turns", type=number_in(COUNTS), default=5, help="runs of each command, after one that is not counted"
    )
    parser.add_argument("--out", type=Path, help="JSON file for all figures")
    arguments = parser.parse_args()
    if arguments.out:
        require_writable(arguments.out.parent)
    chosen = commands_of(arguments.clip, arguments.model, arguments.encoder)
    for commands in chosen.values():
        measure(commands)
    runs = measure_in_turns(chosen, arguments.turns)
    show(runs, arguments.turns, arguments.out)


if __name__ == "__main__":
    main()
