"""Source models that come with humpcat; ``recipes/make_pretrained.py`` makes them (see NOTICE for what they learnt).

``mini`` has its encoder with it and needs no network. ``cremad-whisper-base`` reads an encoder that the hub has.
"""

from pathlib import Path

NAMES = ("mini", "cremad-whisper-base")
"""The models, first the one that is used where none is named."""

_OWNER = "humpcat/"


def pretrained(name: str = NAMES[0]) -> Path:
    """Return the folder of a source model that comes with humpcat.

    Args:
        name: one of ``NAMES``.

    Example:
        >>> pretrained().name
        'mini'
    """
    return Path(__file__).parent / name


def place_of(model: str | Path | None) -> str:
    """Return where a model lies: one that comes with humpcat within it, any other where it is said to lie.

    Args:
        model: a folder, a hub name, or one of ``NAMES``, with ``humpcat/`` before it or without; None for the first
            of these. A folder of one's own that is called so is named by its absolute path.

    Example:
        >>> place_of("runs/mine"), place_of(None) == place_of("mini") == place_of("humpcat/mini") == str(pretrained())
        ('runs/mine', True)
    """
    if model is None:
        return str(pretrained())
    name = str(model).removeprefix(_OWNER)
    return str(pretrained(name)) if name in NAMES else str(model)
