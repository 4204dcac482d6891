"""What can be chosen in the network by name: streams, kinds of fusion and of pooling, one file each."""

from typing import TYPE_CHECKING, Any

from humpcat.errors import SettingsError
from humpcat.registry import Registry

if TYPE_CHECKING:
    from torch import nn

STREAMS: Registry[Any] = Registry("humpcat.models.humpcat.streams", "stream", SettingsError, group="humpcat.streams")
"""What the network can read, see :class:`humpcat.models.humpcat.streams.base.Stream`."""

FUSIONS: "Registry[type[nn.Module]]" = Registry(
    "humpcat.models.humpcat.fusion", "fusion", SettingsError, group="humpcat.fusions"
)
"""Layers by which one stream is updated from another, see :class:`humpcat.models.humpcat.fusion.base.FusionLayer`."""

POOLINGS: "Registry[type[nn.Module]]" = Registry(
    "humpcat.models.humpcat.pooling", "pooling", SettingsError, group="humpcat.poolings"
)
"""Modules that make one vector of a stream, such as those of :mod:`humpcat.models.humpcat.pooling.statistics`."""
