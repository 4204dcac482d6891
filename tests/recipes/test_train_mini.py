"""The recipe of the small encoder, from audio to the table that sets it beside its teacher."""

import json
from pathlib import Path

import pytest

from humpcat.features.encoder import SpeechEncoder
from humpcat.features.trained_on import trained_on

from ..training.making import World
from .test_recipes import RECIPES

RECIPE = RECIPES / "train_mini.py"


def test_a_student_is_trained_and_compared(run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    common = ("--teacher", world.encoder, "--data-dir", world.data, "--corpus", "emodb", "iemocap", "--out", "mini")
    sizes = ("--width", 16, "--feed-forward", 32, "--heads", 2)
    few = ("--steps", 3, "--warm-up", 1, "--seconds", 0.5, "--batch-seconds", 2, "--cache", "audio")
    assert run(RECIPE, *common, *sizes, *few, "--leave-out", "emodb") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "mini/encoder"
    assert [folder.name.split("-")[0] for folder in Path("audio").iterdir()] == ["iemocap"]
    assert SpeechEncoder.from_pretrained("mini/encoder").depth == 3
    (line,) = Path("mini/log.jsonl").read_text().splitlines()
    assert json.loads(line)["step"] == 3
    assert run(RECIPE, *common, "--compare", "emodb", "--store", "store") == 0
    table = Path("mini/comparison.md").read_text()
    assert table in capsys.readouterr().out
    comparison = json.loads(Path("mini/comparison.json").read_text())
    figures = comparison["uar"]["emodb"]
    assert list(figures) == [
        f"{who}, {what}" for who in ("teacher", "student") for what in ("layer 2", "layer 3", "all")
    ]
    assert all(0 <= figure <= 100 for figure in figures.values())
    assert f"| emodb | {' | '.join(f'{figure:.1f}' for figure in figures.values())} |" in table
    assert list(comparison["cost"]) == ["teacher", "student"]
    drawn = Path("mini/comparison.svg").read_text()
    assert Path("mini/comparison.png").stat().st_size > 0
    for who, values in comparison["cost"].items():
        assert f"{who}: {', '.join(f'{value:g} {unit}' for unit, value in values.items())}" in drawn
    assert "emodb, left out" in drawn
    assert all(time > 0 for _, time in (row.values() for row in comparison["cost"].values()))


def test_a_wrong_setting_ends_in_a_sentence(run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(RECIPE, "--teacher", world.encoder, "--student", "bert") == 1
    assert "--student 'bert' is unknown: choose whisper or hubert." in capsys.readouterr().err
    assert run(RECIPE, "--teacher", "nowhere", "--data-dir", world.data, "--corpus", "emodb", "--out", "mini") == 1
    assert "encoder 'nowhere' was not found" in capsys.readouterr().err
    assert not Path("mini").exists()


def test_it_is_told_what_tells_emotions_and_begins_with_another_run(
    run, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--teacher", world.encoder, "--data-dir", world.data, "--corpus", "iemocap", "--cache", "audio")
    sizes = ("--width", 16, "--feed-forward", 32, "--heads", 2)
    few = ("--steps", 2, "--warm-up", 1, "--seconds", 0.5, "--batch-seconds", 2)
    assert run(RECIPE, *common, *sizes, *few, "--out", "first") == 0
    assert trained_on("first/encoder").datasets == ("iemocap",)
    told = ("--begin-with", "first", "--probe-corpus", "iemocap", "--store", "store", "--out", "second")
    assert run(RECIPE, *common, *sizes, *few, *told) == 0
    (line,) = Path("second/log.jsonl").read_text().splitlines()
    assert json.loads(line)["probe"] > 0
    assert json.loads(line)["held_out"]["probe"] > 0
    assert "iemocap" in trained_on("second/encoder").datasets
    capsys.readouterr()
    wider = ("--width", 32, "--feed-forward", 32, "--heads", 2)
    assert run(RECIPE, *common, *wider, *few, "--begin-with", "first", "--out", "third") == 1
    assert "--begin-with first: is of another student" in capsys.readouterr().err
    assert run(RECIPE, *common, *sizes, *few, "--begin-with", "nowhere", "--out", "third") == 1
    assert capsys.readouterr().err.startswith(
        "error: --begin-with nowhere: holds neither state.safetensors of a run nor"
    )
    assert run(RECIPE, *common, "--probe-weight", 1, "--out", "third") == 1
    assert "--probe-weight 1: does nothing without --probe-corpus." in capsys.readouterr().err


def test_it_begins_with_an_encoder_alone_and_says_what_that_had_heard(run, world: World) -> None:
    common = ("--teacher", world.encoder, "--data-dir", world.data, "--cache", "audio", "--warm-up", 1)
    sizes = ("--width", 16, "--feed-forward", 32, "--heads", 2, "--seconds", 0.5, "--batch-seconds", 2)
    assert run(RECIPE, *common, *sizes, "--corpus", "iemocap", "--steps", 40, "--out", "first") == 0
    further = ("--corpus", "emodb", "--steps", 2, "--learning-rate", 1e-6)
    assert run(RECIPE, *common, *sizes, *further, "--out", "anew") == 0
    assert run(RECIPE, *common, *sizes, *further, "--begin-with", "first/encoder", "--out", "second") == 0
    assert set(trained_on("second/encoder").datasets) == {"emodb", "iemocap"}
    anew, second = (json.loads(Path(name, "log.jsonl").read_text()) for name in ("anew", "second"))
    # Its heads are fitted before the first step, so that it says what is to be predicted from the beginning.
    assert second["held_out"]["frames"] < anew["held_out"]["frames"]
    # A run that goes on where it stopped reads what had been heard from its own card.
    Path("first").rename("moved")
    again = ("--begin-with", "first/encoder", "--out", "second", "--resume", True)
    assert run(RECIPE, *common, *sizes, *further, *again) == 0
    assert set(trained_on("second/encoder").datasets) == {"emodb", "iemocap"}
