"""Fusion by cross-attention of which a gate lets in only what helps a step."""

import torch
from torch import Tensor, nn

from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.fusion.rotary import RotaryCrossAttentionLayer


class GatedCrossAttentionLayer(RotaryCrossAttentionLayer):
    """Cross-attention with rotary positions, let in value by value by a gate that reads the step and what it found.

    The gate is that of a gated multimodal unit (Arevalo et al., Gated Multimodal Units for Information Fusion, 2017).
    """

    name = "gated-cross-attention"

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__(config)
        self.gate = nn.Linear(2 * config.hidden_size, config.hidden_size)

    def _attend(self, query: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        found = super()._attend(query, context, mask)
        return self.gate(torch.cat([query, found], dim=-1)).sigmoid() * found


EXPORT = (GatedCrossAttentionLayer,)
