"""The cache folder: where everything lies that can be computed or fetched again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from humpcat.errors import HumpcatError
from humpcat.files import try_writing
from humpcat.writing import writing

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


@contextmanager
def kept_in(folder: Path, named_by: str | None = None, variable: str = CACHE_VARIABLE) -> Iterator[None]:
    """Put it into one sentence where what is written in the block cannot be written.

    Args:
        folder: what is written to.
        named_by: the setting that named the folder, such as ``--store``; None where it is the cache's own.
        variable: the variable that names the cache.

    Raises:
        WritingError: it cannot be written to; the sentence names the variable or the setting.

    Example:
        >>> with kept_in(Path("/dev/null/features")):
        ...     Path("/dev/null/features").mkdir(parents=True)
        Traceback (most recent call last):
        humpcat.errors.WritingError: /dev/null/features: cannot be written (Not a directory): set HUMPCAT_CACHE to a \
folder that can be.
    """
    mend = f"name another folder by {named_by}" if named_by else f"set {variable} to a folder that can be"
    with writing(folder, mend):
        yield


def require_writable(folder: Path, named_by: str | None = None) -> None:
    """Make a folder and make sure that files can be written to it: before the work, not after it.

    Args:
        folder: the folder.
        named_by: as for :func:`kept_in`.

    Raises:
        WritingError: it cannot be written to.
    """
    with kept_in(folder, named_by):
        try_writing(folder)
