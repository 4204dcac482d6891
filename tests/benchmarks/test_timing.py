import json
from importlib.metadata import version
from pathlib import Path

import pytest

from humpcat.benchmarks.timing import machine_line, medians, save_figures, shortest, speed_table, take_turns
from humpcat.environment.processor import INSTRUCTIONS, Processor, processor


def test_ways_take_turns_and_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    now, called = [0.0], []
    monkeypatch.setattr("humpcat.benchmarks.timing.time.perf_counter", lambda: now[0])

    def way(name: str, seconds: list[float]):
        def run() -> None:
            called.append(name)
            now[0] += seconds.pop(0)

        return run

    times = take_turns({"a": way("a", [3.0, 1.0, 8.0]), "b": way("b", [5.0, 6.0, 4.0])}, turns=3)
    assert called == ["a", "b"] * 3
    assert times == {"a": [3.0, 1.0, 8.0], "b": [5.0, 6.0, 4.0]}
    assert shortest(times) == {"a": 1.0, "b": 4.0}
    assert medians(times) == {"a": 3.0, "b": 5.0}


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"amx_bf16": True, "avx512_bf16": True, "avx2": True}, "AMX bf16, AVX-512 bf16, AVX2"),
        ({"avx512_bf16": True, "avx2": True}, "AVX-512 bf16, AVX2"),
        ({"avx2": True}, "AVX2, neither AMX nor AVX-512 bf16"),
        ({"bf16": True}, "Arm bf16"),
        ({}, "neither AMX nor AVX-512 bf16"),
        (None, "instructions unknown"),
    ],
)
def test_the_line_of_the_machine_names_what_computes_in_half_precision(there: dict | None, said: str) -> None:
    instructions = dict.fromkeys(INSTRUCTIONS, None if there is None else False) | (there or {})
    line = machine_line(Processor("Some CPU", "x86_64", 4, instructions))
    assert line.startswith(f"Some CPU, 4 cores, {said}; Python ")
    assert f"torch {version('torch')}" in line


def test_a_processor_without_a_name_is_told_by_its_architecture() -> None:
    line = machine_line(Processor(None, "riscv64", 1, dict.fromkeys(INSTRUCTIONS)))
    assert line.startswith("unknown processor (riscv64), 1 cores, instructions unknown;")


def test_ratios_are_of_the_seconds_they_are_ratios_to() -> None:
    lines = speed_table({"plain": 30.0, "ours": 12.0}, "real-time factor", 60.0, {"faster": 30.0, "than half": 6.0})
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["way", "real-time factor", "faster", "than half"]
    assert cells[2:] == [["plain", "0.5", "1.00", "0.20"], ["ours", "0.2", "2.50", "0.50"]]


def test_figures_are_written_beside_the_machine(tmp_path: Path) -> None:
    path = save_figures(tmp_path / "new", "bench_this", {"seconds": {"ours": 1.5}})
    assert path == tmp_path / "new/bench_this.json"
    written = json.loads(path.read_text())
    assert written["seconds"] == {"ours": 1.5}
    assert (written["processor"], written["cores"]) == (processor().name, processor().cores)
    assert written["torch"] == version("torch")
