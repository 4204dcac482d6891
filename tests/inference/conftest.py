from pathlib import Path

import pytest

from humpcat.inference.pipeline import HumpCatPipeline, pipeline

from ..training.making import World, make_world, vowel, write


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return what the tests of training and inference share."""
    return make_world(tmp_path_factory)


@pytest.fixture(scope="module")
def classifier(world: World) -> HumpCatPipeline:
    """Return the pipeline of an adapted model; what one module changes of it no other sees."""
    return pipeline(world.target / "draw-0", device="cpu")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [
        write(folder / f"{emotion}.wav", vowel(emotion, speaker=6, take=3))
        for emotion in ("anger", "sadness", "neutral")
    ]
