"""The systems that the paper compares (Sensors 2020, 20, 5559, tables 3 and 10)."""

from humpcat.errors import SettingsError
from humpcat.training.vacnn.systems import PictureSystem

FULL = "VACNN + BOVW"

SYSTEMS = (
    PictureSystem(FULL, bovw=True),
    PictureSystem(f"{FULL}, pure", pretrained=False, bovw=True),
    PictureSystem("VACNN (CBAM) + BOVW", bovw=True, attention="cbam"),
    PictureSystem("VACNN"),
    PictureSystem("ResNet", backbone="resnet"),
    PictureSystem("MobileNet", backbone="mobilenet"),
    PictureSystem("Inception v3", backbone="inception"),
)
"""All systems, in the order of the tables."""


def systems_named(names: list[str]) -> tuple[PictureSystem, ...]:
    """Return the systems of these names, in the paper's order.

    Args:
        names: as in ``SYSTEMS``; none means all.

    Raises:
        SettingsError: a name is unknown.

    Example:
        >>> [system.name for system in systems_named(["ResNet", "VACNN"])]
        ['VACNN', 'ResNet']
    """
    known = [system.name for system in SYSTEMS]
    for name in names:
        if name not in known:
            raise SettingsError(f"system '{name}' is unknown: choose among {'; '.join(known)}.")
    return tuple(system for system in SYSTEMS if not names or system.name in names)
