"""A run goes on from what it saved or says which file is not that; nothing in a state runs, and nothing is silent."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from humpcat.errors import CheckpointError
from humpcat.training.trainer.sealed import SEAL, seal
from humpcat.training.trainer.state import read_progress

from ..training.making import World, copied, make_world, train
from .making import Leaving

FILES = ["model.safetensors", "optimizer.bin", "scheduler.bin", "random_states_0.pkl", "progress.json", SEAL]
DAMAGES = ["missing", "truncated", "flipped", "empty", "a folder"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory)


def resumed(world: World, out: Path) -> str:
    """Return the sentence in which a run refuses to go on, and make sure that nothing of the folder was changed."""
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(CheckpointError) as caught:
        train(world, out, source={"resume": True})
    assert {path: path.read_bytes() for path in before} == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    path.unlink()
    if how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "flipped":
        path.write_bytes(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:])
    elif how == "empty":
        path.touch()
    elif how == "a folder":
        path.mkdir()


def sealed_again(folder: Path, change: Callable[[Path], Any]) -> None:
    """Change a state and list it as if it had been saved so."""
    run = json.loads((folder / SEAL).read_text())["run"]
    (folder / SEAL).unlink()
    change(folder)
    seal(folder, run)


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_of_a_state_is_named(name: str, how: str, world: World, tmp_path: Path) -> None:
    out = copied(world.source, tmp_path / "out")
    last = out / "checkpoints/last"
    damage(last / name, how)
    # A list that can still be read differs from the file whose entry it is.
    assert str(last if (name, how) == (SEAL, "flipped") else last / name) in resumed(world, out)


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_best_weights_are_named(how: str, world: World, tmp_path: Path) -> None:
    out = copied(world.source, tmp_path / "out")
    damage(out / "checkpoints/best/model.safetensors", how)
    assert str(out / "checkpoints/best/model.safetensors") in resumed(world, out)


@pytest.mark.parametrize("part", ["last", "best", *(f"last/{name}" for name in FILES)])
def test_what_is_of_another_run_is_named(part: str, world: World, other: Path, tmp_path: Path) -> None:
    out = copied(world.source, tmp_path / "out")
    theirs, ours = other / "checkpoints" / part, out / "checkpoints" / part
    if ours.is_dir():
        shutil.rmtree(ours)
        shutil.copytree(theirs, ours)
    elif theirs.read_bytes() == ours.read_bytes():
        pytest.skip("both runs saved the same there")
    else:
        shutil.copyfile(theirs, ours)
    assert str(ours.parent if ours.name == SEAL else ours) in resumed(world, out)


@pytest.fixture(scope="module")
def other(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the same run with another seed."""
    out = tmp_path_factory.mktemp("other") / "out"
    train(world, out, seed=1)
    return out


@pytest.mark.parametrize("name", ["optimizer.bin", "scheduler.bin", "random_states_0.pkl"])
@pytest.mark.parametrize("how", [pickle.dump, torch.save], ids=["pickle", "torch"])
def test_no_pickle_of_a_state_is_run(how: Callable[[Any, Any], None], name: str, world: World, tmp_path: Path) -> None:
    out, mark = copied(world.source, tmp_path / "out"), tmp_path / "mark"

    def change(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            how({"step": Leaving(mark)}, file)

    sealed_again(out / "checkpoints/last", change)
    assert str(out / "checkpoints/last" / name) in resumed(world, out)
    assert not mark.exists()


def test_no_pickled_weights_are_run(world: World, tmp_path: Path) -> None:
    out, mark = copied(world.source, tmp_path / "out"), tmp_path / "mark"

    def change(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        torch.save({"weight": Leaving(mark)}, folder / "pytorch_model.bin")

    sealed_again(out / "checkpoints/last", change)
    assert str(out / "checkpoints/last/pytorch_model.bin") in resumed(world, out)
    assert not mark.exists()


@pytest.mark.parametrize("states", [{}, [], None, {"random_state": 1}, {"torch_manual_seed": torch.zeros(3)}])
def test_a_random_state_that_is_none_is_told(states: Any, world: World, tmp_path: Path) -> None:
    out = copied(world.source, tmp_path / "out")
    sealed_again(out / "checkpoints/last", lambda folder: torch.save(states, folder / "random_states_0.pkl"))
    assert "random_states_0.pkl: holds no random state" in resumed(world, out)


@pytest.mark.parametrize("name", ["optimizer.bin", "scheduler.bin"])
@pytest.mark.parametrize("content", [{}, [], None, {"state": {}, "param_groups": []}], ids=repr)
def test_states_that_mean_nothing_are_told(content: Any, name: str, world: World, tmp_path: Path) -> None:
    out = copied(world.source, tmp_path / "out")
    if name == "scheduler.bin" and isinstance(content, dict):
        pytest.skip("a schedule has no names that it insists on")
    sealed_again(out / "checkpoints/last", lambda folder: torch.save(content, folder / name))
    assert "checkpoints/last" in resumed(world, out)


PROGRESS = {"epoch": 1, "best": 0.5, "best_epoch": 1, "history": [{"epoch": 1, "loss": 0.5}]}


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": -1},
        {"epoch": "1"},
        {"epoch": None},
        {"epoch": True},
        {"epoch": 10**30},
        {"best": float("nan")},
        {"best": 7},
        {"best_epoch": 2},
        {"history": None},
        {"history": []},
        {"history": [3]},
        {"history": [{"loss": float("nan")}]},
        {"further": 1},
    ],
    ids=str,
)
def test_progress_that_cannot_be(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    path.write_text(json.dumps(PROGRESS | change))
    with pytest.raises(CheckpointError, match=r"progress\.json"):
        read_progress(path)


@pytest.mark.parametrize("text", ["null", "[]", "{", "", "[" * 100_000, "\ufeff{}", '{"epoch": 1}'])
def test_progress_that_is_no_mapping(text: str, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    path.write_text(text)
    with pytest.raises(CheckpointError, match=r"progress\.json"):
        read_progress(path)
