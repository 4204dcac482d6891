"""What a stream is: an extractor, the shapes of its arrays, and the modules that make one sequence of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from humpcat.features.base import Extractor
from humpcat.features.encoder import SpeechEncoder
from humpcat.models.humpcat.configuration import GROUP, HumpCatConfig

Masked = tuple[Tensor, Tensor]
"""A sequence of shape (batch, steps, width) and its mask, (batch, steps), True for real steps."""


class Stream(ABC):
    """One of the sequences that are fused, and what the summary reads of it.

    An array that is called as its stream is goes over time, one row a 20 ms frame; any other is of the whole clip.

    Attributes:
        name: how ``HumpCatConfig.streams`` calls it.
        summary: arrays that the summary reads; "NAME_pooled" is mean and standard deviation over time of array NAME.
    """

    name: ClassVar[str]
    summary: ClassVar[tuple[str, ...]]

    @abstractmethod
    def extractor(self, encoder: SpeechEncoder | None = None, config: HumpCatConfig | None = None) -> Extractor:
        """Return what computes the arrays.

        Args:
            encoder: the speech encoder; only the hidden states need it and the configuration.
            config: the configuration.
        """

    @abstractmethod
    def shapes(self, config: HumpCatConfig) -> Mapping[str, tuple[int, ...]]:
        """Return the shape of each array, time left out."""

    @abstractmethod
    def modules(self, config: HumpCatConfig) -> Mapping[str, nn.Module]:
        """Return new modules by the names that their weights have in a checkpoint, none of which is another's."""

    @abstractmethod
    def sequence(self, network: nn.Module, read: Callable[[str], Tensor], frames: Tensor) -> Masked:
        """Return the sequence that is fused.

        Args:
            network: holds the modules.
            read: gives an array by its name, standardised, a row a clip.
            frames: shape (batch,), frames of each clip.

        Returns:
            Steps of ``GROUP`` frames, as wide as ``hidden_size``, see :func:`steps_of`.
        """


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """Return True for real frames.

    Args:
        lengths: shape (batch,), frames of each clip.
        frames: frames of the padded batch.

    Returns:
        Shape (batch, frames), bool.
    """
    return torch.arange(frames, device=lengths.device)[None] < lengths[:, None]


def steps_of(values: Tensor, frames: Tensor) -> Masked:
    """Put neighbouring frames together, with zeros beyond a clip's end, from where standardising has moved them.

    Args:
        values: shape (batch, frames, values).
        frames: shape (batch,), frames of each clip.

    Returns:
        Steps of shape (batch, steps, GROUP * values), and their mask.
    """
    steps = group_frames(values * frame_mask(frames, values.shape[1])[..., None]).flatten(2)
    return steps, frame_mask(group_count(frames), steps.shape[1])


def group_frames(frames: Tensor) -> Tensor:
    """Put neighbouring frames together, the last group filled up with zeros.

    Args:
        frames: shape (batch, frames, values).

    Returns:
        Shape (batch, steps, GROUP, values).
    """
    return nn.functional.pad(frames, (0, 0, 0, -frames.shape[1] % GROUP)).unflatten(1, (-1, GROUP))


def group_count(lengths: Tensor) -> Tensor:
    """Return how many groups so many frames make."""
    return -(-lengths // GROUP)
