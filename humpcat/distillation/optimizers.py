"""How the student's weights are learnt: the matrices of its layers by Muon, all others by AdamW.

Muon (Jordan et al., 2024, https://kellerjordan.github.io/posts/muon) makes each step of a matrix near to orthogonal,
so that directions of small gradients are learnt as fast as those of large ones. A teacher's states have hundreds of
directions of about the same variance: in 300 steps Muon comes as far as AdamW in 1500.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from humpcat.errors import SettingsError

BETAS = (0.9, 0.98)
"""Decays of AdamW's moments: the second forgets sooner than usual, for runs are short."""

MOMENTUM = 0.95
"""Decay of Muon's."""


class Optimizers:
    """Muon and AdamW, each of some of a student's weights, at one learning rate.

    Args:
        student: of which all weights that have gradients are learnt.
        weight_decay: decoupled weight decay.

    Raises:
        SettingsError: this release of torch has no Muon.
    """

    def __init__(self, student: nn.Module, weight_decay: float) -> None:
        if not hasattr(torch.optim, "Muon"):
            raise SettingsError(f"torch {torch.__version__}: has no Muon: install torch 2.9 or later.")
        self._weights = {name: weight for name, weight in student.named_parameters() if weight.requires_grad}
        matrices = [weight for name, weight in self._weights.items() if _is_matrix_of_layer(name, weight)]
        rest = [weight for name, weight in self._weights.items() if not _is_matrix_of_layer(name, weight)]
        self._both: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, weight_decay=weight_decay, momentum=MOMENTUM, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, betas=BETAS, weight_decay=weight_decay),
        ]

    def step(self, learning_rate: float) -> None:
        """Change the weights by their gradients, which are then cleared.

        Args:
            learning_rate: of this step.
        """
        for optimizer in self._both:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate
            optimizer.step()
            optimizer.zero_grad()

    def moments(self) -> dict[str, Tensor]:
        """Return what the next step depends on beside weights and gradients, as ``name of a weight/moment``."""
        return {
            f"{name}/{moment}": value
            for name, weight in self._weights.items()
            for moment, value in self._of(weight).state[weight].items()
        }

    def restore(self, moments: Mapping[str, Tensor]) -> None:
        """Go on from what :meth:`moments` returned.

        Args:
            moments: of the same student's weights.

        Raises:
            KeyError: those of a weight are missing.
        """
        for name, weight in self._weights.items():
            own = {key.rpartition("/")[2]: value for key, value in moments.items() if key.rpartition("/")[0] == name}
            if not own:
                raise KeyError(name)
            # The count of steps stays on the processor, where AdamW keeps it.
            self._of(weight).state[weight] = {
                moment: value if moment == "step" else value.to(weight.device) for moment, value in own.items()
            }

    def _of(self, weight: Tensor) -> torch.optim.Optimizer:
        muon, adam = self._both
        return muon if any(weight is each for each in muon.param_groups[0]["params"]) else adam


def _is_matrix_of_layer(name: str, weight: Tensor) -> bool:
    """Return whether a weight is a map between hidden states; the heads are thrown away and learn as they did."""
    return weight.ndim == 2 and ".layers." in name
