"""What the student is to predict, and how far it is from it.

A teacher's hidden states have values of very different sizes. Each value counts by its own deviation: of frames over
all frames, of the mean of a crop over all crops, which is what a classifier of pooled states sees.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

_LEAST = 1e-4


@dataclass(frozen=True)
class Scale:
    """How a teacher's hidden states are standardised.

    Attributes:
        mean: shape (layers, width), of all frames.
        deviation: shape (layers, width), standard deviation of all frames.
        pooled_deviation: shape (layers, width), standard deviation of the means of clips.
    """

    mean: Tensor
    deviation: Tensor
    pooled_deviation: Tensor

    @classmethod
    def of(cls, batches: Iterable[tuple[Tensor, Tensor]]) -> "Scale":
        """Return the scale of some clips.

        Args:
            batches: hidden states, shape (layers, clips, frames, width), and which frames are real, shape
                (clips, frames); at least two clips in all.

        Example:
            >>> scale = Scale.of([(torch.randn(2, 3, 50, 8), torch.ones(3, 50, dtype=torch.bool))])
            >>> scale.mean.shape
            torch.Size([2, 8])
        """
        frames, pooled = [], []
        for states, mask in batches:
            frames.append(states[:, mask].float())
            pooled.append(pool(states.float(), mask))
        all_frames = torch.cat(frames, 1)
        deviations = [torch.cat(values, 1).std(1).clamp(min=_LEAST) for values in (frames, pooled)]
        return cls(all_frames.mean(1), *deviations)

    def standardise(self, states: Tensor) -> Tensor:
        """Return hidden states of shape (layers, batch, frames, width) at zero mean and unit deviation."""
        return (states.float() - self.mean[:, None, None]) / self.deviation[:, None, None]

    def standardise_pooled(self, pooled: Tensor) -> Tensor:
        """Return means of standardised frames, shape (layers, batch, width), in deviations of such means."""
        return pooled * (self.deviation / self.pooled_deviation)[:, None]


@dataclass(frozen=True)
class Distance:
    """How far predictions are from a teacher.

    Attributes:
        frames: mean squared error of frames, in squares of deviations.
        pooled: mean squared error of the means over a clip, in squares of their deviations.
        frames_cosine: mean cosine of the angle between standardised frames.
        pooled_cosine: the same of the means over a clip.
    """

    frames: Tensor
    pooled: Tensor
    frames_cosine: Tensor
    pooled_cosine: Tensor


def distance(predicted: Tensor, target: Tensor, mask: Tensor, scale: Scale) -> Distance:
    """Return how far predictions are from a teacher's standardised hidden states.

    Args:
        predicted: shape (layers, batch, frames, width).
        target: the same shape.
        mask: shape (batch, frames), which frames are real.
        scale: how the teacher was standardised.

    Returns:
        Scalars, of which gradients flow to ``predicted``.

    Example:
        >>> states, mask = torch.randn(1, 2, 5, 4), torch.ones(2, 5, dtype=torch.bool)
        >>> scale = Scale.of([(states, mask)])
        >>> distance(states, states, mask, scale).frames.item()
        0.0
    """
    predicted = predicted.float()
    ours, theirs = predicted[:, mask], target[:, mask]
    means = [scale.standardise_pooled(pool(states, mask)) for states in (predicted, target)]
    cosine = torch.nn.functional.cosine_similarity
    return Distance(
        (ours - theirs).square().mean(),
        (means[0] - means[1]).square().mean(),
        cosine(ours, theirs, dim=-1).mean(),
        cosine(means[0], means[1], dim=-1).mean(),
    )


def pool(states: Tensor, mask: Tensor) -> Tensor:
    """Return the means over real frames, shape (layers, batch, width).

    Args:
        states: shape (layers, batch, frames, width).
        mask: shape (batch, frames).
    """
    real = mask.to(states.dtype)[..., None]
    return (states * real).sum(2) / real.sum(1)
