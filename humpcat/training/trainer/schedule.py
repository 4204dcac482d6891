"""The learning rate by steps done."""

import math
from collections.abc import Callable

WARM_UP = 0.1
"""Share of the steps over which the learning rate of :func:`cosine_with_warmup` rises."""


def cosine_with_warmup(done: int, of: int) -> float:
    """Return the factor of the learning rate: a linear rise, then half a cosine down to zero."""
    share = done / of
    if share < WARM_UP:
        return (share + 1e-3) / (WARM_UP + 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP)))


def step_schedule(epochs: int, every: int, factor: float) -> Callable[[int, int], float]:
    """Return a schedule that multiplies the learning rate by a factor every so many epochs.

    Example:
        >>> schedule = step_schedule(epochs=30, every=10, factor=0.1)
        >>> [round(schedule(batch, 300), 4) for batch in (0, 99, 100, 299)]
        [1.0, 1.0, 0.1, 0.01]
    """

    def schedule(done: int, of: int) -> float:
        # In whole numbers: a rounding error must not move a step.
        return factor ** (done * epochs // of // every)

    return schedule
