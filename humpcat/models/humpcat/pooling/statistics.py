"""Pooling by mean and standard deviation over real steps."""

from typing import ClassVar

import torch
from torch import Tensor, nn


def pool(states: Tensor, weights: Tensor) -> Tensor:
    """Return mean and standard deviation over steps.

    Args:
        states: shape (..., steps, width).
        weights: shape (batch, steps), what each step weighs, such as a mask that is True for real steps; broadcast
            over axes between.

    Returns:
        Shape (..., 2 * width).
    """
    weights = weights.view(weights.shape[0], *[1] * (states.ndim - 3), weights.shape[1], 1).to(states.dtype)
    total = weights.sum(-2)
    mean = (states * weights).sum(-2) / total
    variance = ((states - mean[..., None, :]).square() * weights).sum(-2) / total
    # The offset keeps the slope of the root finite where a clip has a single frame.
    return torch.cat([mean, (variance + 1e-5).sqrt()], dim=-1)


class StatisticsPooling(nn.Module):
    """Mean and standard deviation, every real step alike.

    Args:
        width: values of a step.

    Attributes:
        name: how ``HumpCatConfig.pooling`` calls it.
    """

    name: ClassVar[str] = "statistics"

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Turn (batch, steps, width) and the mask of real steps into (batch, 2 * width)."""
        return pool(states, mask)


EXPORT = (StatisticsPooling,)
