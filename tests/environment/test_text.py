from dataclasses import replace
from pathlib import Path

import pytest

from humpcat.environment.folders import Folder
from humpcat.environment.hub import Hub
from humpcat.environment.loading import Device, Import
from humpcat.environment.packages import Installed
from humpcat.environment.problems import Problem
from humpcat.environment.text import to_text

from .making import healthy


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_healthy_environment() -> None:
    text = to_text(healthy())
    assert max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[0] == "humpcat      0.1.0 in /c/humpcat"
    for part in (
        "processor AMD EPYC (x86_64), 2 logical cores; AVX2; no AMX bf16, no AVX-512 bf16",
        "torch 2.14.1+cu130, loads",
        "torchaudio 2.11.1+cu132, loads",
        "device cpu; predictions in float32, stored features in bfloat16; torch with CUDA 13.0, no GPU",
        "extras opensmile 1.0, playwright 1.0,",
        "cache /c/humpcat: 3.2 MB in 12 files, writable, 5.0 GB free",
        "features /c/humpcat/features: not there, can be made, 5.0 GB free",
        "hub's cache /c/hub: at least 2.1 GB in 40 files, NOT WRITABLE",
        "model mini: complete, its encoder included",
        "hub https://huggingface.co: not asked (--online asks it once)",
    ):
        assert part in words(text)
    assert text.endswith("\nNo problems found.")


def test_a_broken_environment() -> None:
    found = replace(
        healthy(),
        packages=healthy().packages | {"torch": Installed(None, False)},
        torch=Import(False, missing="torch", error="No module named 'torch'"),
        torchaudio=Import(None, error="torch does not load"),
        device=Device(),
        folders=dict.fromkeys(("cache", "features", "hub"), Folder(None)),
        hub=Hub("https://a.b", False, True, False, "status 503"),
        problems=(Problem("torch", "torch is not installed: " + "run this " * 20 + "at last.", True),),
    )
    text = to_text(found)
    assert max(map(len, text.splitlines())) <= 80
    assert "torch not installed torchaudio 1.0, not tried: torch does not load" in words(text)
    assert "device unknown" in words(text)
    assert "hub https://a.b: DOES NOT ANSWER (status 503)" in words(text)
    assert "- torch is not installed: run this" in text
    assert not found.usable


def test_an_arm_processor_and_one_that_is_unknown() -> None:
    known = healthy().processor
    arm = replace(known, architecture="aarch64", instructions=known.instructions | {"bf16": True})
    assert "(aarch64), 2 logical cores; Arm bf16" in words(to_text(replace(healthy(), processor=arm)))
    unknown = replace(known, name=None, instructions=dict.fromkeys(known.instructions))
    assert "processor unknown (x86_64), 2 logical cores; instructions unknown" in words(
        to_text(replace(healthy(), processor=unknown))
    )


def test_gpus_are_named() -> None:
    device = Device("cuda", "float32", "bfloat16", "AVX2", 2, "13.0", ({"name": "NVIDIA H200", "bytes": 150 * 10**9},))
    assert "CUDA 13.0, NVIDIA H200 (150.0 GB), processor" in words(to_text(replace(healthy(), device=device)))


def test_a_home_folder_is_not_named_and_odd_names_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(f"{Path.home()}/keep/\udcff", True, 0, 0, True, True)
    text = to_text(replace(healthy(), folders=healthy().folders | {"cache": folder}))
    assert "cache        ~/keep/\\udcff: 0 B in 0 files, writable" in text
