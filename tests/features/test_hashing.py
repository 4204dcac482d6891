import os
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from humpcat import audio
from humpcat.errors import AudioError
from humpcat.features import hashing
from humpcat.features.hashing import hashes_of


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Take files that were just made for old ones."""
    monkeypatch.setattr(hashing, "SETTLED_NS", -(10**12))


@pytest.fixture
def read(monkeypatch):
    """The files whose content is read."""
    read, original = [], audio.fingerprint
    monkeypatch.setattr(audio, "fingerprint", lambda path: read.append(path) or original(path))
    return read


@pytest.fixture
def paths(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.wav").write_bytes(name.encode() * 100)
    return [str(tmp_path / f"{name}.wav") for name in "abc"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "hashes"


def test_files_are_hashed_once_and_in_any_order(paths, folder, read):
    expected = {path: audio.fingerprint(path) for path in paths}
    read.clear()
    assert hashes_of([*paths, paths[0]], folder) == expected
    assert sorted(read) == paths
    assert hashes_of(reversed(paths), folder) == expected
    assert len(read) == 3


@pytest.mark.parametrize("change", ["content", "size", "replaced", "time set back"])
def test_a_file_that_was_changed_is_hashed_again(paths, folder, read, change):
    before = hashes_of(paths, folder)
    read.clear()
    file, old = Path(paths[1]), Path(paths[1]).stat()
    time.sleep(0.01)
    if change == "replaced":
        other = file.with_name("new.wav")
        other.write_bytes(b"x" * 100)
        os.utime(other, ns=(old.st_atime_ns, old.st_mtime_ns))
        other.replace(file)
    else:
        file.write_bytes(b"x" * (101 if change == "size" else 100))
    if change == "time set back":
        os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))
    after = hashes_of(paths, folder)
    assert read == [paths[1]]
    assert after[paths[1]] == audio.fingerprint(file) != before[paths[1]]
    assert {path: after[path] for path in paths[::2]} == {path: before[path] for path in paths[::2]}


def test_a_file_that_was_changed_a_moment_ago_is_not_remembered(paths, folder, read, monkeypatch):
    monkeypatch.setattr(hashing, "SETTLED_NS", 2_000_000_000)
    hashes_of(paths, folder)
    hashes_of(paths, folder)
    assert len(read) == 6
    assert not folder.exists()


def test_what_cannot_be_read_has_its_reason_each_time(paths, folder, tmp_path):
    missing = str(tmp_path / "none.wav")
    for _ in range(2):
        found = hashes_of([*paths, missing], folder)
        assert isinstance(found[missing], AudioError)
        assert str(found[missing]) == f"{missing}: no such file: check the path."
    (tmp_path / "none.wav").write_bytes(b"there")
    assert hashes_of([missing], folder) == {missing: audio.fingerprint(missing)}


def test_a_part_of_a_file_is_hashed_again_with_the_file(tmp_path, folder, read):
    file = tmp_path / "long.wav"
    soundfile.write(file, np.linspace(-0.5, 0.5, 32_000), 16_000)
    part = f"{file}#t=0.5,1.5"
    first = hashes_of([part], folder)
    assert hashes_of([part], folder) == first
    assert read == [part]
    soundfile.write(file, np.linspace(0.5, -0.5, 32_000), 16_000)
    assert hashes_of([part], folder)[part] == audio.fingerprint(part) != first[part]


def test_a_name_that_is_no_text_is_a_name(tmp_path, folder):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.wav")
    try:
        Path(path).write_bytes(b"sound")
    except OSError:
        pytest.skip("this file system wants names that are text")
    assert hashes_of([path], folder) == hashes_of([path], folder) == {path: audio.fingerprint(path)}


@pytest.mark.parametrize("damage", [b"", b"x" * 1000, "cut"])
def test_what_is_remembered_may_be_damaged(paths, folder, damage, read):
    first = hashes_of(paths, folder)
    (table,) = folder.glob("*.arrow")
    table.write_bytes(table.read_bytes()[:-20] if damage == "cut" else damage)
    read.clear()
    assert hashes_of(paths, folder) == first
    assert sorted(read) == paths


def test_many_tables_become_one(tmp_path, folder, read, monkeypatch):
    monkeypatch.setattr(hashing, "MOST_TABLES", 4)
    paths = []
    for number in range(10):
        (tmp_path / f"{number}.wav").write_bytes(bytes([number]))
        paths.append(str(tmp_path / f"{number}.wav"))
        hashes_of(paths, folder)
    assert read == paths
    assert 1 <= len(list(folder.glob("*.arrow"))) <= 4
    Path(paths[0]).write_bytes(b"changed")
    for _ in range(6):
        assert hashes_of(paths, folder)[paths[0]] == audio.fingerprint(paths[0])


def test_a_folder_that_cannot_be_written_costs_time_only(paths, tmp_path, read):
    (tmp_path / "file").touch()
    assert hashes_of(paths, tmp_path / "file" / "below") == {path: audio.fingerprint(path) for path in paths}


def test_a_table_of_another_form_is_passed_over(paths, folder, read):
    folder.mkdir()
    with pa.ipc.new_file(str(folder / "9.arrow"), pa.schema({"path": pa.string(), "more": pa.int64()})) as writer:
        writer.write_table(pa.table({"path": ["a"], "more": [1]}))
    for _ in range(2):
        assert hashes_of(paths, folder) == {path: audio.fingerprint(path) for path in paths}


def test_a_file_that_changes_while_others_are_hashed_is_not_remembered(paths, folder, read, monkeypatch):
    monkeypatch.setattr(hashing, "SETTLED_NS", 0)
    state = Path(paths[0]).stat()
    # Hashing takes longer than the clock is coarse.
    monkeypatch.setattr(hashing.time, "time_ns", lambda: max(state.st_mtime_ns, state.st_ctime_ns))
    assert hashes_of(paths[:1], folder) == {paths[0]: audio.fingerprint(paths[0])}
    assert not folder.exists()
