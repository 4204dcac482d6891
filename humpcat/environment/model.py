"""The model that commands use where none is named, and whether all of it is there."""

from dataclasses import dataclass
from pathlib import Path

from humpcat.pretrained import NAMES, pretrained

_WEIGHTS = ("config.json", "model.safetensors", "preprocessor_config.json")
FILES = (*_WEIGHTS, *(f"encoder/{name}" for name in _WEIGHTS))


@dataclass(frozen=True)
class ShippedModel:
    """The model that commands use where none is named.

    Attributes:
        name: its name.
        missing: those of its files that are not there, its encoder's among them.
    """

    name: str
    missing: tuple[str, ...]


def shipped_model(folder: Path | None = None) -> ShippedModel:
    """Return what is found of the model that comes with humpcat.

    Args:
        folder: where it lies; within humpcat by default.
    """
    folder = folder or pretrained()
    return ShippedModel(name=NAMES[0], missing=tuple(name for name in FILES if not (folder / name).is_file()))
