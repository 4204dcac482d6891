"""A run goes on from what it saved or says which file is not that; nothing in a state runs, and nothing is silent."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from humpcat.errors import CheckpointError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.losses import CrossEntropy
from humpcat.training.settings import OptimizationSettings
from humpcat.training.trainer.loop import Trainer
from humpcat.training.trainer.sealed import SEAL, seal
from humpcat.training.trainer.state import Checkpoints, read_progress

from ..training.data.test_examples import LAYERS, WIDTH, dataset
from ..training.making import World, copied, make_world, train
from .making import Leaving

FILES = ["model.safetensors", "optimizer.bin", "scheduler.bin", "random_states_0.pkl", "progress.json", SEAL]
DAMAGES = ["missing", "truncated", "flipped", "empty", "a folder"]
CLIPS = 8


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory)


def fit(folder: Path, *, resume: bool = False, seed: int = 0) -> None:
    """Train a network of a few weights for two epochs, with the states that every run saves."""
    torch.manual_seed(0)
    labels = {name: index for index, name in enumerate("abcd")}
    sizes = {"encoder_width": WIDTH, "encoder_layers": range(LAYERS), "hidden_size": 8, "heads": 2, "feed_forward": 8}
    model = HumpCatForAudioClassification(HumpCatConfig(**sizes, label2id=labels))
    settings, states = OptimizationSettings(epochs=2, seed=seed), Checkpoints(folder, resume=resume)

    def plan(rng: np.random.Generator) -> list[list[int]]:
        order = rng.permutation(CLIPS).tolist()
        return [order[:3], order[3:]]

    loss = CrossEntropy(torch.ones(4), 0.0)
    Trainer(settings, Accelerator(cpu=True), states).fit(model, dataset([10] * CLIPS), plan, loss, lambda _: 0.5)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the states of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("finished") / "out"
    fit(folder)
    return folder


@pytest.fixture
def out(finished: Path, tmp_path: Path) -> Path:
    return copied(finished, tmp_path / "out")


def resumed(out: Path, again: Callable[[Path], object] = lambda out: fit(out, resume=True)) -> str:
    """Return the sentence in which a run refuses to go on, and make sure that nothing of the folder was changed."""
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(CheckpointError) as caught:
        again(out)
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
def test_a_damaged_file_of_a_state_is_named(name: str, how: str, out: Path) -> None:
    damage(out / "last" / name, how)
    # A list that can still be read differs from the file whose entry it is.
    assert str(out / "last" if (name, how) == (SEAL, "flipped") else out / "last" / name) in resumed(out)


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_best_weights_are_named(how: str, out: Path) -> None:
    damage(out / "best/model.safetensors", how)
    assert str(out / "best/model.safetensors") in resumed(out)


@pytest.mark.parametrize(
    ("file", "how"), [("last/random_states_0.pkl", "flipped"), ("best/model.safetensors", "missing")]
)
def test_a_recipe_goes_on_from_no_damaged_state(file: str, how: str, world: World, tmp_path: Path) -> None:
    out = copied(world.source, tmp_path / "out")
    damage(out / "checkpoints" / file, how)
    said = resumed(out, lambda out: train(world, out, source={"resume": True}))
    assert str(out / "checkpoints" / file) in said


@pytest.mark.parametrize("part", ["last", "best", *(f"last/{name}" for name in FILES)])
def test_what_is_of_another_run_is_named(part: str, out: Path, other: Path) -> None:
    theirs, ours = other / part, out / part
    if ours.is_dir():
        shutil.rmtree(ours)
        shutil.copytree(theirs, ours)
    elif theirs.read_bytes() == ours.read_bytes():
        pytest.skip("both runs saved the same there")
    else:
        shutil.copyfile(theirs, ours)
    assert str(ours.parent if ours.name == SEAL else ours) in resumed(out)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the states of the same run with another seed."""
    folder = tmp_path_factory.mktemp("other") / "out"
    fit(folder, seed=1)
    return folder


def test_a_whole_state_is_gone_on_from(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit(out, resume=True)
    assert "resumed after epoch 2 of 2." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["optimizer.bin", "scheduler.bin", "random_states_0.pkl"])
@pytest.mark.parametrize("how", [pickle.dump, torch.save], ids=["pickle", "torch"])
def test_no_pickle_of_a_state_is_run(how: Callable[[Any, Any], None], name: str, out: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    def change(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            how({"step": Leaving(mark)}, file)

    sealed_again(out / "last", change)
    assert str(out / "last" / name) in resumed(out)
    assert not mark.exists()


def test_no_pickled_weights_are_run(out: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    def change(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        torch.save({"weight": Leaving(mark)}, folder / "pytorch_model.bin")

    sealed_again(out / "last", change)
    assert str(out / "last/pytorch_model.bin") in resumed(out)
    assert not mark.exists()


@pytest.mark.parametrize("states", [{}, [], None, {"random_state": 1}, {"torch_manual_seed": torch.zeros(3)}])
def test_a_random_state_that_is_none_is_told(states: Any, out: Path) -> None:
    sealed_again(out / "last", lambda folder: torch.save(states, folder / "random_states_0.pkl"))
    assert "random_states_0.pkl: holds no random state" in resumed(out)


@pytest.mark.parametrize("name", ["optimizer.bin", "scheduler.bin"])
@pytest.mark.parametrize("content", [{}, [], None, {"state": {}, "param_groups": []}], ids=repr)
def test_states_that_mean_nothing_are_told(content: Any, name: str, out: Path) -> None:
    if name == "scheduler.bin" and isinstance(content, dict):
        pytest.skip("a schedule has no names that it insists on")
    sealed_again(out / "last", lambda folder: torch.save(content, folder / name))
    assert str(out / "last") in resumed(out)


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
