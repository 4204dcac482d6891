"""An exponential moving average of a model's weights, which wavers less than the weights themselves."""

from pathlib import Path
from typing import cast

from safetensors.torch import load_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from humpcat.models.humpcat.tuning import WEIGHTS, Trainable

AVERAGE = "average"


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
        self.model.save_pretrained(folder / AVERAGE)

    def load(self, folder: Path) -> None:
        """Go on from what :meth:`save` wrote."""
        # A frozen encoder is not in the file.
        self.model.load_state_dict(load_file(folder / AVERAGE / WEIGHTS), strict=False)
        self._average.n_averaged.fill_(1)
