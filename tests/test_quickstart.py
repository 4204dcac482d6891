"""The quickstart goes on from where it was interrupted."""

from pathlib import Path

import pytest

from humpcat import quickstart
from humpcat.errors import HumpcatError, SettingsError
from humpcat.files import write_json


def test_every_step_is_one_that_resumes(monkeypatch, tmp_path) -> None:
    asked: list[bool] = []

    def train(**settings: object) -> None:
        asked.append(bool(settings["resume"]))

    def finetune(target: object, *_: object) -> None:
        asked.append(target.resume)
        if len(asked) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(quickstart, "train", train)
    monkeypatch.setattr(quickstart, "finetune_target", finetune)
    with pytest.raises(KeyboardInterrupt):
        quickstart.run(tmp_path)
    assert asked == [True] * 3


def test_another_seed_is_refused_before_anything_is_touched(tmp_path) -> None:
    write_json(tmp_path / "source" / "settings.json", {"seed": 3})
    with pytest.raises(SettingsError) as caught:
        quickstart.run(tmp_path, seed=4)
    assert str(caught.value) == (
        f"--seed 4: {tmp_path} holds a quickstart with the seed 3: take that, or name another folder by --out."
    )


def test_a_folder_that_cannot_be_written(tmp_path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(HumpcatError, match=r"cannot be written \(Not a directory\): name another folder by --out"):
        quickstart.run(tmp_path / "file" / "out")


@pytest.mark.slow
def test_an_interrupted_quickstart_keeps_what_is_finished(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(quickstart, "LANGUAGES", {"de": "German", "it": "Italian"})
    monkeypatch.setattr(quickstart, "DRAWS", 1)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    finetune = quickstart.finetune_target

    def interrupted(target: object, *rest: object) -> object:
        if target.lang == "it":
            raise KeyboardInterrupt
        return finetune(target, *rest)

    monkeypatch.setattr(quickstart, "finetune_target", interrupted)
    with pytest.raises(KeyboardInterrupt):
        quickstart.run(tmp_path)
    kept = {
        path: path.stat().st_mtime_ns
        for path in (*(tmp_path / "source").glob("checkpoints/**/*"), *(tmp_path / "de" / "draw-0").rglob("*"))
        if path.is_file()
    }
    assert any(path.name == "predictions.parquet" for path in kept)
    monkeypatch.setattr(quickstart, "finetune_target", finetune)
    quickstart.run(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert "Italian" in capsys.readouterr().out
    assert Path(tmp_path / "it" / "draw-0").is_dir()
