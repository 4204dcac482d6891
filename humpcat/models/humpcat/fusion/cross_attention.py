"""Fusion by cross-attention, the paper's: every step of a stream reads the steps of another that matter to it."""

from torch import Tensor, nn

from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.fusion.base import FusionLayer


class CrossAttentionLayer(FusionLayer):
    """One stream attends to another: residual attention and a residual feed-forward network."""

    name = "cross-attention"

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__(config)
        width = config.hidden_size
        self.pre_norm = config.pre_norm
        # Dropout acts on what attention brings; on its weights too, it took a third of a step on a CPU.
        self.attention = nn.MultiheadAttention(width, config.heads, batch_first=True)
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
        """Update ``query`` from ``context``, see :class:`FusionLayer`."""
        if self.pre_norm:
            query = query + self._attend(*self._compared(query, context), context_mask)
            return query + self.dropout(self.feed_forward(self.norm_feed_forward(query)))
        query = self.norm_query(query + self._attend(query, context, context_mask))
        return self.norm_feed_forward(query + self.dropout(self.feed_forward(query)))

    def attended(self, query: Tensor, context: Tensor, context_mask: Tensor) -> Tensor:
        """Return how much each step reads each of the other stream, see :class:`FusionLayer`."""
        return self._weights(*self._compared(query, context), context_mask)

    def _compared(self, query: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return both streams as attention compares them."""
        return (self.norm_query(query), self.norm_context(context)) if self.pre_norm else (query, context)

    def _attend(self, query: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        attended, _ = self.attention(query, context, context, key_padding_mask=~mask, need_weights=False)
        return self.dropout(attended)

    def _weights(self, query: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        weights: Tensor = self.attention(query, context, context, key_padding_mask=~mask)[1]
        return weights


EXPORT = (CrossAttentionLayer,)
