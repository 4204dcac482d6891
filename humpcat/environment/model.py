"""The model that comes with humpcat, and whether the encoder that it needs is on this machine."""

from dataclasses import dataclass
from pathlib import Path

from humpcat.errors import HumpcatError
from humpcat.files import read_json
from humpcat.hub import cached_folder
from humpcat.pretrained import NAME, pretrained

FILES = ("config.json", "model.safetensors", "preprocessor_config.json")


@dataclass(frozen=True)
class ShippedModel:
    """The model that commands use where none is named.

    Attributes:
        name: its name.
        missing: those of its files that are not there.
        encoder: hub name of the encoder that it needs; None if its configuration cannot be read.
        encoder_cached: whether that is in the hub's cache; None if this cannot be known.
    """

    name: str
    missing: tuple[str, ...]
    encoder: str | None
    encoder_cached: bool | None


def shipped_model(folder: Path | None = None) -> ShippedModel:
    """Return what is found of the model that comes with humpcat.

    Args:
        folder: where it lies; within humpcat by default.
    """
    folder = folder or pretrained()
    try:
        encoder = str(read_json(folder / "config.json")["encoder"])
    except (HumpcatError, KeyError):
        encoder = None
    return ShippedModel(
        name=NAME,
        missing=tuple(name for name in FILES if not (folder / name).is_file()),
        encoder=encoder,
        encoder_cached=_is_cached(encoder) if encoder else None,
    )


def _is_cached(encoder: str) -> bool | None:
    try:
        return cached_folder(encoder) is not None
    # Whatever a broken package or an unreadable cache raises: nothing is known then.
    except Exception:
        return None
