"""What the papers printed, a TOML file each: read here, and typed where a benchmark uses it."""

import tomllib
from importlib.resources import files
from typing import Any


def printed(paper: str) -> dict[str, Any]:
    """Return the figures of a paper.

    Args:
        paper: name of its file without the ending, such as "vacnn".

    Example:
        >>> printed("humpcat")["mean"]["accuracy"]
        78.75
    """
    return tomllib.loads(files(__name__).joinpath(f"{paper}.toml").read_text(encoding="utf-8"))
