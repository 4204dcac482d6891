"""Fusion by cross-attention that knows where in time the steps of both streams lie."""

import torch
from torch import Tensor, nn

from humpcat.errors import SettingsError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.fusion.cross_attention import CrossAttentionLayer

BASE = 10_000.0
"""How much slower the slowest rotation is than the fastest, as in the paper of the method."""


class RotaryCrossAttentionLayer(CrossAttentionLayer):
    """Cross-attention with rotary positions (Su et al., RoFormer, 2021): what is compared is turned by its time.

    All streams have steps of the same length that begin with the clip, so that a step of one can look for what another
    has at the same time, or a little before. Padding comes after a clip's last step and changes no position.
    """

    name = "rotary-cross-attention"

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__(config)
        self.heads = config.heads
        if config.hidden_size // config.heads % 2:
            raise SettingsError(
                f"fusion {self.name} with hidden_size {config.hidden_size} and {config.heads} heads: expected an even "
                "width of a head, for values are turned in pairs: choose other heads, or cross-attention."
            )

    def _attend(self, query: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        asked, found, said = self._projected(query, context)
        attended = nn.functional.scaled_dot_product_attention(
            turned(asked), turned(found), said, attn_mask=mask[:, None, None, :]
        )
        return self.dropout(self.attention.out_proj(attended.transpose(1, 2).flatten(2)))

    def _weights(self, query: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        asked, found, _ = self._projected(query, context)
        products = turned(asked) @ turned(found).transpose(2, 3) / asked.shape[-1] ** 0.5
        return products.masked_fill(~mask[:, None, None, :], float("-inf")).softmax(-1).mean(1)

    def _projected(self, query: Tensor, context: Tensor) -> tuple[Tensor, ...]:
        """Return what is asked, found and said, each of shape (batch, heads, steps, width of a head)."""
        weights, biases = self.attention.in_proj_weight.chunk(3), self.attention.in_proj_bias.chunk(3)
        return tuple(
            nn.functional.linear(states, weight, bias).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for states, weight, bias in zip((query, context, context), weights, biases, strict=True)
        )


def turned(states: Tensor) -> Tensor:
    """Turn pairs of values by angles that grow with the step, so that products depend on distances only.

    Args:
        states: shape (..., steps, width), the width even.

    Example:
        >>> same = turned(torch.ones(1, 4, 2))[0]
        >>> products = same @ same.T
        >>> bool(torch.allclose(products.diagonal(1), products[0, 1]))
        True
    """
    steps, width = states.shape[-2:]
    speeds = BASE ** (-torch.arange(0, width, 2, device=states.device) / width)
    angles = torch.arange(steps, device=states.device)[:, None] * speeds
    cosine, sine = angles.cos().to(states.dtype), angles.sin().to(states.dtype)
    first, second = states.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)


EXPORT = (RotaryCrossAttentionLayer,)
