"""Hidden states of a clip made small enough to be kept: steps of several frames, and the mean of all."""

import torch
from torch import Tensor


def condense(states: Tensor, group: int) -> tuple[Tensor, Tensor]:
    """Average neighbouring frames of one clip, and summarise the whole of it.

    Args:
        states: shape (layers, frames, width).
        group: frames a step; the last step may have fewer.

    Returns:
        The steps, shape (layers, ceil(frames / group), width), and the mean over all frames, shape (layers, width).
        Not the standard deviation: it tells one recording from another more than one emotion, see docs/method.md.

    Example:
        >>> steps, pooled = condense(torch.arange(6.0).view(1, 6, 1), group=4)
        >>> steps.flatten().tolist(), pooled.item()
        ([1.5, 4.5], 2.5)
    """
    whole = states.shape[1] // group * group
    steps = states[:, :whole].unflatten(1, (-1, group)).mean(dim=2)
    if whole < states.shape[1]:
        steps = torch.cat([steps, states[:, whole:].mean(dim=1, keepdim=True)], dim=1)
    return steps, states.mean(dim=1)
