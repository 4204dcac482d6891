#!/usr/bin/env python
"""Measure how long humpcat takes to start, beside a Python that does nothing in the same run.

    python recipes/bench_start.py
    python recipes/bench_start.py --clip clip.wav --encoder WHISPER --turns 9 --out start.json

`import humpcat`, `humpcat --help` and, if a clip is given, `humpcat predict` from command to answer take turns with
`python -c pass`. A table shows the medians of wall and processor seconds, the largest memory, and the ratio of wall
seconds to those of `python -c pass`. It runs where children's resources can be read: Linux and macOS.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from humpcat.arguments import number_in
from humpcat.cli import reporting_errors
from humpcat.errors import HumpcatError
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS

NOTHING = "python -c pass"


@dataclass(frozen=True)
class Run:
    """What one run of a command took: wall and processor seconds, and the largest memory in MB."""

    wall: float
    processor: float
    memory: float


def measure(words: list[str]) -> Run:
    start = time.perf_counter()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status):
        raise HumpcatError(f"{' '.join(words[1:])}: exit status {os.waitstatus_to_exitcode(status)}: {said.strip()}")
    # In KB on Linux, in bytes on macOS.
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / scale)


def commands(clip: Path | None, model: str | None, encoder: str | None) -> dict[str, list[str]]:
    python, humpcat = [sys.executable, "-c"], [sys.executable, "-m", "humpcat"]
    found = {
        NOTHING: [*python, "pass"],
        "import humpcat": [*python, "import humpcat"],
        "humpcat --help": [*humpcat, "--help"],
    }
    if clip is not None:
        options = {"--model": model, "--encoder": encoder}
        chosen = [word for name, value in options.items() if value for word in (name, value)]
        found["humpcat predict"] = [*humpcat, "predict", str(clip), *chosen]
    return found


def median(runs: list[Run]) -> Run:
    rows = [asdict(run) for run in runs]
    return Run(**{name: statistics.median(row[name] for row in rows) for name in rows[0]})


def show(runs: dict[str, list[Run]], turns: int, out: Path | None) -> None:
    # Imported after all runs: the memory of a child counts what this process held when the child was started.
    from humpcat.environment.processor import processor
    from humpcat.evaluation.markdown_table import markdown_table
    from humpcat.files import write_json

    medians = {name: median(found) for name, found in runs.items()}
    found = processor()
    flags = ", ".join(name for name, has in found.instructions.items() if has) or "none of AMX, AVX-512 bf16, AVX2"
    machine = f"{found.name} ({flags}), {found.cores} cores, Python {platform.python_version()}"
    cells = [["command", "wall s", "processor s", "memory MB", f"times `{NOTHING}`"]]
    for name, one in medians.items():
        ratio = one.wall / medians[NOTHING].wall
        cells.append([name, f"{one.wall:.2f}", f"{one.processor:.2f}", f"{one.memory:.0f}", f"{ratio:.1f}"])
    print(f"{machine}; medians of {turns} runs")
    print("\n".join(markdown_table(cells, padded=True)))
    if out:
        figures = {name: [asdict(run) for run in found] for name, found in runs.items()}
        write_json(out, {"machine": machine, "commands": figures})


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
    chosen = commands(arguments.clip, arguments.model, arguments.encoder)
    for words in chosen.values():
        measure(words)
    runs: dict[str, list[Run]] = {name: [] for name in chosen}
    for _ in range(arguments.turns):
        for name, words in chosen.items():
            runs[name].append(measure(words))
    show(runs, arguments.turns, arguments.out)


if __name__ == "__main__":
    main()
