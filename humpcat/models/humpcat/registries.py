"""What can be chosen in the network by name: kinds of fusion and of pooling, one file each in their folders."""

from typing import TYPE_CHECKING

from humpcat.errors import SettingsError
from humpcat.registry import Registry

if TYPE_CHECKING:
    from torch import nn

FUSIONS: "Registry[type[nn.Module]]" = Registry(
    "humpcat.models.humpcat.fusion", "fusion", SettingsError, group="humpcat.fusions"
)
"""Layers by which one stream is updated from another, see :class:`humpcat.models.humpcat.fusion.base.FusionLayer`."""

POOLINGS: "Registry[type[nn.Module]]" = Registry(
    "humpcat.models.humpcat.pooling", "pooling", SettingsError, group="humpcat.poolings"
)
"""Modules that make one vector of a stream, such as those of :mod:`humpcat.models.humpcat.pooling.statistics`."""
