"""What is not read of a folder, and what a source has seen, is never passed over in silence."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.corpora.files import files_below
from humpcat.errors import CheckpointError, CorpusError
from humpcat.few_shot import adapt

from ..training.making import World, copied, make_world, vowel, write


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory)


def clips(folder: Path) -> Path:
    for speaker in (1, 2):
        for emotion in ("anger", "sadness"):
            write(folder / f"s{speaker}/{emotion}/a.wav", vowel(emotion, speaker=speaker, take=1))
    return folder


def test_a_label_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, real = clips(tmp_path / "clips"), os.scandir

    def denied(path: str) -> object:
        # Root may read everything, so that taking permissions away would show nothing.
        if str(path).endswith("s2/sadness"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(CorpusError, match=r"s2/sadness: cannot be read \(Permission denied\), and its clips would"):
        list(files_below(data))


@pytest.mark.parametrize("text", ["{}", '{"emodb": {}}', "[]", "{"])
def test_a_source_that_says_nothing_of_what_it_has_seen_is_no_source(text: str, world: World, tmp_path: Path) -> None:
    source = copied(world.source, tmp_path / "source")
    (source / "ledger.json").write_text(text)
    with pytest.raises((CheckpointError, ValueError), match="ledger"):
        adapt(clips(tmp_path / "clips"), out=tmp_path / "out", source=source, speaker_level=1)
    assert not (tmp_path / "out" / "config.json").exists()


@pytest.mark.parametrize(
    "flags",
    [["--columns", "path=file"], ["--speaker-level", "1"], ["--label-space", "own"], ["--audio-folder", "."]],
)
def test_a_flag_for_ones_own_data_is_refused_for_a_registered_corpus(flags: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["check", "emodb", str(tmp_path), *flags])
    assert done.exit_code == 1
    assert f"{flags[0]} with corpus 'emodb': says how your own data are read" in done.output
