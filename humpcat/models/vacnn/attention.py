"""Visual attention: which channels and which places of a feature map matter (Sensors 2020, 20, 5559, section 3.1)."""

import torch
from torch import Tensor, nn

SPATIAL_KERNEL = 7


class ChannelAttention(nn.Module):
    """One weight a channel, from the channels' means and maxima: equation 1.

    Args:
        channels: channels of the map.
        reduction: by how much the layer between squeezes them.
        relu: whether a ReLU follows the squeezing layer, as in CBAM; equation 1 has none.
    """

    def __init__(self, channels: int, reduction: int, *, relu: bool) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction, bias=False)
        self.restore = nn.Linear(channels // reduction, channels, bias=False)
        self.relu = nn.ReLU() if relu else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        """Return weights of shape (batch, channels, 1, 1) for maps of shape (batch, channels, height, width)."""
        summed = self._restored(maps.mean((2, 3))) + self._restored(maps.amax((2, 3)))
        return summed.sigmoid()[:, :, None, None]

    def _restored(self, pooled: Tensor) -> Tensor:
        return self.restore(self.relu(self.squeeze(pooled)))


class SpatialAttention(nn.Module):
    """One weight a place, from mean and maximum over the channels around it: equation 2.

    Args:
        bias: whether the convolution has a bias, as in CBAM; the paper's has none.
    """

    def __init__(self, *, bias: bool) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 1, SPATIAL_KERNEL, padding=SPATIAL_KERNEL // 2, bias=bias)

    def forward(self, maps: Tensor) -> Tensor:
        """Return weights of shape (batch, 1, height, width) for maps of shape (batch, channels, height, width)."""
        pooled = torch.cat([maps.mean(1, keepdim=True), maps.amax(1, keepdim=True)], dim=1)
        return self.convolution(pooled).sigmoid()


class VisualAttention(nn.Module):
    """The paper's VA module: both kinds of attention look at the same map, and the refined maps are added.

    Args:
        channels: channels of the map.
        reduction: see :class:`ChannelAttention`.
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.channel = ChannelAttention(channels, reduction, relu=False)
        self.spatial = SpatialAttention(bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Refine maps of shape (batch, channels, height, width)."""
        return maps * (self.channel(maps) + self.spatial(maps))


class Cbam(nn.Module):
    """The convolutional block attention module (Woo et al., ECCV 2018): spatial attention follows the channels'.

    Args:
        channels: channels of the map.
        reduction: see :class:`ChannelAttention`.
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.channel = ChannelAttention(channels, reduction, relu=True)
        self.spatial = SpatialAttention(bias=True)

    def forward(self, maps: Tensor) -> Tensor:
        """Refine maps of shape (batch, channels, height, width)."""
        refined = maps * self.channel(maps)
        return refined * self.spatial(refined)
