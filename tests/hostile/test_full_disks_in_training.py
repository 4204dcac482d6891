"""A disk that fills while states and weights are saved: the last whole state stays, and nothing half is beside it."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from accelerate import Accelerator

from humpcat.benchmarks.cells import Cell
from humpcat.benchmarks.runner import _fit
from humpcat.errors import HumpcatError, SettingsError, WritingError
from humpcat.features.toy_encoder import make_toy_encoder
from humpcat.protocols import Split
from humpcat.training.trainer.state import Checkpoints


def test_a_state_that_cannot_be_whole_leaves_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accelerator = Accelerator(cpu=True)
    states = Checkpoints(tmp_path / "checkpoints")
    states.save_state(accelerator)
    before = {path.name: path.read_bytes() for path in states.last.iterdir()}

    def half(folder: str) -> None:
        Path(folder).mkdir(parents=True)
        Path(folder, "optimizer.bin").write_bytes(b"half")
        # What torch says of a full disk.
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 3746752 vs 3746640")

    monkeypatch.setattr(accelerator, "save_state", half)
    with pytest.raises(WritingError, match=f"^{tmp_path}/checkpoints: cannot be written"):
        states.save_state(accelerator)
    assert {path.name: path.read_bytes() for path in states.last.iterdir()} == before
    assert [path.name for path in states.folder.iterdir()] == ["last"]


def test_best_weights_that_cannot_be_whole_leave_those_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = SimpleNamespace(own_weights=dict, state_dict=lambda: {"weight": torch.ones(3)})
    accelerator, states = Accelerator(cpu=True), Checkpoints(tmp_path)
    states.save_best(model, accelerator)
    before = (tmp_path / "best" / "model.safetensors").read_bytes()

    def full(_: object, path: Path, **__: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("humpcat.training.trainer.weights.save_file", full)
    with pytest.raises(WritingError, match=r"No space left on device; 0\.0 MB are needed"):
        states.save_best(model, accelerator)
    assert (tmp_path / "best" / "model.safetensors").read_bytes() == before
    assert [path.name for path in (tmp_path / "best").iterdir()] == ["model.safetensors"]


def test_an_encoder_is_whole_once_its_weights_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("transformers.HubertModel.save_pretrained", full)
        with pytest.raises(WritingError, match="No space left"):
            make_toy_encoder(tmp_path / "encoder")
    before = os.umask(0o022)
    try:
        make_toy_encoder(tmp_path / "encoder")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "encoder").iterdir()}
    assert modes == {"config.json": 0o644, "model.safetensors": 0o644, "preprocessor_config.json": 0o644}


def cell(folder: Path) -> Cell:
    return Cell(SimpleNamespace(name="probe", folder="probe"), 0, folder)


def refuse(error: HumpcatError):
    def work() -> None:
        raise error

    return work


def test_a_full_disk_is_no_fault_of_a_system(tmp_path: Path) -> None:
    split = Split("s", 0, "")
    said = _fit(cell(tmp_path / "a"), split, refuse(HumpcatError("too few")), writes=True, left_out="emodb")
    assert said == "probe is left out (emodb): too few"
    with pytest.raises(WritingError):
        _fit(cell(tmp_path / "b"), split, refuse(WritingError("full")), writes=True, left_out="emodb")


def test_a_cell_removes_no_checkpoints_but_its_own(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "mine.pt").write_text("mine")
    with pytest.raises(SettingsError, match="holds checkpoints, which humpcat did not write"):
        _fit(cell(tmp_path), Split("s", 0, ""), lambda: pytest.fail("begun"), writes=True, left_out=None)
    assert (tmp_path / "checkpoints" / "mine.pt").read_text() == "mine"
