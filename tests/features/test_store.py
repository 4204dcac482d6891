import json
import multiprocessing
import os
import pickle
import resource
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from humpcat.cache import CACHE_VARIABLE, cache_folder
from humpcat.errors import HumpcatError
from humpcat.features import shards
from humpcat.features.mfcc import Mfcc
from humpcat.features.prosody import Prosody
from humpcat.features.shards import Entry, clips_of, write_shard
from humpcat.features.store import FeatureStore
from tests.stores import get, put

ARRAYS = {
    "mfcc": np.arange(80, dtype=np.float32).reshape(2, 40),
    "half": np.linspace(-1, 1, 6, dtype=np.float16).reshape(1, 2, 3),
    "scalar": np.array(3, dtype=np.float32),
    "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T[::-1],
    "empty": np.zeros((0, 8), dtype=np.float32),
}
PRINT, OTHER = "00ff" * 8, "11ff" * 8


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "store")


def test_arrays_come_back_as_they_went_in(store):
    assert store.entries(Mfcc()) == {}
    put(store, Mfcc(), PRINT, ARRAYS)
    found = get(store, Mfcc(), PRINT)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert found[name].flags.writeable
        np.testing.assert_array_equal(found[name], array)


def test_one_array_is_read_without_the_others(store):
    entry = put(store, Mfcc(), PRINT, ARRAYS)
    assert list(entry.read("half")) == ["half"]
    assert entry.read("none") == {}


def test_what_was_written_last_counts(store):
    put(store, Mfcc(), PRINT, ARRAYS)
    put(store, Mfcc(), PRINT, {"mfcc": np.zeros((1, 40), dtype=np.float32)})
    assert get(store, Mfcc(), PRINT)["mfcc"].shape == (1, 40)


def test_clips_that_are_written_together_share_a_file(store):
    with store.writer(Mfcc()) as writer:
        for number in range(100):
            writer.put(f"{number:032x}", {"mfcc": np.full((3, 40), number, dtype=np.float32)})
    kept = sorted(path.name for path in store.folder(Mfcc()).iterdir())
    assert len(kept) == 2
    assert kept[1] == "extractor.json"
    entries = store.entries(Mfcc())
    assert len(entries) == 100
    for number in range(100):
        np.testing.assert_array_equal(entries[f"{number:032x}"].read()["mfcc"], np.full((3, 40), number))


def test_what_was_put_before_an_error_is_written(store):
    with suppress(KeyboardInterrupt), store.writer(Mfcc()) as writer:
        writer.put(PRINT, ARRAYS)
        raise KeyboardInterrupt
    assert list(store.entries(Mfcc())) == [PRINT]


def test_extractors_and_clips_are_kept_apart(store):
    put(store, Mfcc(), PRINT, ARRAYS)
    assert store.entries(Prosody()) == {}
    assert get(store, Mfcc(), OTHER) is None


def test_other_settings_are_looked_for_elsewhere(store, monkeypatch):
    put(store, Mfcc(), PRINT, ARRAYS)
    monkeypatch.setattr(Mfcc, "version", 99)
    assert store.entries(Mfcc()) == {}


def test_the_folder_says_what_it_holds(store):
    put(store, Mfcc(), PRINT, ARRAYS)
    text = json.loads((store.folder(Mfcc()) / "extractor.json").read_text())
    assert text == {"name": "mfcc", "version": Mfcc.version, "settings": dict(Mfcc().settings())}


class Bomb:
    def __reduce__(self):
        return Path.touch, (Path("pickled"),)


