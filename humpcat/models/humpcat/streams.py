"""The streams of HuMP-CAT: hidden states, MFCC and prosody as sequences of one width, blind to padding."""

import torch
from torch import Tensor, nn

from humpcat.models.humpcat.configuration import GROUP, HumpCatConfig

STEM_KERNEL = (10, 15)
STEM_STRIDE = (GROUP, 3)


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """Return True for real frames.

    Args:
        lengths: shape (batch,), frames of each clip.
        frames: frames of the padded batch.

    Returns:
        Shape (batch, frames), bool.
    """
    return torch.arange(frames, device=lengths.device)[None] < lengths[:, None]


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


class LayerMix(nn.Module):
    """A learned, softmax-weighted sum of encoder layers (as in SUPERB, Yang et al. 2021)."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(layers))

    def forward(self, hidden: Tensor) -> Tensor:
        """Mix (batch, layers, frames, width) into (batch, frames, width)."""
        return torch.einsum("blfw,l->bfw", hidden, self.weights.softmax(0))


class ConvStem(nn.Module):
    """The paper's stem: one kernel over (frames, width) that quarters time and brings 768 values to 252.

    Where the encoder is of another width, a linear map brings the result to ``hidden_size``.
    """

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, STEM_KERNEL, STEM_STRIDE)
        width = (config.encoder_width - STEM_KERNEL[1]) // STEM_STRIDE[1] + 1
        self.project = nn.Identity() if width == config.hidden_size else nn.Linear(width, config.hidden_size)

    def forward(self, states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn (batch, frames, width) and lengths into (batch, steps, hidden_size) and their lengths."""
        # The kernel reads beyond the end of a clip shorter than itself, and standardising has moved the zeros there.
        states = states * frame_mask(lengths, states.shape[1])[..., None]
        missing = max(0, STEM_KERNEL[0] - states.shape[1])
        states = nn.functional.pad(states, (0, 0, 0, missing))
        steps = (lengths - STEM_KERNEL[0]).div(STEM_STRIDE[0], rounding_mode="floor").add(1).clamp(min=1)
        return self.project(nn.functional.gelu(self.conv(states[:, None])[:, 0])), steps


class LinearStem(nn.Module):
    """A linear map of steps that are averages of neighbouring frames already."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        self.project = nn.Linear(config.encoder_width, config.hidden_size)

    def forward(self, states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn (batch, steps, width) and lengths in frames into (batch, steps, hidden_size) and lengths in steps."""
        return self.project(states), group_count(lengths)


class RecurrentStream(nn.Module):
    """A two-layer bidirectional LSTM over groups of frames, each direction half as wide as the stream.

    The backward direction reads each clip from its own end. Reversing by index is ten times faster on a CPU than
    packed sequences and gives the same numbers.
    """

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        width = config.hidden_size
        inputs = (GROUP * config.mfcc_width, width)
        self.forth = nn.ModuleList([nn.LSTM(size, width // 2, batch_first=True) for size in inputs])
        self.back = nn.ModuleList([nn.LSTM(size, width // 2, batch_first=True) for size in inputs])
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Turn (batch, frames, values) and lengths in frames into (batch, steps, hidden_size)."""
        states = group_frames(frames).flatten(2)
        steps = torch.arange(states.shape[1], device=states.device)[None]
        # Real steps are mirrored within the clip, padding stays where it is.
        ends = group_count(lengths)[:, None]
        mirror = torch.where(steps < ends, ends - 1 - steps, steps)[..., None]
        for layer, (forth, back) in enumerate(zip(self.forth, self.back, strict=True)):
            states = self.dropout(states) if layer else states
            backward = back(states.gather(1, mirror.expand_as(states)))[0]
            backward = backward.gather(1, mirror.expand_as(backward))
            states = torch.cat([forth(states)[0], backward], dim=-1)
        return states


class ProsodyStream(nn.Module):
    """A small network over groups of prosody frames and the functionals of the whole utterance."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.frames = nn.Linear(GROUP * config.prosody_width, width)
        self.utterance = nn.Linear(config.functionals_width, width)
        self.project = nn.Linear(width, width)

    def forward(self, frames: Tensor, functionals: Tensor) -> Tensor:
        """Turn (batch, frames, values) and (batch, functionals) into (batch, steps, hidden_size)."""
        states = self.frames(group_frames(frames).flatten(2)) + self.utterance(functionals)[:, None]
        return self.project(nn.functional.gelu(states))
