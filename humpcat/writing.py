"""What cannot be written, in one sentence: which place, why, what is free there, what to do."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from humpcat.errors import HumpcatError, WritingError

_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NUMBER = re.compile(r"(?:os error|errno) (\d+)", re.IGNORECASE)
_TORCH = re.compile(r"PytorchStreamWriter failed|inline_container\.cc:\d+\] \. unexpected pos|iostream error")
"""All that torch says where a file cannot be written; it gives no reason."""


def reason_of(error: BaseException) -> str | None:
    """Return why something could not be written, None if that is not what an error says.

    Args:
        error: an error of the system, or of a library that writes by itself and tells of the system's in its text, as
            safetensors, pyarrow and torch do.

    Example:
        >>> reason_of(OSError(errno.ENOSPC, "No space left on device"))
        'No space left on device'
        >>> reason_of(RuntimeError("I/O error: No space left on device (os error 28)"))
        'No space left on device'
        >>> reason_of(RuntimeError("mat1 and mat2 cannot be multiplied")) is None
        True
    """
    if isinstance(error, HumpcatError):
        # Has its sentence already, whatever it quotes.
        return None
    if isinstance(error, FileExistsError) and error.filename:
        # What making a folder says of anything but a folder.
        link = Path(error.filename).is_symlink()
        return "a symbolic link that leads nowhere" if link else "a file, expected a folder"
    number = _number(error)
    if number is not None:
        return os.strerror(number)
    if isinstance(error, OSError):
        return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    if isinstance(error, ValueError) and "embedded null" in str(error):
        return "no path may hold NUL"
    return "torch could not write, and does not say why" if _TORCH.search(str(error)) else None


def is_full(error: BaseException) -> bool:
    """Return whether an error says that a disk, a quota or a limit of files is used up.

    Args:
        error: as for :func:`reason_of`.
    """
    return not isinstance(error, HumpcatError) and _number(error) in _SPACE


@contextmanager
def writing(place: str | Path, mend: str = "name another folder", needed: int | None = None) -> Iterator[None]:
    """Put it into one sentence where what is written in the block cannot be written.

    Blocks may be nested: the outermost that is of the same place, which knows best what a user named, gives the
    sentence.

    Args:
        place: the folder or file that is written.
        mend: what else to do where space cannot be freed there.
        needed: bytes that are written, where that is known.

    Raises:
        WritingError: it cannot be written to.

    Example:
        >>> with writing("/dev/null/features"):
        ...     Path("/dev/null/features").mkdir(parents=True)
        Traceback (most recent call last):
        humpcat.errors.WritingError: /dev/null/features: cannot be written (Not a directory): name another folder.
    """
    try:
        yield
    except WritingError as error:
        if not Path(error.place).is_relative_to(place):
            raise
        raise _told(place, mend, error.reason, error.needed or needed, full=error.full) from None
    except Exception as error:
        reason = reason_of(error)
        if reason is None:
            raise
        # torch gives no number; what is free says whether the disk is full.
        full = is_full(error) or (not isinstance(error, OSError) and has_no_room(place))
        raise _told(place, mend, reason, needed, full=full) from None


def retold(error: Exception, place: str | Path) -> WritingError:
    """Return the sentence of an error about another place, such as the one that is to be taken by what is written.

    Args:
        error: a WritingError, or one that :func:`is_full` knows.
        place: the folder or file that a user named.
    """
    if isinstance(error, WritingError):
        return _told(place, "name another folder", error.reason, error.needed, full=error.full)
    return _told(place, "name another folder", reason_of(error) or str(error), None, full=True)


def _told(place: str | Path, mend: str, reason: str, needed: int | None, *, full: bool) -> WritingError:
    if full:
        wanted = f"{_megabytes(needed)} are needed, " if needed else ""
        sentence = (
            f"{place}: cannot be written ({reason}; {wanted}{_megabytes(_free(Path(place)))} are free there): free "
            f"space there, or {mend}, and run the same command again, with --resume where it knows that: what is "
            "finished is kept."
        )
    else:
        sentence = f"{place}: cannot be written ({reason}): {mend}."
    error = WritingError(sentence)
    error.place, error.reason, error.needed, error.full = str(place), reason, needed, full
    return error


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _NUMBER.search(str(error))
    return int(found[1]) if found else None


def has_no_room(place: str | Path) -> bool:
    """Return whether less than a megabyte is free where a place lies or would lie.

    Args:
        place: a file or folder, which need not be there.
    """
    return _free(Path(place)) < 1 << 20


def _free(place: Path) -> int:
    """Return how many bytes are free where a place lies or would lie; 0 where that is not to be had."""
    for folder in (place, *place.parents):
        with suppress(OSError, ValueError):
            return shutil.disk_usage(folder).free
    return 0


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
