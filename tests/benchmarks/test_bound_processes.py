import importlib
import os
from pathlib import Path
from types import ModuleType

import pytest

from humpcat.benchmarks.bound_processes import BoundProcesses
from humpcat.errors import HumpcatError, SettingsError

WORK = """
import os
import time
from pathlib import Path


def prepare(folder):
    def work(share, barrier, name):
        rank, processes = share
        barrier()
        Path(folder, f"{name}-{rank}-{processes}").write_text(" ".join(map(str, os.sched_getaffinity(0))))
        time.sleep(0.2)

    return work


def prepare_failing(kind):
    if kind == "before":
        raise ValueError("no such model")

    def work(share, barrier):
        if share[0] == 1 and kind == "dies":
            os._exit(3)
        if share[0] == 1:
            raise ValueError("the disk is full")
        barrier()

    return work
"""


def cores() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


two_cores = pytest.mark.skipif(len(cores()) < 2, reason="needs Linux and two cores")


@pytest.fixture(name="module")
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that a process of its own can import."""
    (tmp_path / "work_of_bound_processes.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("work_of_bound_processes")


@two_cores
def test_each_process_has_a_core_of_its_own_and_its_share(module: ModuleType, tmp_path: Path) -> None:
    with BoundProcesses(module.prepare, (str(tmp_path),), 2) as bound:
        assert bound.seconds(1, "alone") >= 0.2
        assert bound.seconds(2, "both") >= 0.2
        with pytest.raises(SettingsError, match="3 of 2 processes: expected 1 or all"):
            bound.seconds(3, "none")
    found = {path.name: path.read_text() for path in tmp_path.glob("*-*-*")}
    first, second = map(str, cores()[:2])
    assert found == {"alone-0-1": first, "both-0-2": first, "both-1-2": second}


@two_cores
@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("work", "a process failed: ValueError: the disk is full"),
        ("before", "a process failed: ValueError: no such model"),
    ],
)
def test_what_fails_in_a_process_is_told(kind: str, sentence: str, module: ModuleType) -> None:
    with pytest.raises(HumpcatError) as caught, BoundProcesses(module.prepare_failing, (kind,), 2) as bound:
        bound.seconds(2)
    assert str(caught.value) == sentence


def test_more_processes_than_cores_are_refused(module: ModuleType) -> None:
    words = "only Linux binds" if not cores() else f"this process may use {len(cores())}"
    with pytest.raises(SettingsError, match=words):
        BoundProcesses(module.prepare, ("",), len(cores()) + 1)
