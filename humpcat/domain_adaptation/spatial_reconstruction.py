"""The spatial reconstruction unit of SCConv, for descriptor tokens or plain vectors."""

import torch
from torch import Tensor, nn

THRESHOLD = 0.5
"""Gate above which a value is informative."""


class SpatialReconstruction(nn.Module):
    """Parts informative from redundant values by the weights of a group normalisation, and adds them crosswise.

    Li, Wen and He, SCConv: Spatial and Channel Reconstruction Convolution for Feature Redundancy, CVPR 2023, section
    3.1: the normalised values are weighted by ``gamma / sum(gamma)`` of their channel (equation 2) and gated by a
    sigmoid (equation 3). A value whose gate is above 0.5 goes whole into the informative part and not into the
    redundant one; any other goes into both, multiplied by its gate, as in the authors' code. The first half of the
    informative channels is added to the second half of the redundant ones, and the other way round (equation 4).

    Args:
        channels: number of channels, an even number.
        groups: groups of channels that are normalised together, a divisor of ``channels``.

    Raises:
        ValueError: ``channels`` is odd, or ``groups`` does not divide it.

    Example:
        >>> SpatialReconstruction(8, groups=2)(torch.randn(3, 8, 5)).shape
        torch.Size([3, 8, 5])
    """

    def __init__(self, channels: int, groups: int = 4) -> None:
        super().__init__()
        if channels % 2 or channels % groups:
            raise ValueError(f"{channels} channels in {groups} groups: expected an even number that groups divide.")
        self.normalise = nn.GroupNorm(groups, channels)

    def forward(self, values: Tensor) -> Tensor:
        """Turn values of shape (clips, channels) or (clips, channels, tokens) into others of that shape."""
        gamma = self.normalise.weight
        weights = (gamma / gamma.sum()).reshape(1, -1, *[1] * (values.ndim - 2))
        gate = torch.sigmoid(weights * self.normalise(values))
        informative = values * torch.where(gate > THRESHOLD, 1, gate)
        redundant = values * torch.where(gate > THRESHOLD, 0, gate)
        (first, second), (third, fourth) = informative.chunk(2, dim=1), redundant.chunk(2, dim=1)
        return torch.cat([first + fourth, second + third], dim=1)
