"""What a recording may have done to it: silence around it, another level, another band, noise, codecs, a room, speed.

Each distortion is a named function of a waveform and a seeded generator. One file holds a family; a file that ends in
``EXPORT = (Distortion(...),)`` adds to them, here, in a folder ``distortions`` of ``HUMPCAT_PLUGINS`` or behind an
entry point ``humpcat.distortions``.
"""

from humpcat.distortions.base import Distortion, generator_of
from humpcat.errors import SettingsError
from humpcat.keywords import name_unknown_keywords
from humpcat.registry import Registry

DISTORTIONS: Registry[Distortion] = Registry("humpcat.distortions", "distortion", SettingsError)
"""Every distortion that a file of this folder or a plugin exports, by name."""

__all__ = ["DISTORTIONS", "Distortion", "generator_of"]

name_unknown_keywords(globals(), __all__)
