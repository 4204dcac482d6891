#!/usr/bin/env python
"""Show what each package that humpcat needs costs: on disk, at its import, and whether a pipeline imports it.

    python recipes/bench_install.py
    python recipes/bench_install.py --encoder WHISPER --turns 5

For each package: the size of its own files, the size of what would go with it if humpcat did not need it (the packages
that nothing else of humpcat needs), the median seconds of its import in a new process less those of an empty one, and
whether it is loaded after `humpcat.pipeline()` answered (with --encoder, where the model's encoder is).
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from humpcat.cli import reporting_errors
from humpcat.errors import HumpcatError
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.packages import PACKAGES
from humpcat.setting_ranges import COUNTS, number_in

ANSWER = """
import json, sys
import numpy, humpcat
classify = humpcat.pipeline(encoder=sys.argv[1], device="cpu")
classify({"array": numpy.sin(numpy.arange(16_000) / 20), "sampling_rate": 16_000})
print(json.dumps(sorted(name.partition(".")[0] for name in sys.modules)))
"""


def needs(name: str) -> set[str]:
    """Return the installed packages that one asks for itself, its extras aside."""
    asked = [Requirement(line) for line in distribution(name).requires or ()]
    wanted = {canonicalize_name(one.name) for one in asked if not one.marker or one.marker.evaluate({"extra": ""})}
    return {one for one in wanted if installed(one)}


def installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def reachable(names: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= needs(name) - found
    return found


def megabytes(name: str) -> float:
    files = [file.locate() for file in distribution(name).files or ()]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def seconds(code: str, turns: int) -> float:
    taken = []
    for _ in range(turns):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def loaded_by_pipeline(encoder: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", ANSWER, encoder], capture_output=True, text=True, check=False)
    if done.returncode:
        raise HumpcatError(f"encoder {encoder}: the pipeline failed: {done.stderr.strip().splitlines()[-1]}")
    return set(json.loads(done.stdout.splitlines()[-1]))


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", help="where the encoder of the model that comes with humpcat is")
    parser.add_argument(
        "--turns", type=number_in(COUNTS), default=3, help="imports of each package, after one that is not counted"
    )
    arguments = parser.parse_args()
    packages = {canonicalize_name(package.name): package for package in PACKAGES if installed(package.name)}
    always = {name for name, package in packages.items() if not package.extra}
    loaded = loaded_by_pipeline(arguments.encoder) if arguments.encoder else None
    seconds("pass", 1)
    nothing = seconds("pass", arguments.turns)
    cells = [["package", "extra", "MB", "MB with what only it brings", "import s", "in a pipeline"]]
    for name, package in packages.items():
        others = reachable(always - {name})
        alone = reachable({name}) - others
        import_it = f"import {package.module}"
        seconds(import_it, 1)
        cells.append(
            [
                package.name,
                package.extra or "-",
                f"{megabytes(name):.0f}",
                f"{sum(map(megabytes, alone)):.0f}" if alone else "0 (others need it)",
                f"{seconds(import_it, arguments.turns) - nothing:.2f}",
                "-" if loaded is None else "yes" if package.module in loaded else "no",
            ]
        )
    print("\n".join(markdown_table(cells, padded=True)))


if __name__ == "__main__":
    main()
