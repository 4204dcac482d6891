"""Situations of a target: what lies there without labels, as it comes.

A tidy target has every speaker's clips of every class, nothing else, and says who speaks. Here are targets that have
not. Each situation is a named function from rows to rows, as they come; a file that ends in
``EXPORT = (Situation(...),)`` adds to them, here, in a folder ``situations`` of ``HUMPCAT_PLUGINS`` or behind an entry
point ``humpcat.situations``.
"""

from humpcat.errors import SettingsError
from humpcat.keywords import name_unknown_keywords
from humpcat.protocols.situations.base import RECORDING, TIDY, Situation, load_tidy, situation_of
from humpcat.registry import Registry

SITUATIONS: Registry[Situation] = Registry(
    "humpcat.protocols.situations", "situation", SettingsError, group="humpcat.situations"
)
"""Every situation that a file of this folder or a plugin exports, by name."""

__all__ = ["RECORDING", "SITUATIONS", "TIDY", "Situation", "load_tidy", "situation_of"]

name_unknown_keywords(globals(), __all__)
