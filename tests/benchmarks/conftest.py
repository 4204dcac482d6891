import pytest

from ..training.making import World, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return what the tests of training and inference share."""
    return make_world(tmp_path_factory)
