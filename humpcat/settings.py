"""How a setting is declared: a field of a dataclass with the text that ``--help`` shows."""

from dataclasses import field
from typing import Any


def flag(name: str) -> str:
    """Return how a setting is written on the command line.

    Example:
        >>> flag("tuned_layers")
        '--tuned-layers'
    """
    return "--" + name.replace("_", "-")


def setting(default: Any, text: str) -> Any:
    """Return a dataclass field with the text that ``--help`` shows.

    Args:
        default: the default; a list is copied for each instance.
        text: what the setting does.
    """
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata={"help": text})
    return field(default=default, metadata={"help": text})
