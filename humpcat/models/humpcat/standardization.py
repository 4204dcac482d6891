"""Standardisation of features: the mean and spread of a corpus or speaker, which no label is needed for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from humpcat.features.base import Arrays
from humpcat.models.humpcat.configuration import HumpCatConfig

FRAME_STREAMS = ("hidden", "mfcc", "prosody")
STREAMS = (*FRAME_STREAMS, "functionals", "pooled")

# A value that hardly moves in a corpus (the voicing of silence) must not be blown up when it moves elsewhere.
_SMALLEST_SPREAD = 1e-3

Statistics = dict[str, Tensor]
"""For each stream a tensor of shape (..., 2, values): mean and standard deviation."""


def statistics_shapes(config: HumpCatConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of each stream's statistics."""
    layers, width = len(config.encoder_layers), config.encoder_width
    return {
        "hidden": (2, layers, width),
        "mfcc": (2, config.mfcc_width),
        "prosody": (2, config.prosody_width),
        "functionals": (2, config.functionals_width),
        "pooled": (2, layers, 2 * width),
    }


@dataclass
class _Sums:
    """Running sums of a value and its square, over clips."""

    first: npt.NDArray[np.floating]
    second: npt.NDArray[np.floating]
    clips: int = 0

    def add(self, mean: npt.NDArray[np.floating], square: npt.NDArray[np.floating]) -> None:
        self.first += mean
        self.second += square
        self.clips += 1

    def finish(self) -> npt.NDArray[np.float32]:
        mean = self.first / self.clips
        spread = np.sqrt(np.maximum(self.second / self.clips - mean**2, 0))
        return np.stack([mean, np.maximum(spread, _SMALLEST_SPREAD)]).astype(np.float32)


def measure(clips: Iterable[Arrays]) -> Statistics:
    """Measure mean and standard deviation over clips, each clip counting alike whatever its length.

    Args:
        clips: at least one clip's arrays: ``hidden`` (layers, steps, width), ``pooled`` (layers, 2 * width),
            ``mfcc`` and ``prosody`` (frames, values), ``functionals`` (values).

    Returns:
        For each of these names shape (2, ...), time left out.
    """
    sums: dict[str, _Sums] = {}
    for arrays in clips:
        for name in STREAMS:
            values = arrays[name].astype(np.float32)
            mean, square = values, np.square(values)
            if name in FRAME_STREAMS:
                mean, square = mean.mean(-2), square.mean(-2)
            if name not in sums:
                sums[name] = _Sums(np.zeros(mean.shape), np.zeros(mean.shape))
            sums[name].add(mean, square)
    return {name: torch.from_numpy(total.finish()) for name, total in sums.items()}


class Standardizer(nn.Module):
    """Holds the statistics that a checkpoint is used with, and applies these or others given in their place."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        for name, shape in statistics_shapes(config).items():
            initial = torch.stack([torch.zeros(shape[1:]), torch.ones(shape[1:])])
            self.register_buffer(name, initial)

    def hold(self, statistics: Mapping[str, Tensor]) -> None:
        """Keep statistics of the shapes that :func:`measure` gives."""
        for name, value in statistics.items():
            self.get_buffer(name).copy_(value)

    def held(self) -> Statistics:
        """Return a copy of the statistics that are kept."""
        return {name: self.get_buffer(name).detach().cpu().clone() for name in STREAMS}

    def forward(self, name: str, values: Tensor, statistics: Mapping[str, Tensor] | None) -> Tensor:
        """Standardise one stream.

        Args:
            name: the stream.
            values: shape (batch, ..., values); the next to last axis of a frame stream is time.
            statistics: shape (batch, 2, ..., values) a stream, in place of those held.
        """
        held = self.get_buffer(name)[None] if statistics is None else statistics[name]
        mean, spread = held.unbind(1)
        if name in FRAME_STREAMS:
            mean, spread = mean.unsqueeze(-2), spread.unsqueeze(-2)
        return (values - mean) / spread
