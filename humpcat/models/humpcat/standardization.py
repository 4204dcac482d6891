"""Standardisation of features: the mean and spread of a corpus or speaker, which no label is needed for."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from humpcat.features.base import Arrays
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.pooling.statistics import pool
from humpcat.models.humpcat.registries import STREAMS

_POOLED = "_pooled"
"""Ending of what is not stored but computed: mean and standard deviation over the frames of a stream."""

# A value that hardly moves in a corpus (the voicing of silence) must not be blown up when it moves elsewhere.
_SMALLEST_SPREAD = 1e-3

Statistics = dict[str, Tensor]
"""For each stream a tensor of shape (..., 2, values): mean and standard deviation."""


def summary_names(config: HumpCatConfig) -> list[str]:
    """Return what the summary branch reads, in the order of its weights; nothing where there is none."""
    streams = config.summary_streams if config.statistics else []
    return [name for stream in streams for name in STREAMS[stream].summary]


def summary_width(config: HumpCatConfig) -> int:
    """Return the number of values that the summary branch reads."""
    shapes = statistics_shapes(config)
    return sum(math.prod(shapes[name][1:]) for name in summary_names(config))


def pooled_of(name: str) -> str | None:
    """Return the stream whose mean and standard deviation over time an array is; None for an array that is stored.

    Example:
        >>> pooled_of("mfcc_pooled"), pooled_of("pooled")
        ('mfcc', None)
    """
    return name.removesuffix(_POOLED) if name.endswith(_POOLED) else None


def utterance_values(read: Callable[[str], npt.NDArray[np.floating]], name: str) -> npt.NDArray[np.floating]:
    """Return a clip's array, computed of its stream where it is not stored.

    Args:
        read: gives a stored array of the clip by name.
        name: the array.
    """
    stream = pooled_of(name)
    if stream is None:
        return read(name)
    frames = torch.from_numpy(read(stream))[None]
    return pool(frames, torch.ones(frames.shape[:2]))[0].numpy()


def statistics_shapes(config: HumpCatConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array's statistics, and of what else the summary reads."""
    arrays = [each for name in config.extracted for each in STREAMS[name].shapes(config).items()]
    shapes: dict[str, tuple[int, ...]] = {name: (2, *shape) for name, shape in arrays}
    # Only where they are read, so that a checkpoint that knows nothing of them is whole.
    further = {name: (2, 2 * shapes[stream][1]) for name in summary_names(config) if (stream := pooled_of(name))}
    return shapes | further


@dataclass(frozen=True)
class Moments:
    """Mean and spread of a value over clips, kept so that more clips can be added without hearing these again.

    Attributes:
        clips: number of clips.
        mean: the mean, each clip counting alike whatever its length.
        deviations: squared deviations from that mean, summed over clips; of a clip with frames, their average.
    """

    clips: int
    mean: npt.NDArray[np.float64]
    deviations: npt.NDArray[np.float64]

    @classmethod
    def of(cls, name: str, values: npt.NDArray[Any]) -> "Moments":
        """Measure one clip.

        Args:
            name: the stream; of a frame stream the next to last axis is time, which is left out.
            values: the clip's values.
        """
        exact = values.astype(np.float64)
        if name in STREAMS:
            return cls(1, exact.mean(-2), exact.var(-2))
        return cls(1, exact, np.zeros_like(exact))

    def __add__(self, other: "Moments") -> "Moments":
        """Return the moments of both together (Chan, Golub and LeVeque 1983, equation 2.1)."""
        clips = self.clips + other.clips
        apart = other.mean - self.mean
        return Moments(
            clips,
            self.mean + other.clips / clips * apart,
            self.deviations + other.deviations + self.clips * other.clips / clips * np.square(apart),
        )

    def __sub__(self, other: "Moments") -> "Moments":
        """Return the moments of the clips of which some, the other ones, are left out; at least one stays."""
        clips = self.clips - other.clips
        apart = self.mean - other.mean
        between = other.clips * self.clips / clips * np.square(apart)
        deviations = np.maximum(self.deviations - other.deviations - between, 0.0)
        return Moments(clips, self.mean + other.clips / clips * apart, deviations)

    def statistics(self) -> Tensor:
        """Return mean and standard deviation, shape (2, ...)."""
        return as_statistics(self.mean, self.deviations / self.clips)


