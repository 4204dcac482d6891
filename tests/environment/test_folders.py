import os
import tempfile
from pathlib import Path

import pytest

from humpcat.environment.folders import Folder, examine_folder


@pytest.fixture(name="filled")
def _filled(tmp_path: Path) -> Path:
    root = tmp_path / "cache"
    (root / "a" / "b").mkdir(parents=True)
    (root / "one").write_bytes(bytes(1000))
    (root / "a" / "b" / "zwei ü").write_bytes(bytes(234))
    return root


def test_files_are_counted_and_links_are_not_followed(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(bytes(10**6))
    (filled / "link").symlink_to(tmp_path / "elsewhere")
    found = examine_folder(filled)
    assert (found.path, found.exists, found.files, found.complete) == (str(filled), True, 3, True)
    assert 1234 < found.bytes < 2000
    assert (found.writable, found.problem) == (True, None)
    assert found.free_bytes is not None
    assert found.free_bytes > 0
    assert sorted(path.name for path in filled.iterdir()) == ["a", "link", "one"]


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    found = examine_folder(tmp_path / "none" / "below")
    assert (found.exists, found.bytes, found.files, found.complete) == (False, 0, 0, True)
    assert (found.writable, found.problem) == (True, None)
    assert not (tmp_path / "none").exists()


def test_counting_ends_when_time_is_up(filled: Path) -> None:
    found = examine_folder(filled, seconds=-1)
    assert (found.exists, found.files, found.complete, found.problem) == (True, 0, False, None)


@pytest.mark.parametrize("below", ["", "features"])
def test_a_file_in_the_place_of_a_folder(below: str, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    path = tmp_path / "cache" / below
    assert examine_folder(path) == Folder(str(path), problem=f"{tmp_path / 'cache'} is a file")


def test_a_folder_that_cannot_be_read(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def guarded(path: str) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = examine_folder(filled)
    assert (found.files, found.bytes, found.complete) == (1, 1000, False)
    assert found.problem == f"{filled / 'a'} cannot be read (Permission denied)"


def test_a_folder_below_one_that_must_not_be_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", forbidden)
    found = examine_folder(tmp_path)
    assert found == Folder(str(tmp_path), complete=False, problem="it cannot be looked at (Permission denied)")


def test_a_folder_that_cannot_be_written_to(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", read_only)
    found = examine_folder(filled)
    assert (found.files, found.writable, found.problem) == (2, False, "it cannot be written to")
