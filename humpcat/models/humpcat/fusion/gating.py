"""Fusion by gates: the mean of another stream comes in, value by value, as far as a gate lets it."""

import torch
from torch import Tensor, nn

from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.fusion.base import FusionLayer


class GatingLayer(FusionLayer):
    """Each step gets what a gate lets through of the other stream's mean over time.

    The gate reads both streams, as in the gated multimodal unit (Arevalo et al., Gated Multimodal Units for
    Information Fusion, 2017); the sum is residual, so that layers can be stacked.
    """

    name = "gating"

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__(config)
        width = config.hidden_size
        self.norm_query = nn.LayerNorm(width)
        self.norm_context = nn.LayerNorm(width)
        self.gate = nn.Linear(2 * width, width)
        self.value = nn.Linear(width, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, query: Tensor, context: Tensor, context_mask: Tensor) -> Tensor:
        """Update ``query`` from ``context``, see :class:`FusionLayer`."""
        real = context_mask[..., None].to(context.dtype)
        mean = (self.norm_context(context) * real).sum(1, keepdim=True) / real.sum(1, keepdim=True)
        both = torch.cat([self.norm_query(query), mean.expand_as(query)], dim=-1)
        return query + self.dropout(self.gate(both).sigmoid() * self.value(mean))


EXPORT = (GatingLayer,)
