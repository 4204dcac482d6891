"""Steps of accumulated gradients, held against those of one large batch of the same clips.

By plain descent: Adam divides by a gradient's size, and makes a step of the rounding error of one that is zero.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch.optim import SGD

from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.losses import CrossEntropy
from humpcat.training.data.batches import Batches
from humpcat.training.settings import OptimizationSettings
from humpcat.training.trainer.loop import Trainer
from humpcat.training.trainer.state import Checkpoints

from ..data.test_examples import LAYERS, WIDTH, dataset

EVERY = 4
CLASS_WEIGHTS = torch.tensor([0.5, 1.0, 2.0, 4.0])


def cut(clips: int, size: int, rng: np.random.Generator) -> Batches:
    order = rng.permutation(clips).tolist()
    return [order[start : start + size] for start in range(0, clips, size)]


def together(clips: int, size: int, rng: np.random.Generator) -> Batches:
    small = cut(clips, size, rng)
    return [list(chain.from_iterable(small[start : start + EVERY])) for start in range(0, len(small), EVERY)]


def trained(folder: Path, plan: Callable[[np.random.Generator], Batches], clips: int, **changes: object) -> dict:
    torch.manual_seed(0)
    labels = {name: index for index, name in enumerate("abcd")}
    sizes = {"encoder_width": WIDTH, "encoder_layers": range(LAYERS), "hidden_size": 8, "heads": 2}
    model = HumpCatForAudioClassification(HumpCatConfig(**sizes, feed_forward=8, dropout=0.0, label2id=labels))
    trainer = Trainer(
        OptimizationSettings(epochs=3, **changes),
        Accelerator(cpu=True),
        Checkpoints(folder),
        optimizer=lambda weights, **_: SGD(weights, lr=0.1),
    )
    before = {name: value.clone() for name, value in model.named_parameters()}
    trainer.fit(model, dataset([10] * clips), plan, CrossEntropy(CLASS_WEIGHTS, 0.1))
    assert any(not torch.equal(before[name], value) for name, value in model.named_parameters())
    return model.state_dict()


@pytest.mark.parametrize(("clips", "size"), [(24, 3), (23, 3), (13, 2), (5, 4)])
def test_accumulated_batches_are_one_large_batch(clips: int, size: int, tmp_path: Path) -> None:
    """Whole groups, a last batch that is short, a last group that is short, and one that is all there is."""
    whole = trained(tmp_path / "whole", partial(together, clips, size), clips)
    parts = trained(tmp_path / "parts", partial(cut, clips, size), clips, accumulation=EVERY)
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value, atol=1e-6, rtol=0, msg=name)


def test_the_rate_falls_and_the_average_moves_once_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips, size = 13, 2
    rates: list[float] = []
    original = SGD.step

    def step(self: SGD, *args: object, **kwargs: object) -> object:
        rates.append(self.param_groups[0]["lr"])
        return original(self, *args, **kwargs)

    monkeypatch.setattr(SGD, "step", step)
    averaged = trained(tmp_path / "parts", partial(cut, clips, size), clips, accumulation=EVERY, averaging=0.5)
    assert len(rates) == 3 * math.ceil(math.ceil(clips / size) / EVERY)
    assert rates[1:] == sorted(rates[1:], reverse=True)
    whole = trained(tmp_path / "whole", partial(together, clips, size), clips, averaging=0.5)
    assert rates[: len(rates) // 2] == rates[len(rates) // 2 :]
    for name, value in whole.items():
        torch.testing.assert_close(averaged[name], value, atol=1e-6, rtol=0, msg=name)
