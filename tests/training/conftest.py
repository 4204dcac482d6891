import pytest
import torch

from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification

from .data.test_examples import LAYERS, WIDTH
from .making import World, make_world


@pytest.fixture(name="model")
def _model() -> HumpCatForAudioClassification:
    """Return a small model of four classes, which nothing was taught."""
    torch.manual_seed(0)
    labels = {name: index for index, name in enumerate("abcd")}
    return HumpCatForAudioClassification(
        HumpCatConfig(
            encoder_width=WIDTH,
            encoder_layers=range(LAYERS),
            hidden_size=8,
            heads=2,
            feed_forward=8,
            summary_streams=["hidden"],
            label2id=labels,
        )
    )


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return what the tests of training and inference share."""
    return make_world(tmp_path_factory)
