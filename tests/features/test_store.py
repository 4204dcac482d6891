import json
import multiprocessing
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError

from humpcat.cache import CACHE_VARIABLE, cache_folder
from humpcat.errors import HumpcatError
from humpcat.features.mfcc import Mfcc
from humpcat.features.prosody import Prosody
from humpcat.features.store import FeatureStore, read_arrays

ARRAYS = {
    "mfcc": np.arange(80, dtype=np.float32).reshape(2, 40),
    "half": np.linspace(-1, 1, 6, dtype=np.float16).reshape(1, 2, 3),
    "scalar": np.array(3, dtype=np.float32),
    "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T[::-1],
}
PRINT = "00ff" * 8


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "store")


def test_arrays_come_back_as_they_went_in(store):
    assert store.get(Mfcc(), PRINT) is None
    assert not store.has(Mfcc(), PRINT)
    store.put(Mfcc(), PRINT, ARRAYS)
    assert store.has(Mfcc(), PRINT)
    found = store.get(Mfcc(), PRINT)
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_a_second_put_replaces_the_first_and_leaves_nothing_beside(store):
    store.put(Mfcc(), PRINT, ARRAYS)
    store.put(Mfcc(), PRINT, {"mfcc": np.zeros((1, 40), dtype=np.float32)})
    assert store.get(Mfcc(), PRINT)["mfcc"].shape == (1, 40)
    assert list(store.root.glob("*/*/*.safetensors")) == [store.path(Mfcc(), PRINT)]
    kept = sorted(file.relative_to(store.root).as_posix() for file in store.root.rglob("*") if file.is_file())
    assert kept == [f"{Mfcc().key()}/00/{PRINT}.safetensors", f"{Mfcc().key()}/extractor.json"]


def test_extractors_and_clips_have_files_of_their_own(store):
    other = "11ff" * 8
    store.put(Mfcc(), PRINT, ARRAYS)
    assert store.get(Prosody(), PRINT) is None
    assert store.get(Mfcc(), other) is None


def test_other_settings_are_looked_for_elsewhere(store, monkeypatch):
    store.put(Mfcc(), PRINT, ARRAYS)
    monkeypatch.setattr(Mfcc, "version", 99)
    assert store.get(Mfcc(), PRINT) is None


def test_the_folder_says_what_it_holds(store):
    store.put(Mfcc(), PRINT, ARRAYS)
    text = json.loads((store.root / Mfcc().key() / "extractor.json").read_text())
    assert text == {"name": "mfcc", "version": Mfcc.version, "settings": dict(Mfcc().settings())}


class Bomb:
    def __reduce__(self):
        return Path.touch, (Path("pickled"),)


@pytest.mark.parametrize("damage", ["cut off", "emptied", "overwritten", "pickled"])
def test_a_damaged_file_counts_as_missing(store, damage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store.put(Mfcc(), PRINT, ARRAYS)
    path = store.path(Mfcc(), PRINT)
    whole = path.read_bytes()
    path.write_bytes(
        {"cut off": whole[:-10], "emptied": b"", "overwritten": b"x" * len(whole), "pickled": pickle.dumps(Bomb())}[
            damage
        ]
    )
    assert store.get(Mfcc(), PRINT) is None
    assert not store.has(Mfcc(), PRINT)
    assert not (tmp_path / "pickled").exists()
    store.put(Mfcc(), PRINT, ARRAYS)
    assert store.has(Mfcc(), PRINT)


def test_objects_are_not_stored(store):
    with pytest.raises((SafetensorError, KeyError, TypeError, ValueError)):
        store.put(Mfcc(), PRINT, {"mfcc": np.array([Bomb()], dtype=object)})
    assert not store.has(Mfcc(), PRINT)


def _write_often(root, value, start):
    start.wait()
    store = FeatureStore(root)
    for _ in range(50):
        store.put(Mfcc(), PRINT, {"mfcc": np.full((100, 40), value, dtype=np.float32)})


def test_two_processes_may_write_the_same_clip_while_it_is_read(store):
    fork = multiprocessing.get_context("fork")
    start = fork.Event()
    writers = [fork.Process(target=_write_often, args=(store.root, value, start)) for value in (1, 2)]
    for writer in writers:
        writer.start()
    start.set()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        found = read_arrays(store.path(Mfcc(), PRINT))
        if found is not None:
            values = np.unique(found["mfcc"])
            assert found["mfcc"].shape == (100, 40)
            assert len(values) == 1
            seen |= set(values.tolist())
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert seen <= {1.0, 2.0}
    assert list(store.root.glob("*/*/*.safetensors")) == [store.path(Mfcc(), PRINT)]
    assert not list(store.root.rglob(".*"))


def test_the_cache_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert cache_folder() == tmp_path
    assert FeatureStore().root == tmp_path / "features"
    monkeypatch.setenv(CACHE_VARIABLE, "")
    assert cache_folder() == Path.home() / ".cache" / "humpcat"


def test_without_a_home_the_variable_is_asked_for(monkeypatch):
    def nobody(*_):
        raise KeyError("no such user")

    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    for variable in ("HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH"):
        monkeypatch.delenv(variable, raising=False)
    if sys.platform != "win32":
        monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(HumpcatError) as caught:
        cache_folder()
    assert str(caught.value) == (
        "HUMPCAT_CACHE is not set and this user has no home folder: set HUMPCAT_CACHE to a folder for what humpcat "
        "keeps."
    )
