"""The network of AFSR: descriptor tokens, attention between them, spatial reconstruction, latent, decoder."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from humpcat.domain_adaptation.alignment import Adversary
from humpcat.domain_adaptation.deep import INPUT_DROPOUT, DomainNetwork
from humpcat.domain_adaptation.spatial_reconstruction import SpatialReconstruction


class DescriptorTokens(nn.Module):
    """Embeds the functionals of each low-level descriptor to one width, by weights of the descriptor's own.

    Args:
        groups: for each token the places of its values.
        width: width of a token.

    Example:
        >>> DescriptorTokens([[0, 2], [1]], width=4)(torch.randn(5, 3)).shape
        torch.Size([5, 2, 4])
    """

    places: Tensor
    real: Tensor

    def __init__(self, groups: Sequence[Sequence[int]], width: int) -> None:
        super().__init__()
        longest = max(len(group) for group in groups)
        places = torch.zeros(len(groups), longest, dtype=torch.long)
        real = torch.zeros(len(groups), longest)
        for token, group in enumerate(groups):
            places[token, : len(group)] = torch.as_tensor(group)
            real[token, : len(group)] = 1.0
        # Groups of fewer values are filled up with zeros, so that one product serves them all.
        self.register_buffer("places", places)
        self.register_buffer("real", real)
        scale = real.sum(dim=1).clamp_min(1).rsqrt()
        self.weight = nn.Parameter(torch.randn(len(groups), longest, width) * scale[:, None, None])
        self.bias = nn.Parameter(torch.zeros(len(groups), width))

    def forward(self, values: Tensor) -> Tensor:
        """Turn values of shape (clips, features) into tokens of shape (clips, tokens, width)."""
        grouped = values[:, self.places] * self.real
        return torch.einsum("ntv,tvw->ntw", grouped, self.weight) + self.bias


class TokenAttention(nn.Module):
    """Multi-head self-attention over the tokens, with residual and layer normalisation.

    Args:
        width: width of a token.
        heads: number of heads, a divisor of ``width``.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Turn tokens of shape (clips, tokens, width) into others of that shape."""
        attended, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        normed: Tensor = self.norm(tokens + attended)
        return normed


class AFSRNetwork(DomainNetwork):
    """Attention-driven feature refinement and spatial reconstruction, as an autoencoder with a classifier.

    Args:
        groups: for each token the places of its values; see :class:`DescriptorTokens`.
        classes: number of classes.
        width: width of a token, an even number.
        heads: heads of the attention; None for no attention.
        spatial_reconstruction: whether tokens pass the unit of that name.
        shortcut: whether a linear layer leads from the features to the latent, beside the tokens.
        latent: width of the latent.
        dropout: share of the tokens' values that are dropped in training.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[int]],
        classes: int,
        width: int,
        heads: int | None,
        spatial_reconstruction: bool,
        shortcut: bool,
        latent: int,
        dropout: float,
    ) -> None:
        super().__init__(latent, classes)
        features = sum(len(group) for group in groups)
        self.tokens = nn.Sequential(nn.Dropout(INPUT_DROPOUT), DescriptorTokens(groups, width), nn.GELU())
        self.attention = TokenAttention(width, heads) if heads else nn.Identity()
        self.reconstruction: nn.Module = (
            SpatialReconstruction(width, math.gcd(width, 4)) if spatial_reconstruction else nn.Identity()
        )
        self.narrow = nn.Sequential(nn.Dropout(dropout), nn.Linear(len(groups) * width, latent))
        self.shortcut = nn.Sequential(nn.Dropout(INPUT_DROPOUT), nn.Linear(features, latent)) if shortcut else None
        self.activate = nn.Sequential(nn.LayerNorm(latent), nn.GELU())
        # Always there, so that an ablation of the loss draws the same weights and the same batches.
        self.decoder = nn.Linear(latent, features)
        self.adversary = Adversary(latent)

    def encode(self, values: Tensor) -> Tensor:
        """Turn values of shape (clips, features) into latents of shape (clips, latent)."""
        tokens = self.attention(self.tokens(values))
        # The unit's channels are the values of a token, and its places the tokens.
        refined = self.reconstruction(tokens.transpose(1, 2)).transpose(1, 2)
        narrowed = self.narrow(refined.flatten(1))
        latents: Tensor = self.activate(narrowed if self.shortcut is None else narrowed + self.shortcut(values))
        return latents
