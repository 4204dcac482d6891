"""What the student is to predict, and how far it is from it.

A teacher's hidden states have values of very different sizes. Each value counts by its own deviation: of frames over
all frames, of the mean of a crop over all crops, which is what a classifier of pooled states sees.

What depends on nothing but a frame's place in the clip is taken away: a fifth of the variance of whisper-base's layers
2 and 3, and no property of speech.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

SMOOTHED = 5
"""Frames before and after a place over which its mean is taken; fewer near the beginning, where edges are heard."""

_LEAST = 1e-4


@dataclass(frozen=True)
class Scale:
    """How a teacher's hidden states are standardised.

    Attributes:
        mean: shape (layers, places, width), of the frames of all clips at a place; later ones are as the last.
        deviation: shape (layers, width), standard deviation of all frames about these.
        pooled_deviation: shape (layers, width), standard deviation of the means over a clip of such differences.
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
            torch.Size([2, 50, 8])
        """
        found = [(states.float(), mask) for states, mask in batches]
        mean = _mean_by_place(found)
        centred = [(states - mean[:, None, : states.shape[2]], mask) for states, mask in found]
        frames = torch.cat([states[:, mask] for states, mask in centred], 1)
        pooled = torch.cat([pool(states, mask) for states, mask in centred], 1)
        deviations = [values.square().mean(1).sqrt().clamp(min=_LEAST) for values in (frames, pooled)]
        return cls(mean, *deviations)

    def standardise(self, states: Tensor) -> Tensor:
        """Return hidden states of shape (layers, batch, frames, width) about zero and at unit deviation."""
        frames, places = states.shape[2], self.mean.shape[1]
        mean = self.mean[:, torch.arange(frames, device=states.device).clamp(max=places - 1)]
        return (states.float() - mean[:, None]) / self.deviation[:, None, None]

    def standardise_pooled(self, pooled: Tensor) -> Tensor:
        """Return means of standardised frames, shape (layers, batch, width), in deviations of such means."""
        return pooled * (self.deviation / self.pooled_deviation)[:, None]


@dataclass(frozen=True)
class Distance:
    """How far predictions are from a teacher.

    Attributes:
        frames: mean squared error of frames, in squares of deviations.
        pooled: mean squared error of the means over a clip, in squares of their deviations.
        probe: mean squared error of what a probe says, in squares of its deviations; 0 without a probe.
        frames_cosine: mean cosine of the angle between standardised frames.
        pooled_cosine: the same of the means over a clip.
    """

    frames: Tensor
    pooled: Tensor
    probe: Tensor
    frames_cosine: Tensor
    pooled_cosine: Tensor


def distance(
    predicted: Tensor,
    target: Tensor,
    mask: Tensor,
    scale: Scale,
    probe: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Distance:
    """Return how far predictions are from a teacher's standardised hidden states.

    Args:
        predicted: shape (layers, batch, frames, width).
        target: the same shape.
        mask: shape (batch, frames), which frames are real.
        scale: how the teacher was standardised.
        probe: says how far a probe's answers are from one another, of means over clips.

    Returns:
        Scalars; gradients flow to ``predicted`` from the errors, and not from the cosines.

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
        means[0].new_zeros(()) if probe is None else probe(*means),
        cosine(ours.detach(), theirs, dim=-1).mean(),
        cosine(means[0].detach(), means[1], dim=-1).mean(),
    )


def pool(states: Tensor, mask: Tensor) -> Tensor:
    """Return the means over real frames, shape (layers, batch, width).

    Args:
        states: shape (layers, batch, frames, width).
        mask: shape (batch, frames).
    """
    real = mask.to(states.dtype)[..., None]
    return (states * real).sum(2) / real.sum(1)


def _mean_by_place(batches: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Return the mean of all clips' frames around each place, shape (layers, places, width)."""
    layers, _, _, width = batches[0][0].shape
    places = max(states.shape[2] for states, _ in batches)
    # Sums up to each place, in double precision: their differences are the sums around a place.
    sums = torch.zeros(layers, places + 1, width, dtype=torch.float64, device=batches[0][0].device)
    counts = torch.zeros(places + 1, dtype=torch.float64, device=sums.device)
    for states, mask in batches:
        frames = states.shape[2]
        sums[:, 1 : frames + 1] += (states * mask[..., None]).sum(1)
        counts[1 : frames + 1] += mask.sum(0)
    sums, counts = sums.cumsum(1), counts.cumsum(0)
    place = torch.arange(places, device=sums.device)
    reach = torch.minimum(place, places - 1 - place).clamp(max=SMOOTHED)
    first, last = place - reach, place + reach + 1
    return ((sums[:, last] - sums[:, first]) / (counts[last] - counts[first])[:, None]).float()
