"""Files that are whole or not there: written beside their place and moved into it."""

import json
import re
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from humpcat.errors import HumpcatError
from humpcat.shown import json_text

_KINDS = (
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
    (lambda mode: True, "special file"),
)

_HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")


def is_path(place: str) -> bool:
    """Return whether what a user named can only be a path, so that the hub need not be asked for it.

    Args:
        place: a path, or a name of the hub.

    Example:
        >>> [is_path(place) for place in ("openai/whisper-base", "../whisper-base", "/data/whisper-base", "a/b/c")]
        [False, True, True, True]
    """
    parts = Path(place).parts
    # A folder of the first part's name makes a mistyped path likelier than somebody of that name.
    return not _HUB_NAME.fullmatch(place) or (len(parts) > 1 and Path(parts[0]).is_dir())


def try_writing(folder: str | Path) -> None:
    """Make a folder and write a file there for a moment.

    Permissions say nothing of a disk that is full or mounted for reading, nor of what root may do.

    Args:
        folder: the folder.

    Raises:
        OSError: it is no folder, or cannot be made or written to.
        ValueError: its path holds a NUL.

    Example:
        >>> try_writing("/dev/null/below")
        Traceback (most recent call last):
        NotADirectoryError: [Errno 20] Not a directory: '/dev/null/below'
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    # Without a name where the system allows it, so that a kill leaves nothing behind.
    with TemporaryFile(dir=folder) as trial:
        trial.write(bytes(4096))
        trial.flush()


def special_kind(mode: int) -> str | None:
    """Return what is no file and no folder, None for these: it would be waited for, or never end.

    Args:
        mode: as ``stat`` gives it.

    Example:
        >>> special_kind(Path("/dev/null").stat().st_mode)
        'device'
    """
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return next(word for is_kind, word in _KINDS if is_kind(mode))


def refuse_special(path: Path, expected: str, error: type[HumpcatError] = HumpcatError) -> None:
    """Refuse a pipe, a socket or a device before anything waits for it; what is not there is told by who opens it.

    Args:
        path: what is to be read.
        expected: what it should be, such as "a table".
        error: raised where it is something else.

    Raises:
        HumpcatError: it is something else; ``error``, if that was given.

    Example:
        >>> refuse_special(Path("/dev/null"), "a table")
        Traceback (most recent call last):
        humpcat.errors.HumpcatError: /dev/null: is a device, expected a table: name a file.
    """
    try:
        kind = special_kind(path.stat().st_mode)
    except (OSError, ValueError):
        return
    if kind is not None:
        raise error(f"{path}: is a {kind}, expected {expected}: name a file.")


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a path to write to; on success it takes the place of ``path`` in one step, on an error it is removed.

    Args:
        path: where the file shall lie; missing folders are made.

    Yields:
        A path in the same folder.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with replacing(Path(folder, "a.txt")) as draft:
        ...         _ = draft.write_text("done")
        ...     [child.name for child in Path(folder).iterdir()]
        ['a.txt']
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own for every writer: two processes that write the same file never share a draft.
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a page of text, atomically.

    Args:
        path: where the file shall lie.
        text: what it holds; what no UTF-8 can hold, such as the name of a file in another encoding, is escaped.
    """
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: str | Path, value: Any) -> None:
    """Write JSON that a person can read, atomically.

    Args:
        path: where the file shall lie.
        value: plain dicts, lists, strings and numbers.
    """
    with replacing(path) as draft:
        draft.write_text(json_text(value, indent=1) + "\n", encoding="utf-8")


def read_json(path: str | Path, error: type[HumpcatError] = HumpcatError) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Args:
        path: the file.
        error: raised where the file cannot be used.

    Raises:
        HumpcatError: the file is missing, cannot be read, or is not a JSON object; ``error``, if that was given.
    """
    refuse_special(Path(path), "a JSON file", error)
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error(f"{path}: no such file: check the path.") from None
    except OSError as reason:
        raise error(f"{path}: cannot be read ({reason.strerror}): name a file that can be.") from None
    except ValueError as reason:
        raise error(f"{path}: is not JSON ({reason}): write it again.") from None
    except RecursionError:
        raise error(f"{path}: is not JSON that can be read (nested too deeply): write it again.") from None
    if not isinstance(value, dict):
        raise error(f"{path}: holds a JSON {type(value).__name__}, expected an object: write it again.")
    return value
