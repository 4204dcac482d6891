"""The folders that humpcat keeps things in: where they are, how large, and whether they can be written to."""

import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

WALK_SECONDS = 10.0
"""How long the files of one folder are counted; a store of millions of clips holds more than what was counted."""


@dataclass(frozen=True)
class Folder:
    """A folder, and what is found of it.

    Attributes:
        path: where it is; None if that cannot be known.
        exists: whether it is there; what humpcat writes to is made when it is first needed.
        bytes: what its files hold, links not followed.
        files: how many files there are.
        complete: whether all files were counted; False if time ran out or a folder cannot be read.
        writable: whether it can be written to, or made where it is not there yet.
        free_bytes: room on its disk; None if that is not known.
        problem: what is wrong with it; None if nothing is.
    """

    path: str | None
    exists: bool = False
    bytes: int = 0
    files: int = 0
    complete: bool = True
    writable: bool = False
    free_bytes: int | None = None
    problem: str | None = None


def examine_folder(path: Path, seconds: float = WALK_SECONDS) -> Folder:
    """Return what there is to say of a folder; nothing is made.

    Args:
        path: the folder, which need not be there.
        seconds: how long its files are counted.

    Example:
        >>> examine_folder(Path("/no/such/folder")).exists
        False
    """
    try:
        # Of a folder that is not there yet, the one that it would be made in.
        nearest = next(place for place in (path, *path.absolute().parents) if place.exists())
    except OSError as error:
        return Folder(str(path), complete=False, problem=f"it cannot be looked at ({error.strerror})")
    if not nearest.is_dir():
        return Folder(str(path), problem=f"{nearest} is a file")
    count = _Count(seconds)
    if nearest == path:
        count.walk(path)
    writable = _is_writable(nearest, there=nearest == path)
    return Folder(
        path=str(path),
        exists=nearest == path,
        bytes=count.bytes,
        files=count.files,
        complete=count.complete,
        writable=writable,
        free_bytes=_free(nearest),
        problem=count.problem or (None if writable else "it cannot be written to"),
    )


class _Count:
    """Files and bytes below a folder, counted until time runs out."""

    def __init__(self, seconds: float) -> None:
        self.bytes = self.files = 0
        self.complete = True
        self.problem: str | None = None
        self._end = time.monotonic() + seconds

    def walk(self, root: Path) -> None:
        for folder, _, names in os.walk(root, onerror=self._unreadable):
            for name in names:
                if time.monotonic() > self._end:
                    self.complete = False
                    return
                try:
                    self.bytes += Path(folder, name).lstat().st_size
                except OSError:
                    # Another process has removed it in between.
                    continue
                self.files += 1

    def _unreadable(self, error: OSError) -> None:
        self.complete = False
        self.problem = f"{error.filename} cannot be read ({error.strerror})"


def _is_writable(folder: Path, *, there: bool) -> bool:
    if not there:
        return os.access(folder, os.W_OK | os.X_OK)
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
