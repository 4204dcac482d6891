"""The convolutional part of VACNN: from pictures to a map of 288 channels; and the networks in its place."""

import torch
from torch import Tensor, nn

from humpcat.errors import SettingsError
from humpcat.imports import import_extra
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


class Warp(nn.Module):
    """Stretches pictures a little in training: as if a clip were faster, a voice higher, a recording louder.

    Drawn as :class:`SpecAugment` is. Time is cropped and stretched by up to ``share``, bands are stretched and shifted
    by up to a quarter of it, grey values scaled by up to three quarters.

    Args:
        share: how far; 0 for not at all.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, pictures: Tensor) -> Tensor:
        """Warp pictures of shape (batch, 1, height, width), grey values from 0 to 255, in training only."""
        if not (self.training and self.share):
            return pictures
        drawn = torch.rand(5, len(pictures), device=pictures.device)
        zoom = 1 - self.share * drawn[0]
        shift = (1 - zoom) * (2 * drawn[1] - 1)
        bands, raised = 0.25 * self.share * (2 * drawn[2:4] - 1)
        grey = 1 + 0.75 * self.share * (2 * drawn[4] - 1)
        none = torch.zeros_like(zoom)
        affine = torch.stack([torch.stack([zoom, none, shift], -1), torch.stack([none, 1 + bands, raised], -1)], 1)
        grid = nn.functional.affine_grid(affine, list(pictures.shape), align_corners=False)
        warped = nn.functional.grid_sample(pictures.float(), grid, padding_mode="border", align_corners=False)
        return (warped * grey[:, None, None, None]).clamp(0, 255)


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
    require_network(config.backbone)
    import timm

    trunk = timm.create_model(config.backbone, pretrained=False, in_chans=1, num_classes=0)
    return trunk, trunk.num_features


def require_network(name: str) -> None:
    """Make sure that a network of timm is there.

    Args:
        name: such as "resnet50".

    Raises:
        SettingsError: timm is not installed, or does not know the network.
    """
    timm = import_extra("timm", f"backbone '{name}'")
    if not timm.is_model(name):
        raise SettingsError(f"backbone '{name}' is unknown to timm: choose vacnn or one of timm's models.")
