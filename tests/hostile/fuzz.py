"""Open hostile files for as long as wanted: ``python -m tests.hostile.fuzz audio --seed 7 --cases 5000``.

Prints a line for each finding and one at the end; exits with 1 if there was any. A finding is seen again by
``--first NUMBER --cases 1`` with its seed; ``--folder`` keeps its file.
"""

import argparse
import faulthandler
import logging
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

SPARE_BYTES = 6 << 30
"""Address space that a run may take beyond what it has when it begins: what asks for more gets none."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", help="audio, tables, checkpoints, stores; all of them by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--folder", type=Path, help="where files are kept; they are removed by default")
    given = parser.parse_args()
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("HUMPCAT_CACHE", str(Path(folder, "cache")))
        return run(given.kinds, given.seed, given.cases, given.first, given.folder, Path(folder))


def run(kinds: list[str], seed: int, count: int, first: int, kept: Path | None, scratch: Path) -> int:
    """Open cases and return 1 if there was a finding.

    Args:
        kinds: which; all if empty.
        seed: of the cases.
        count: cases a kind.
        first: number of the first.
        kept: where files stay, if they shall.
        scratch: folder that is removed.
    """
    # Imported here: the cache is named before humpcat is imported.
    from .generator.doors import DOORS, fault_of

    for name in ("transformers", "datasets", "libav"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    findings = opened = 0
    for kind in kinds or DOORS:
        door = DOORS[kind]((kept or scratch) / f"{kind}-{seed}")
        # What is loaded by now may be as large as it likes.
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + SPARE_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
        for case in door.cases.cases(seed, count, first):
            # A crash of native code leaves the name of its case behind.
            print(f"\r{kind} {case.name}"[:150], end="", file=sys.stderr, flush=True)
            opened += 1
            if fault := fault_of(door, case):
                findings += 1
                print(f"FINDING {kind} --seed {seed} --first {case.name!r}: {fault}", flush=True)
            if kept is None:
                shutil.rmtree(case.path, ignore_errors=True) if case.path.is_dir() else case.path.unlink(
                    missing_ok=True
                )
    print(f"{opened} cases, {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
