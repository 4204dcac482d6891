"""A table names files below its own folder, or below the folder of audio that the user names, and no others."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import Dataset
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.corpora import own_corpus
from humpcat.corpora.scan import Scan
from humpcat.errors import CorpusError

from ..training.making import vowel, write

GOOD = "in/a.wav"
OUTSIDE = [
    "/etc/passwd",
    "/dev/stdin",
    "../outside.wav",
    "../outside",
    "in/../../outside.wav",
    "..\\outside.wav",
    "in/../../set/../outside.wav",
    "/etc/passwd#t=0,1",
    "../outside.wav#t=0.1,0.3",
    "{above}/outside.wav",
    "{above}/set/../outside.wav",
]


def as_csv(folder: Path, paths: list[str]) -> Path:
    table = folder / "table.csv"
    table.write_text("path,label\n" + "".join(f'"{path}",sad\n' for path in paths))
    return table


def as_json_lines(folder: Path, paths: list[str]) -> Path:
    table = folder / "table.jsonl"
    table.write_text("".join(json.dumps({"path": path, "label": "sad"}) + "\n" for path in paths))
    return table


def as_parquet(folder: Path, paths: list[str]) -> Path:
    Dataset.from_dict({"path": paths, "label": ["sad"] * len(paths)}).to_parquet(folder / "table.parquet")
    return folder / "table.parquet"


def as_saved(folder: Path, paths: list[str]) -> Path:
    Dataset.from_dict({"path": paths, "label": ["sad"] * len(paths)}).save_to_disk(folder)
    return folder


def as_parquet_of_audio(folder: Path, paths: list[str]) -> Path:
    audio = [{"bytes": None, "path": path} for path in paths]
    Dataset.from_dict({"audio": audio, "label": ["sad"] * len(paths)}).to_parquet(folder / "table.parquet")
    return folder / "table.parquet"


def as_metadata(folder: Path, paths: list[str]) -> Path:
    (folder / "metadata.csv").write_text("file_name,label\n" + "".join(f'"{path}",sad\n' for path in paths))
    return folder


def as_metadata_of_folders(folder: Path, paths: list[str]) -> Path:
    climbing = [f"../{path}" if not path.startswith("/") else path for path in paths]
    as_metadata(folder / "in", climbing)
    return folder


Making = Callable[[Path, list[str]], Path]
KINDS = [as_csv, as_json_lines, as_parquet, as_saved, as_parquet_of_audio, as_metadata, as_metadata_of_folders]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUMPCAT_CACHE", str(tmp_path / "cache"))
    write(tmp_path / "outside.wav", vowel("anger", speaker=1, take=1))
    write(tmp_path / "set" / GOOD, vowel("sadness", speaker=1, take=1))
    return tmp_path / "set"


def scan(place: Path, **settings: object) -> Scan:
    corpus = own_corpus(place, **settings)  # type: ignore[arg-type]
    return corpus.scan(corpus.find())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", OUTSIDE)
def test_what_lies_outside_is_left_out_unread(kind: Making, path: str, folder: Path) -> None:
    named = path.format(above=folder.parent)
    found = scan(kind(folder, [GOOD, named]))
    assert [Path(path).resolve() for path in found.rows["path"]] == [folder / GOOD]
    (problem,) = (problem for problem in found.problems if "names" in problem.reason)
    assert Path(named.partition("#")[0]).name in problem.reason
    assert str(folder) in problem.sentence
    assert "--audio-folder" in problem.reason


@pytest.mark.parametrize("named", [GOOD, "in/../in/a.wav", "./in//a.wav", "in\\a.wav", "{above}/set/in/a.wav", "in/a"])
@pytest.mark.parametrize("kind", [as_csv, as_parquet, as_saved])
def test_every_way_to_name_what_lies_inside_is_understood(kind: Making, named: str, folder: Path) -> None:
    found = scan(kind(folder, [named.format(above=folder.parent)]))
    assert [Path(path).resolve() for path in found.rows["path"]] == [folder / GOOD]


@pytest.mark.parametrize("kind", [as_csv, as_parquet, as_saved])
@pytest.mark.parametrize("path", ["{above}/outside.wav", "../outside.wav"])
def test_the_folder_of_audio_that_the_user_names_is_a_root(kind: Making, path: str, folder: Path) -> None:
    found = scan(kind(folder, [path.format(above=folder.parent)]), audio_folder=folder.parent)
    assert found.rows["path"] == [str(folder.parent / "outside.wav")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_relative_root_is_a_root(kind: Making, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    found = scan(kind(folder, [GOOD, "../outside.wav"]).relative_to(folder.parent))
    assert [Path(path).resolve() for path in found.rows["path"]] == [folder / GOOD]


def test_a_root_by_way_of_a_link_is_the_root(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    for root, path in ((link, folder / GOOD), (folder, link / GOOD), (link, link / GOOD)):
        found = scan(as_csv(root, [str(path)]))
        assert [Path(path).resolve() for path in found.rows["path"]] == [folder / GOOD]


def test_links_below_the_root_are_followed_and_a_path_does_not_climb_by_them(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere" / "deep"
    write(elsewhere / "b.wav", vowel("sadness", speaker=2, take=2))
    write(elsewhere.parent / "c.wav", vowel("sadness", speaker=2, take=3))
    (folder / "link").symlink_to(elsewhere)
    found = scan(as_csv(folder, ["link/b.wav", "link/../c.wav"]))
    assert found.rows["path"] == [str(folder / "link/b.wav")]
    assert [problem.reason for problem in found.problems] == [
        f"line 3 names link/../c.wav, which is no file below {folder} (--audio-folder names another folder): left out."
    ]


def test_many_lines_give_one_sentence(folder: Path) -> None:
    (problem,) = scan(as_csv(folder, [GOOD, *["/etc/passwd"] * 3])).problems
    assert problem.sentence == (
        f"{folder / 'table.csv'}: line 3 names /etc/passwd, which lies outside {folder}, the folder that its paths "
        "start from, and 2 more lines name the like: left out unread; if they are yours, name the folder that holds "
        "them by --audio-folder."
    )


def test_a_table_of_nothing_else_is_refused_in_one_sentence(folder: Path) -> None:
    with pytest.raises(CorpusError, match=r"none of its 1 clips can be used, the first: .* names /etc/passwd, which"):
        scan(as_csv(folder, ["/etc/passwd"]))


def test_no_byte_of_the_file_is_printed(folder: Path) -> None:
    (folder.parent / "secret.txt").write_text("SECRET,label\nSECRET,SECRET\n")
    done = CliRunner().invoke(app, ["check", "own", str(as_csv(folder, [GOOD, "../secret.txt"]))])
    assert done.exit_code == 1
    assert "line 3 names ../secret.txt" in done.output
    assert "SECRET" not in done.output
