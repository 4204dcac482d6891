"""How streams are fused, one file a kind; a file that ends in ``EXPORT = (MyLayer,)`` adds one."""

from typing import TYPE_CHECKING

from humpcat.errors import SettingsError
from humpcat.registry import Registry

if TYPE_CHECKING:
    from humpcat.models.humpcat.fusion.base import FusionLayer

FUSIONS: "Registry[type[FusionLayer]]" = Registry("humpcat.models.humpcat.fusion", "fusion", SettingsError)