DAMAGES = {
    "cut off": lambda whole: whole[:-10],
    "half": lambda whole: whole[: len(whole) // 2],
    "emptied": lambda whole: b"",
    "overwritten": lambda whole: b"x" * len(whole),
    "pickled": lambda whole: pickle.dumps(Bomb()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_shard_is_told_of_and_set_aside(store, damage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entry = put(store, Mfcc(), PRINT, ARRAYS)
    shard = entry.shard
    shard.write_bytes(DAMAGES[damage](shard.read_bytes()))
    assert entry.read() is None
    left = shard.read_bytes()
    with pytest.warns(UserWarning, match=f"stored features {shard}: damaged"):
        assert store.entries(Mfcc()) == {}
    assert not shard.exists()
    assert shard.with_suffix(".damaged").read_bytes() == left
    assert not (tmp_path / "pickled").exists()
    put(store, Mfcc(), PRINT, ARRAYS)
    assert get(store, Mfcc(), PRINT) is not None


def test_no_flipped_bit_is_taken_for_features(store):
    entry = put(store, Mfcc(), PRINT, {"mfcc": np.arange(40, dtype=np.float32).reshape(1, 40)})
    shard = entry.shard
    whole = shard.read_bytes()
    rng = np.random.default_rng(0)
    lost = 0
    for place in rng.permutation(len(whole))[:600]:
        changed = bytearray(whole)
        changed[place] ^= 1 << int(rng.integers(8))
        shard.write_bytes(changed)
        os.utime(shard, ns=(int(place), int(place)))
        found = entry.read()
        if found is None:
            lost += 1
        else:
            np.testing.assert_array_equal(found["mfcc"], np.arange(40, dtype=np.float32).reshape(1, 40))
    assert lost > 100


def test_a_shard_of_another_extractor_or_clip_is_none(store):
    entry = put(store, Mfcc(), PRINT, ARRAYS)
    put(store, Prosody(), PRINT, ARRAYS)
    moved = store.folder(Prosody()) / entry.shard.name
    moved.write_bytes(entry.shard.read_bytes())
    assert Entry(moved, 0, PRINT).read() is None
    assert entry._replace(clip=OTHER).read() is None
    assert entry._replace(row=1).read() is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_shard_that_may_not_be_read_is_left_alone(store):
    shard = put(store, Mfcc(), PRINT, ARRAYS).shard
    shard.chmod(0)
    assert store.entries(Mfcc()) == {}
    assert shard.exists()


@pytest.mark.parametrize("error", [OSError("Cannot allocate memory"), MemoryError(), PermissionError(13, "denied")])
def test_what_cannot_be_read_now_is_not_taken_for_damage(store, error, monkeypatch):
    shard = put(store, Mfcc(), PRINT, ARRAYS).shard

    def refuse(path):
        raise error

    shards._mapped_as.cache_clear()
    monkeypatch.setattr(shards, "_content", refuse)
    assert store.entries(Mfcc()) == {}
    monkeypatch.undo()
    assert shard.exists()
    assert get(store, Mfcc(), PRINT) is not None


def test_a_file_system_that_cannot_map_is_read(store, monkeypatch):
    put(store, Mfcc(), PRINT, ARRAYS)

    def refuse(*_, **__):
        raise OSError(19, "No such device")

    shards._mapped_as.cache_clear()
    monkeypatch.setattr(shards.mmap, "mmap", refuse)
    np.testing.assert_array_equal(get(store, Mfcc(), PRINT)["mfcc"], ARRAYS["mfcc"])


def test_the_path_of_a_store_need_not_be_text(tmp_path):
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    try:
        place.mkdir()
    except OSError:
        pytest.skip("this file system wants names that are text")
    store = FeatureStore(place)
    put(store, Mfcc(), PRINT, ARRAYS)
    assert get(store, Mfcc(), PRINT) is not None


def test_what_was_written_last_counts_whatever_the_clocks_say(store, monkeypatch):
    for number, clock in enumerate((5 * 10**18, 10**18, 3 * 10**18)):
        monkeypatch.setattr(shards.time, "time_ns", lambda clock=clock: clock)
        put(store, Mfcc(), PRINT, {"mfcc": np.full(1, number)})
        assert get(store, Mfcc(), PRINT)["mfcc"] == number


def test_objects_are_not_stored(store):
    with pytest.raises(TypeError, match="mfcc: objects"):
        put(store, Mfcc(), PRINT, {"mfcc": np.array([Bomb()], dtype=object)})
    assert store.entries(Mfcc()) == {}


def test_more_shards_than_files_may_be_open(store, monkeypatch):
    monkeypatch.setattr("humpcat.features.store.SHARD_BYTES", 1)
    shards._mapped_as.cache_clear()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_now = len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 100
    kept = resource.getrlimit(resource.RLIMIT_NOFILE)
    with store.writer(Mfcc()) as writer:
        for number in range(250):
            writer.put(f"{number:032x}", {"mfcc": np.full(1, number)})
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + 180, most))
    try:
        entries = store.entries(Mfcc())
        assert [int(entry.read()["mfcc"][0]) for entry in entries.values()] == list(range(250))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, kept)
        shards._mapped_as.cache_clear()


def _write_often(root, value, start):
    start.wait()
    for _ in range(50):
        put(FeatureStore(root), Mfcc(), PRINT, {"mfcc": np.full((100, 40), value, dtype=np.float32)})


def test_two_processes_may_write_the_same_clip_while_it_is_read(store):
    fork = multiprocessing.get_context("fork")
    start = fork.Event()
    writers = [fork.Process(target=_write_often, args=(store.root, value, start)) for value in (1, 2)]
    for writer in writers:
        writer.start()
    start.set()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        found = get(store, Mfcc(), PRINT)
        if found is not None:
            values = np.unique(found["mfcc"])
            assert found["mfcc"].shape == (100, 40)
            assert len(values) == 1
            seen |= set(values.tolist())
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert seen <= {1.0, 2.0}
    assert len(list(store.folder(Mfcc()).glob("*.arrow"))) == 100
    assert not list(store.root.rglob(".*"))


def test_an_entry_is_read_in_another_process(store):
    entry = put(store, Mfcc(), PRINT, ARRAYS)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(Entry.read, (entry,))
    np.testing.assert_array_equal(found["turned"], ARRAYS["turned"])


def test_shards_are_sorted_by_when_they_were_written(tmp_path):
    written = [write_shard(tmp_path, {PRINT: {"a": np.zeros(1)}}) for _ in range(20)]
    assert sorted(written) == written
    assert clips_of(written[0]) == [PRINT]


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
