"""The parts of HuMP-CAT: streams, cross-attention transformers and pooling, all blind to padding."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from humpcat.models.humpcat.configuration import HumpCatConfig

STEM_KERNEL = (10, 15)
STEM_STRIDE = (4, 3)


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """Return True for real frames.

    Args:
        lengths: shape (batch,), frames of each clip.
        frames: frames of the padded batch.

    Returns:
        Shape (batch, frames), bool.
    """
    return torch.arange(frames, device=lengths.device)[None] < lengths[:, None]


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
        missing = max(0, STEM_KERNEL[0] - states.shape[1])
        states = nn.functional.pad(states, (0, 0, 0, missing))
        steps = (lengths - STEM_KERNEL[0]).div(STEM_STRIDE[0], rounding_mode="floor").add(1).clamp(min=1)
        return self.project(nn.functional.gelu(self.conv(states[:, None])[:, 0])), steps


class LinearStem(nn.Module):
    """A linear map of the mean of four neighbouring frames."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        self.project = nn.Linear(config.encoder_width, config.hidden_size)

    def forward(self, states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn (batch, frames, width) and lengths into (batch, steps, hidden_size) and their lengths."""
        group = STEM_STRIDE[0]
        states = nn.functional.pad(states, (0, 0, 0, -states.shape[1] % group))
        real = frame_mask(lengths, states.shape[1]).unflatten(1, (-1, group)).sum(2).clamp(min=1)
        means = states.unflatten(1, (-1, group)).sum(2) / real[..., None]
        return self.project(means), -(-lengths // group)


class RecurrentStream(nn.Module):
    """A two-layer bidirectional LSTM, each direction half as wide as the stream."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            config.mfcc_width,
            config.hidden_size // 2,
            num_layers=2,
            bidirectional=True,
            batch_first=True,
            dropout=config.dropout,
        )

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Turn (batch, frames, values) into (batch, frames, hidden_size)."""
        packed = pack_padded_sequence(frames, lengths.cpu(), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=frames.shape[1])[0]


class CrossAttentionLayer(nn.Module):
    """One stream attends to another: residual attention and a residual feed-forward network."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.pre_norm = config.pre_norm
        self.attention = nn.MultiheadAttention(width, config.heads, dropout=config.dropout, batch_first=True)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, config.feed_forward),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.feed_forward, width),
        )
        self.norm_query = nn.LayerNorm(width)
        # Post-norm normalises the sum, so it has no norm of its own for the stream that is read.
        self.norm_context = nn.LayerNorm(width) if config.pre_norm else nn.Identity()
        self.norm_feed_forward = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, query: Tensor, context: Tensor, context_mask: Tensor) -> Tensor:
        """Update ``query`` from ``context``.

        Args:
            query: shape (batch, steps, width).
            context: shape (batch, other steps, width).
            context_mask: shape (batch, other steps), True for real steps.

        Returns:
            The shape of ``query``.
        """
        if self.pre_norm:
            query = query + self._attend(self.norm_query(query), self.norm_context(context), context_mask)
            return query + self.dropout(self.feed_forward(self.norm_feed_forward(query)))
        query = self.norm_query(query + self._attend(query, context, context_mask))
        return self.norm_feed_forward(query + self.dropout(self.feed_forward(query)))

    def _attend(self, query: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        attended, _ = self.attention(query, context, context, key_padding_mask=~mask, need_weights=False)
        return self.dropout(attended)


class CrossAttentionTransformer(nn.Module):
    """CAT: two streams attend to each other, layer by layer; each direction reads what the layer was given."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        self.forth = nn.ModuleList([CrossAttentionLayer(config) for _ in range(config.layers)])
        self.back = nn.ModuleList([CrossAttentionLayer(config) for _ in range(config.layers)])

    def forward(self, first: Tensor, second: Tensor, first_mask: Tensor, second_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return both streams, each updated from the other; shapes stay."""
        for forth, back in zip(self.forth, self.back, strict=True):
            first, second = forth(first, second, second_mask), back(second, first, first_mask)
        return first, second


def pool(states: Tensor, mask: Tensor) -> Tensor:
    """Return mean and standard deviation over real steps.

    Args:
        states: shape (..., steps, width).
        mask: shape (batch, steps), True for real steps, broadcast over axes between.

    Returns:
        Shape (..., 2 * width).
    """
    weights = mask.view(mask.shape[0], *[1] * (states.ndim - 3), mask.shape[1], 1).to(states.dtype)
    count = weights.sum(-2)
    mean = (states * weights).sum(-2) / count
    variance = ((states - mean[..., None, :]).square() * weights).sum(-2) / count
    # The offset keeps the slope of the root finite where a clip has a single frame.
    return torch.cat([mean, (variance + 1e-5).sqrt()], dim=-1)
