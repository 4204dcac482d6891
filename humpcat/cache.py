"""The cache folder: where everything lies that can be computed or fetched again."""

import os
from pathlib import Path

CACHE_VARIABLE = "HUMPCAT_CACHE"
"""Environment variable that names the cache folder; ``~/.cache/humpcat`` without it."""


def cache_folder() -> Path:
    """Return the folder for what can be computed again."""
    return Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "humpcat")
