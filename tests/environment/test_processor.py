from pathlib import Path

import pytest

from humpcat.environment import processor as module
from humpcat.environment.processor import processor


@pytest.mark.parametrize(
    ("lines", "name", "expected"),
    [
        (
            "processor\t: 0\nmodel name\t: Intel(R) Xeon(R)\nflags\t\t: avx2 amx_bf16 avx512_bf16\n\nprocessor\t: 1\n",
            "Intel(R) Xeon(R)",
            {"amx_bf16": True, "avx512_bf16": True, "avx2": True, "bf16": False},
        ),
        (
            "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: sse avx2\n",
            "AMD EPYC",
            {"amx_bf16": False, "avx512_bf16": False, "avx2": True, "bf16": False},
        ),
        (
            "processor\t: 0\nmodel name\t: Neoverse\nFeatures\t: asimd bf16\n",
            "Neoverse",
            {"amx_bf16": False, "avx512_bf16": False, "avx2": False, "bf16": True},
        ),
    ],
)
def test_linux_names_processor_and_instructions(
    lines: str, name: str, expected: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "cpuinfo")
    (tmp_path / "cpuinfo").write_text(lines)
    found = processor({"avx2": not expected["avx2"]})
    assert (found.name, found.instructions) == (name, expected)
    assert found.cores >= 1


def test_elsewhere_torch_does_and_without_torch_they_are_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "cpuinfo")
    found = processor({"cpu_name": "Apple M2", "avx2": False, "bf16": True})
    assert found.name == "Apple M2"
    assert found.instructions == {"amx_bf16": None, "avx512_bf16": None, "avx2": False, "bf16": True}
    assert set(processor().instructions.values()) == {None}
