"""Weights as the loop saves them, and their exponential moving average, which wavers less than they do."""

from pathlib import Path
from typing import cast

from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from humpcat.files import replacing
from humpcat.models.humpcat.tuning import Trainable

WEIGHTS = "model.safetensors"


def save_weights(model: Trainable, folder: Path) -> None:
    """Write a model's own weights and nothing else: it is a state of the run, not a model to pass on."""
    state = {name: value.contiguous() for name, value in model.own_weights(model.state_dict()).items()}
    with replacing(folder / WEIGHTS, needed=sum(value.nbytes for value in state.values())) as draft:
        save_file(state, draft)


def load_weights(model: Trainable, folder: Path) -> None:
    """Give a model the weights that :func:`save_weights` wrote; a frozen encoder is not among them."""
    model.load_state_dict(load_file(folder / WEIGHTS), strict=False)


class WeightAverage:
    """Follows a model step by step.

    Args:
        model: the model, on the device where it is trained.
        decay: how much of the average stays at each step, above 0 and below 1.

    Attributes:
        model: a model of its own, which has the average as its weights.
    """

    def __init__(self, model: Trainable, decay: float) -> None:
        self._average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
        self.model = cast(Trainable, self._average.module)

    def update(self, model: Trainable) -> None:
        """Take in the model's weights after a step; the first step's are taken as they are."""
        self._average.update_parameters(model)

    def save(self, folder: Path) -> None:
        """Write the average into a folder of the state."""
        save_weights(self.model, folder / "average")

    def load(self, folder: Path) -> None:
        """Go on from what :meth:`save` wrote."""
        load_weights(self.model, folder / "average")
        self._average.n_averaged.fill_(1)
