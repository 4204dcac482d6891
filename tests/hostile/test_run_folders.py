"""A run deletes and replaces what humpcat wrote and nothing else; killed at any moment it leaves old or new."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from humpcat.errors import HumpcatError, SettingsError
from humpcat.few_shot import adapt
from humpcat.run_folder import MANIFEST, enter, foreign, remove, renewed, require_writable, written
from humpcat.training.source import train

from ..training.making import World, copied, make_world, vowel, write

AS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_what_is_in_the_way_is_named_and_nothing_is_changed(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "mine.pt").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    before = content(tmp_path)
    with pytest.raises(SettingsError, match="holds checkpoints, which humpcat did not write"):
        enter(tmp_path, ["checkpoints", "settings.json"])
    with pytest.raises(SettingsError, match="was not written by humpcat and is not removed"):
        remove(tmp_path, "checkpoints")
    assert content(tmp_path) == before


def test_only_what_is_listed_is_removed(tmp_path: Path) -> None:
    enter(tmp_path / "run", ["checkpoints", "link"])
    for name in ("checkpoints", "others"):
        (tmp_path / "run" / name).mkdir()
        (tmp_path / "run" / name / "a").touch()
    (tmp_path / "run" / "link").symlink_to(tmp_path / "run" / "others")
    for name in ("checkpoints", "link", "never-made"):
        remove(tmp_path / "run", name)
    assert sorted(content(tmp_path / "run")) == [MANIFEST, "others/a"]
    enter(tmp_path / "run", ["split.json"])
    assert written(tmp_path / "run") == {"checkpoints", "link", "split.json"}
    assert foreign(tmp_path / "run", ["others", "split.json"]) == ["others"]


@pytest.mark.parametrize("text", ["[]", "{", '{"wrote": 3}', '{"wrote": [3]}'])
def test_a_damaged_manifest_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(SettingsError, match=MANIFEST):
        written(tmp_path)


def test_a_file_in_place_of_a_folder_and_paths_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="is a file, expected a folder"):
        require_writable(tmp_path / "file")
    for path in (tmp_path / "file" / "below", tmp_path / ("x" * 5000), tmp_path / "a\0b"):
        with pytest.raises(SettingsError, match="cannot be written to"):
            require_writable(path)


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SettingsError, match="cannot be written to"):
        require_writable(tmp_path)


def test_all_is_new_or_all_is_old(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with renewed(out) as fresh:
        assert fresh.parent == out.parent
        (fresh / "model").write_text("old")
        (fresh / "report").write_text("old")
    with pytest.raises(IsADirectoryError), renewed(out) as fresh:
        fresh.write_text("what fails half way")
    assert (out / "model").read_text() == (out / "report").read_text() == "old"
    with renewed(out) as fresh:
        (fresh / "model").write_text("new")
    assert sorted(content(out)) == [MANIFEST, "model"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


KILLED = """
import os, pathlib, sys
from humpcat.run_folder import renewed
step, out = int(sys.argv[1]), sys.argv[2]
steps = 0
def dying(*_, **__):
    global steps
    steps += 1
    if steps > step:
        os._exit(9)
for name in ("rename", "mkdir", "unlink", "rmdir"):
    def counted(*arguments, _real=getattr(os, name), **options):
        dying()
        return _real(*arguments, **options)
    setattr(os, name, counted)
with renewed(out) as fresh:
    (fresh / "model").write_text("new")
    (fresh / "report").write_text("new")
"""


@pytest.mark.parametrize("step", range(8))
def test_a_kill_at_any_moment_leaves_one_whole_content(step: int, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with renewed(out) as fresh:
        (fresh / "model").write_text("old")
        (fresh / "report").write_text("old")
    subprocess.run([sys.executable, "-c", KILLED, str(step), str(out)], check=False)
    # What a kill between two renamings left aside is back after that.
    with pytest.raises(IsADirectoryError), renewed(out) as fresh:
        fresh.write_text("what fails half way")
    assert (out / "model").read_text() == (out / "report").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_others_files_stay_unless_they_are_given_up(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(SettingsError, match=r"holds thesis\.txt, .* --overwrite"), renewed(tmp_path / "out"):
        pass
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"
    with renewed(tmp_path / "out", overwrite=True):
        pass
    assert not (tmp_path / "out" / "thesis.txt").exists()


def test_the_current_folder_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for place in (".", "..", "/"):
        with pytest.raises(SettingsError, match="expected a folder of its own"), renewed(place, overwrite=True):
            pass


@pytest.mark.parametrize("place", ["encoder", "source", "clips"])
def test_adapt_overwrites_neither_encoder_nor_source_nor_clips(place: str, world: World, tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    for speaker in (1, 2):
        for emotion in ("anger", "sadness"):
            write(clips / f"s{speaker}/{emotion}/a.wav", vowel(emotion, speaker=speaker, take=1))
    source = copied(world.source, tmp_path / "source")
    encoder = copied(world.encoder, tmp_path / "encoder")
    before = content(tmp_path)
    with pytest.raises(SettingsError, match=r"name (another|one)"):
        adapt(clips, out=tmp_path / place, source=source, encoder=str(encoder), speaker_level=1)
    assert content(tmp_path) == before


@pytest.mark.parametrize("wrong", [{"corpus": ["iemocapp"]}, {"encoder": "nowhere/at/all"}, {"encoder_layers": [99]}])
def test_a_typo_costs_an_interrupted_run_nothing(wrong: dict, world: World, tmp_path: Path) -> None:
    given = {"corpus": ["iemocap"], "encoder": str(world.encoder), "data_dir": str(world.data)}
    run = copied(world.source, tmp_path / "run")
    (run / "checkpoints").mkdir(exist_ok=True)
    (run / "checkpoints" / "kept").write_text("hours of work")
    before = content(run)
    with pytest.raises(HumpcatError):
        train(out=str(run), store=str(world.store), **(given | wrong))
    assert content(run) == before


def test_a_folder_of_checkpoints_of_ones_own_stays(world: World, tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "mine.pt").write_text("mine")
    with pytest.raises(SettingsError, match="holds checkpoints, which humpcat did not write"):
        train(
            corpus=["iemocap"],
            encoder=str(world.encoder),
            data_dir=str(world.data),
            store=str(world.store),
            out=str(tmp_path),
        )
    assert content(tmp_path) == {"checkpoints/mine.pt": b"mine"}


def test_a_source_lists_what_was_written(world: World) -> None:
    listed = set(json.loads((world.source / MANIFEST).read_text())["wrote"])
    assert {path.name for path in world.source.iterdir()} - {MANIFEST} <= listed
