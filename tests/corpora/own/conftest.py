"""Sixty clips are a handful here: two speakers, two emotions."""

from collections.abc import Callable
from pathlib import Path

import pytest

FOLDERS = ["ana/angry/1.wav", "ana/sad/1.wav", "ben/angry/1.wav", "ben/sad/1.wav"]


@pytest.fixture
def clips(write_clips) -> Path:
    """Return a folder of clips by speaker and label."""
    return write_clips("clips", FOLDERS)


@pytest.fixture
def write_table(tmp_path) -> Callable[..., Path]:
    """Return a function that writes a table beside the clips."""

    def write(name: str, text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """Keep what is written out of the real cache folder."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("HUMPCAT_CACHE", str(folder))
    return folder
