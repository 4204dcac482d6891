"""What the benchmark compares: a system is one file of this folder, with a ``PictureSystem`` in its ``EXPORT``."""

from collections.abc import Sequence

from humpcat.benchmarks.vacnn.systems.paper import FULL
from humpcat.errors import SettingsError
from humpcat.registry import Registry
from humpcat.training.vacnn.systems import PictureSystem

SYSTEMS: Registry[PictureSystem] = Registry(
    "humpcat.benchmarks.vacnn.systems", "system", SettingsError, group="humpcat.picture_systems"
)
"""The systems that are known, in the order of the tables."""


def systems_named(names: Sequence[str]) -> tuple[PictureSystem, ...]:
    """Return the systems of these names, in the order of the tables.

    Raises:
        SettingsError: a name is unknown.

    Example:
        >>> [system.name for system in systems_named(["ResNet", "VACNN"])]
        ['VACNN', 'ResNet']
    """
    for name in names:
        if name not in SYSTEMS:
            raise SettingsError(f"--systems '{name}' is unknown: choose among {'; '.join(SYSTEMS.names())}.")
    return tuple(system for system in SYSTEMS if not names or system.name in names)


__all__ = ["FULL", "SYSTEMS", "systems_named"]
