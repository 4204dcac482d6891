"""Small networks of the paper's shape, and batches of random pictures and descriptors."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.modeling import VacnnForAudioClassification

LABELS = {"sadness": 0, "anger": 1, "neutral": 2}
NARROW = {"widths": [16, 16, 32], "groups": 4, "hidden_size": 8, "label2id": LABELS}
WORDS = 5


@pytest.fixture(scope="session")
def narrow() -> Callable[..., VacnnForAudioClassification]:
    """Return a function that makes a narrow model, its temperature and codebook set."""

    def make(seed: int = 0, **changes: object) -> VacnnForAudioClassification:
        torch.manual_seed(seed)
        model = VacnnForAudioClassification(VacnnConfig(**(NARROW | changes)))
        model.temperature.fill_(2.0)
        if model.config.words:
            model.codebook.copy_(torch.randn(model.config.words, 64))
        return model.eval()

    return make


@pytest.fixture(scope="session")
def batch() -> Callable[..., dict[str, Tensor]]:
    """Return a function that makes a batch; clips differ in key points, and one has none."""

    def make(clips: int = 4, *, words: bool = False, filling: float = 0.0) -> dict[str, Tensor]:
        source = torch.Generator().manual_seed(0)
        inputs = {"images": torch.randint(0, 256, (clips, 224, 224), dtype=torch.uint8, generator=source)}
        if words:
            counts = torch.arange(clips) * 3
            descriptors = torch.randn(clips, int(counts.max()) + 2, 64, generator=source)
            real = torch.arange(descriptors.shape[1])[None] < counts[:, None]
            descriptors[~real] = filling
            inputs |= {"descriptors": descriptors, "counts": counts}
        return inputs

    return make
