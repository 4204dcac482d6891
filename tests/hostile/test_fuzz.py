"""Hostile files of every kind by the hundred: an answer that can be used, or one sentence; never a hang or a crash."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from .generator.damage import DAMAGES, Damage
from .generator.tables import TableCases

ROOT = Path(__file__).parents[2]

# As many as take about as long for each kind.
CASES = {"audio": 50, "tables": 80, "checkpoints": 25, "stores": 50}


def findings(kind: str, seed: int, cases: int, folder: Path, seconds: float) -> str:
    """Open cases in a process of their own: native code may end it, and its memory is limited."""
    command = [sys.executable, "-m", "tests.hostile.fuzz", kind, "--seed", str(seed), "--cases", str(cases)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"HUMPCAT_CACHE": str(folder / "cache"), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
    )
    said = [line for line in done.stdout.splitlines() if line.startswith("FINDING")]
    whole = done.returncode in (0, 1) and f"{cases} cases" in done.stdout
    return "\n".join(said) if whole else f"ended with {done.returncode} in {done.stderr[-500:]}"


@pytest.mark.skipif(sys.platform != "linux", reason="limits and measures memory as Linux does")
@pytest.mark.parametrize("kind", CASES)
def test_what_is_damaged_is_answered_or_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    assert findings(kind, 0, CASES[kind], tmp_path, 600) == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits and measures memory as Linux does")
@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_more_of_them(kind: str, seed: int, tmp_path: Path) -> None:
    assert findings(kind, seed, 10 * CASES[kind], tmp_path, 6000) == ""


def test_a_seed_gives_the_same_files_again(tmp_path: Path) -> None:
    first, second = (
        [(case.name, case.path.read_bytes()) for case in TableCases(tmp_path / name / "x").cases(5, 20)]
        for name in ("a", "b")
    )
    assert first == second


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("size", [1, 2, 5, 3000])
def test_damage_is_done_to_content_of_any_length(damage: Damage, size: int) -> None:
    for number in range(30):
        assert isinstance(damage(bytes(size), b"RIFFdata", Random(number)), bytes)
