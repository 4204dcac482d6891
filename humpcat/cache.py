"""The cache folder: where everything lies that can be computed or fetched again."""

import os
from pathlib import Path

from humpcat.errors import HumpcatError

CACHE_VARIABLE = "HUMPCAT_CACHE"
"""Environment variable that names the cache folder; ``~/.cache/humpcat`` without it."""


def cache_folder() -> Path:
    """Return the folder for what can be computed again.

    Raises:
        HumpcatError: neither the variable nor a home folder says where.
    """
    named = os.environ.get(CACHE_VARIABLE)
    try:
        return Path(named) if named else Path.home() / ".cache" / "humpcat"
    except RuntimeError:
        raise HumpcatError(
            f"{CACHE_VARIABLE} is not set and this user has no home folder: set {CACHE_VARIABLE} to a folder for what "
            "humpcat keeps."
        ) from None


def store_folder() -> Path:
    """Return the folder of the feature store where none was asked for.

    Raises:
        HumpcatError: see :func:`cache_folder`.
    """
    return cache_folder() / "features"
