"""A cache that cannot be written is told in one sentence that names the variable, before the work."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from humpcat.cache import CACHE_VARIABLE, kept_in, require_writable
from humpcat.errors import HumpcatError
from humpcat.features.extraction import extract
from humpcat.features.mfcc import Mfcc
from humpcat.features.store import FeatureStore


@pytest.fixture
def clip(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "clip.wav"
    soundfile.write(path, np.zeros(8000), 16_000)
    return {"a": str(path)}


@pytest.fixture(params=["below a file", "on a device", "where nothing can be made"])
def unwritable(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("here")
    return {
        "below a file": tmp_path / "file" / "cache",
        "on a device": Path("/dev/null/cache"),
        "where nothing can be made": Path("/proc/humpcat"),
    }[request.param]


def test_features_in_the_cache(unwritable, clip, monkeypatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(unwritable))
    monkeypatch.setattr(Mfcc, "extract", lambda *_: pytest.fail("computed before it was looked at"))
    with pytest.raises(HumpcatError) as caught:
        extract(clip, [Mfcc()], FeatureStore(), show_progress=False)
    sentence = str(caught.value)
    assert sentence.startswith(f"{unwritable}/features: cannot be written (")
    assert sentence.endswith("): set HUMPCAT_CACHE to a folder that can be.")


def test_a_store_that_was_asked_for(unwritable, clip) -> None:
    with pytest.raises(HumpcatError, match=r"name another folder by --store\.$"):
        extract(clip, [Mfcc()], FeatureStore(unwritable), show_progress=False)


def test_a_disk_that_fills_up_meanwhile(tmp_path, clip, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("humpcat.features.store.write_bytes", full)
    with pytest.raises(
        HumpcatError,
        match=r"\(No space left on device; .* free there\): free space there, or name another folder by --store",
    ):
        extract(clip, [Mfcc()], FeatureStore(tmp_path / "store"), show_progress=False)


def test_what_is_stored_already_needs_no_writing(tmp_path, clip, monkeypatch) -> None:
    store = FeatureStore(tmp_path / "store")
    extract(clip, [Mfcc()], store, show_progress=False)
    monkeypatch.setattr(FeatureStore, "require_writable", lambda _: pytest.fail("nothing is to be written"))
    assert list(extract(clip, [Mfcc()], store, show_progress=False).entries) == ["a"]


def test_a_probe_leaves_nothing_behind(tmp_path) -> None:
    require_writable(tmp_path / "new" / "cache")
    assert list((tmp_path / "new" / "cache").iterdir()) == []


def test_other_errors_pass() -> None:
    with pytest.raises(ValueError, match="something else"), kept_in(Path("cache")):
        raise ValueError("something else")


@pytest.mark.parametrize("part", ["toy", "quickstart"])
def test_toys_in_the_cache(part, unwritable, monkeypatch, tmp_path) -> None:
    from humpcat.quickstart import run
    from humpcat.training.source import train

    monkeypatch.setenv(CACHE_VARIABLE, str(unwritable))
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    begin = {"toy": lambda: train(toy=True, out=str(tmp_path / "out")), "quickstart": lambda: run(tmp_path / "out")}
    with pytest.raises(HumpcatError, match=r"set HUMPCAT_CACHE to a folder that can be"):
        begin[part]()


# In a process of its own, for the library reads the variable when it is imported.
@pytest.mark.slow
def test_the_cache_of_a_library() -> None:
    unwritable = "/dev/null/cache"
    code = (
        "from humpcat.errors import HumpcatError; from humpcat.evaluation import load_metric\n"
        "try: load_metric()\n"
        "except HumpcatError as error: print(error)"
    )
    environment = os.environ | {"HF_HOME": unwritable}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{unwritable}: cannot be written (")
    assert done.stdout.endswith("): set HF_HOME to a folder that can be.\n")
