import pytest

from humpcat.inference.pipeline import HumpCatPipeline, pipeline

from ...training.making import World


@pytest.fixture(scope="module")
def classify(world: World) -> HumpCatPipeline:
    return pipeline(world.source, device="cpu")