def as_statistics(mean: npt.NDArray[np.float64], variance: npt.NDArray[np.float64]) -> Tensor:
    """Return mean and standard deviation as they are standardised by, shape (2, ...), float32."""
    spread = np.maximum(np.sqrt(variance), _SMALLEST_SPREAD)
    return torch.from_numpy(np.stack([mean, spread]).astype(np.float32))


def moments_of(clip: Arrays, names: Iterable[str] | None = None) -> dict[str, Moments]:
    """Return the moments of one clip.

    Args:
        clip: arrays as for :func:`measure`.
        names: the arrays to measure; by default all, and whatever a summary may read of their streams.
    """
    if names is None:
        summaries = [name for stream in STREAMS if stream.name in clip for name in stream.summary]
        names = dict.fromkeys((*clip, *summaries))
    return {name: Moments.of(name, utterance_values(clip.__getitem__, name).astype(np.float32)) for name in names}


def add_up(parts: Iterable[Mapping[str, Moments]]) -> Mapping[str, Moments]:
    """Return the moments of several clips, or of several lots of clips, together.

    Args:
        parts: moments of the same streams, or empty where no clip was heard.
    """
    heard: Mapping[str, Moments] = {}
    for part in filter(None, parts):
        heard = {name: heard[name] + one for name, one in part.items()} if heard else part
    return heard


def statistics_of(parts: Iterable[Mapping[str, Moments]]) -> Statistics:
    """Return mean and standard deviation over clips whose moments are known, as :func:`measure` does.

    Args:
        parts: moments as :func:`moments_of` or :func:`add_up` gives them, at least one clip's.
    """
    return {name: moments.statistics() for name, moments in add_up(parts).items()}


def together(corpora: Sequence[Statistics]) -> Statistics:
    """Return mean and standard deviation of several corpora together, each counting alike whatever its size.

    Args:
        corpora: statistics of each, such as :func:`measure` gives.

    Example:
        >>> near, far = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [1.0]])
        >>> mean, spread = together([{"pooled": near}, {"pooled": far}])["pooled"]
        >>> round(mean.item(), 3), round(spread.item(), 3)
        (1.0, 1.414)
    """
    found: Statistics = {}
    for name in corpora[0]:
        means, spreads = torch.stack([own[name] for own in corpora]).double().unbind(1)
        variance = spreads.square().mean(0) + means.var(0, unbiased=False)
        found[name] = as_statistics(means.mean(0).numpy(), variance.numpy())
    return found


def measure(clips: Iterable[Arrays]) -> Statistics:
    """Measure mean and standard deviation over clips, each clip counting alike whatever its length.

    Args:
        clips: at least one clip's arrays: ``hidden`` (layers, steps, width), ``pooled`` (layers, width),
            ``mfcc`` and ``prosody`` (frames, values), ``functionals`` (values), those of further streams.

    Returns:
        For each of these and of what a summary may read of a stream shape (2, ...), time left out.
    """
    return statistics_of(moments_of(clip) for clip in clips)


class Standardizer(nn.Module):
    """Holds the statistics that a checkpoint is used with, and applies these or others given in their place."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        for name, shape in statistics_shapes(config).items():
            initial = torch.stack([torch.zeros(shape[1:]), torch.ones(shape[1:])])
            self.register_buffer(name, initial)

    def hold(self, statistics: Mapping[str, Tensor]) -> None:
        """Keep those statistics that the network reads, of the shapes that :func:`measure` gives."""
        for name, buffer in self.named_buffers():
            buffer.copy_(statistics[name])

    def held(self) -> Statistics:
        """Return a copy of the statistics that are kept."""
        return {name: buffer.detach().cpu().clone() for name, buffer in self.named_buffers()}

    def forward(self, name: str, values: Tensor, statistics: Mapping[str, Tensor] | None) -> Tensor:
        """Standardise one stream.

        Args:
            name: the stream.
            values: shape (batch, ..., values); the next to last axis of a frame stream is time.
            statistics: shape (batch, 2, ..., values) a stream, in place of those held.
        """
        held = self.get_buffer(name)[None] if statistics is None else statistics[name]
        mean, spread = held.unbind(1)
        if name in STREAMS:
            mean, spread = mean.unsqueeze(-2), spread.unsqueeze(-2)
        return (values - mean) / spread
