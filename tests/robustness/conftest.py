"""A model whose answer is known: how loud a clip is, how long, and how many samples it has."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from ..training.making import World, make_world, vowel, write


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return what the tests of training and inference share."""
    return make_world(tmp_path_factory)


@pytest.fixture
def model(world: World, tmp_path: Path) -> Path:
    """Return a copy of a model, whose folder may be written into."""
    shutil.copytree(world.target / "draw-0", tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Return a folder of labelled clips, four classes of three speakers."""
    for emotion in ("anger", "happiness", "neutral", "sadness"):
        for speaker in (31, 32, 33):
            clip = vowel(emotion, speaker=speaker, take=1)
            write(tmp_path / "clips" / f"s{speaker}" / emotion / "1.wav", clip)
    return tmp_path / "clips"


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """Return a folder of unlabelled clips."""
    for number in range(4):
        clip = vowel("anger", speaker=number, take=2)
        write(tmp_path / "plain" / f"{number}.wav", clip)
    write(tmp_path / "plain" / "short.wav", np.tile(vowel("anger", speaker=9, take=1), 2)[:4000])
    return tmp_path / "plain"
