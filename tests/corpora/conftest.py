"""Small trees of audio in the owners' layouts."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile

Writer = Callable[..., Path]


@pytest.fixture
def write_clips(tmp_path: Path) -> Writer:
    """Return a function that writes a short tone at each given path below a corpus folder."""

    def write(folder: str, paths: Iterable[str], *, rate: int = 16_000, channels: int = 1) -> Path:
        root = tmp_path / folder
        tone = 0.1 * np.sin(np.arange(rate // 10) * 2 * np.pi * 220 / rate)
        for path in paths:
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            samples = np.repeat(tone[:, None], channels, axis=1)
            # soundfile does not know the ending .opus.
            coding = {"format": "OGG", "subtype": "OPUS"} if file.suffix == ".opus" else {}
            soundfile.write(file, samples, rate, **coding)
        return root

    return write


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of the real corpora, which lies beside the project on development machines."""
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real corpora are not on this machine")
    return folder
