"""The convolutional part of VACNN: from pictures to a map of 288 channels; and the networks in its place."""

import torch
from torch import Tensor, nn

from humpcat.errors import SettingsError
from humpcat.models.vacnn.attention import Cbam, VisualAttention
from humpcat.models.vacnn.configuration import VACNN, VacnnConfig

WIDEST_TIME_MASK = 40
WIDEST_BAND_MASK = 27


class ConvolutionBlock(nn.Sequential):
    """Convolution, group normalisation, ReLU.

    Args:
        channels: channels in.
        filters: channels out.
        stride: stride of the 3 x 3 kernel.
        groups: groups of the normalisation.
    """

    def __init__(self, channels: int, filters: int, stride: int, groups: int) -> None:
        super().__init__(
            nn.Conv2d(channels, filters, 3, stride=stride, padding=1), nn.GroupNorm(groups, filters), nn.ReLU()
        )


class AttentionBlock(nn.Sequential):
    """Two convolution blocks, the first with the stride, and visual attention.

    Args:
        channels: channels in.
        filters: channels out.
        stride: by how much height and width shrink.
        config: attention, groups, reduction.
    """

    def __init__(self, channels: int, filters: int, stride: int, config: VacnnConfig) -> None:
        attention = Cbam if config.attention == "cbam" else VisualAttention
        super().__init__(
            ConvolutionBlock(channels, filters, stride, config.groups),
            ConvolutionBlock(filters, filters, 1, config.groups),
            attention(filters, config.reduction),
        )


class MaxPool(nn.MaxPool2d):
    """Max-pooling in float32, in which a CPU is several times faster than in bfloat16; the maxima are the same."""

    def forward(self, maps: Tensor) -> Tensor:
        """Pool maps of shape (batch, channels, height, width)."""
        pooled: Tensor = super().forward(maps.float())
        return pooled.to(maps.dtype)


class VacnnTrunk(nn.Module):
    """Stem and three blocks: pictures of 224 x 224 become maps of 14 x 14 with 288 channels.

    Args:
        config: the configuration.
    """

    def __init__(self, config: VacnnConfig) -> None:
        super().__init__()
        narrow, middle, wide = config.widths
        self.stem = nn.Sequential(ConvolutionBlock(1, narrow, 2, config.groups), MaxPool(3, stride=2, padding=1))
        self.blocks = nn.ModuleList(
            [
                AttentionBlock(narrow, narrow, 1, config),
                AttentionBlock(narrow, middle, 2, config),
                AttentionBlock(middle, wide, 2, config),
            ]
        )
        self.norm = nn.Sequential(nn.GroupNorm(config.groups, wide), nn.ReLU())

    def forward(self, pictures: Tensor) -> Tensor:
        """Turn (batch, 1, 224, 224) into (batch, 288, 14, 14)."""
        maps = self.stem(pictures)
        for block in self.blocks:
            maps = block(maps)
        return self.norm(maps)

    def freeze(self, blocks: int) -> None:
        """Keep the stem and so many blocks as they are; nothing is frozen for 0."""
        for part in (self.stem, *self.blocks[:blocks]) if blocks else ():
            part.requires_grad_(False)


class SpecAugment(nn.Module):
    """Masks over time and over bands, laid over pictures in training (Park et al., Interspeech 2019).

    Masks are drawn as dropout is, from the generator of torch that checkpoints keep.

    Args:
        masks: how many over time, and how many over bands.
    """

    def __init__(self, masks: int) -> None:
        super().__init__()
        self.masks = masks

    def forward(self, pictures: Tensor) -> Tensor:
        """Blacken parts of pictures of shape (batch, 1, height, width), in training only."""
        if not (self.training and self.masks):
            return pictures
        time = self._stripes(pictures, pictures.shape[3], WIDEST_TIME_MASK)[:, None, None, :]
        bands = self._stripes(pictures, pictures.shape[2], WIDEST_BAND_MASK)[:, None, :, None]
        return pictures.masked_fill(time | bands, 0)

    def _stripes(self, pictures: Tensor, extent: int, widest: int) -> Tensor:
        """Return True where a mask lies, shape (batch, extent)."""
        drawn = torch.rand(2, len(pictures), self.masks, 1, device=pictures.device)
        width = (drawn[0] * (widest + 1)).floor()
        start = (drawn[1] * (extent - width + 1)).floor()
        place = torch.arange(extent, device=pictures.device)
        return ((place >= start) & (place < start + width)).any(1)


def make_trunk(config: VacnnConfig) -> tuple[nn.Module, int]:
    """Return the network that looks at pictures, and the number of its channels.

    VACNN answers with maps; a network of timm, with random weights, with vectors.

    Args:
        config: the configuration.

    Raises:
        SettingsError: timm is not installed, or does not know the network.
    """
    if config.backbone == VACNN:
        return VacnnTrunk(config), config.widths[-1]
    try:
        import timm
    except ImportError:
        raise SettingsError(
            f"backbone '{config.backbone}': the package timm is not installed: pip install 'humpcat[baselines]'."
        ) from None
    if not timm.is_model(config.backbone):
        raise SettingsError(f"backbone '{config.backbone}' is unknown to timm: choose vacnn or one of timm's models.")
    trunk = timm.create_model(config.backbone, pretrained=False, in_chans=1, num_classes=0)
    return trunk, trunk.num_features
