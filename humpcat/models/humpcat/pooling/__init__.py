"""How a stream becomes one vector, one file a kind; a file that ends in ``EXPORT = (MyPooling,)`` adds one."""

from typing import TYPE_CHECKING

from humpcat.errors import SettingsError
from humpcat.registry import Registry

if TYPE_CHECKING:
    from humpcat.models.humpcat.pooling.statistics import StatisticsPooling

POOLINGS: "Registry[type[StatisticsPooling]]" = Registry("humpcat.models.humpcat.pooling", "pooling", SettingsError)
