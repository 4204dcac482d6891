import io
from pathlib import Path

import pytest

from humpcat.errors import CorpusError
from humpcat.inference.named_files import named_files

NOTHING = io.StringIO("")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "deep/b.mp3", "deep/c.mp4", "deep/notes.txt", "an \N{CAT FACE}.flac"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_a_folder_is_all_audio_and_video_below(folder: Path) -> None:
    found = [Path(path).name for path in named_files([str(folder)], NOTHING)]
    assert sorted(found) == ["a.wav", "an \N{CAT FACE}.flac", "b.mp3", "c.mp4"]


def test_a_pattern_that_no_shell_resolved(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert named_files(["**/*.mp3", "*.wav"], NOTHING) == ["deep/b.mp3", "a.wav"]
    assert named_files([f"{folder}/deep/*.mp?"], NOTHING) == [f"{folder}/deep/b.mp3", f"{folder}/deep/c.mp4"]


def test_a_file_whose_name_looks_like_a_pattern_is_itself(folder: Path) -> None:
    odd = folder / "take [1].wav"
    odd.write_bytes(b"")
    assert named_files([str(odd)], NOTHING) == [str(odd)]


def test_a_list_on_standard_input_stands_where_it_is_named(folder: Path) -> None:
    listed = io.StringIO(f"{folder}/a.wav\r\n\n/no/such.wav\n")
    assert named_files(["first.wav", "-", "last.wav"], listed) == [
        "first.wav",
        f"{folder}/a.wav",
        "/no/such.wav",
        "last.wav",
    ]


def test_a_table_names_files_and_parts_of_them(folder: Path) -> None:
    table = folder / "calls.csv"
    table.write_text("path,start,end\na.wav,,\ndeep/b.mp3,1.5,4\n")
    assert named_files([str(table)], NOTHING) == [str(folder / "a.wav"), f"{folder}/deep/b.mp3#t=1.5,4"]
    table.write_text("file,label,score\na.wav,anger,0.9\n")
    assert named_files([str(table)], NOTHING) == [str(folder / "a.wav")]


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("empty", "holds no audio, expected a folder of clips: name another."),
        ("*.xyz", "matches no file here: check the pattern"),
        ("wrong.csv", "has no column path or file, found clip: rename the one that holds it."),
    ],
)
def test_what_names_nothing_is_refused(argument: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "wrong.csv").write_text("clip\na.wav\n")
    with pytest.raises(CorpusError) as caught:
        named_files([str(tmp_path / argument)], NOTHING)
    assert sentence in str(caught.value)
