"""Files that are whole or not there: written beside their place and moved into it."""

import errno
import json
import os
import re
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from humpcat.errors import HumpcatError
from humpcat.shown import json_text
from humpcat.writing import writing

LARGEST = 1 << 29
"""Bytes of the largest file that is read at once; a ledger of a million clips has a quarter of it."""

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
    return not _HUB_NAME.fullmatch(place) or (len(parts) > 1 and is_folder(parts[0]))


def is_folder(place: str | Path) -> bool:
    """Return whether there is a folder; what is no path at all, such as one that is too long, is none.

    Args:
        place: a path, or a name of the hub.

    Example:
        >>> is_folder("."), is_folder("x" * 5000), is_folder("a\\0b")
        (True, False, False)
    """
    try:
        return Path(place).is_dir()
    except (OSError, ValueError):
        return False


def resolved(path: str | Path) -> Path:
    """Return the absolute path without symbolic links; those that lead in a circle stay, where pathlib would fail.

    Args:
        path: a path that a user named.

    Example:
        >>> resolved("/dev/../dev/null")
        PosixPath('/dev/null')
    """
    return Path(os.path.realpath(path))


def absence(path: str | Path, kind: str = "folder", lead: str = "") -> str:
    """Say why there is no file or folder where one was named.

    Args:
        path: what was named, which is no such thing.
        kind: "file", "folder", or both in words.
        lead: what stands before "no such".

    Example:
        >>> absence("/dev/null"), absence("/dev/null/below", "file"), absence("/dev", "file")
        ('is a file, expected a folder', 'no such file', 'is a folder, expected a file')
    """
    path = Path(path)
    try:
        path.stat()
    except PermissionError:
        return "cannot be looked at (Permission denied)"
    except (OSError, RuntimeError, ValueError) as error:
        if getattr(error, "errno", None) == errno.ELOOP:
            return f"{lead}no such {kind}, but a symbolic link that leads in a circle"
        if getattr(error, "errno", None) == errno.ENOENT and path.is_symlink():
            return f"{lead}no such {kind}, but a symbolic link that leads nowhere"
        return f"{lead}no such {kind}"
    other = "folder" if path.is_dir() else "file"
    return f"{lead}no such {kind}" if other in kind else f"is a {other}, expected a {kind}"


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
def replacing(path: str | Path, needed: int | None = None) -> Iterator[Path]:
    """Give a path to write to; on success it takes the place of ``path`` in one step, on an error it is removed.

    Args:
        path: where the file shall lie; missing folders are made.
        needed: bytes that will be written, where that is known, for the sentence about a full disk.

    Yields:
        An empty file in the same folder.

    Raises:
        WritingError: the disk is full, or the file cannot be written for another reason.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with replacing(Path(folder, "a.txt")) as draft:
        ...         _ = draft.write_text("done")
        ...     [child.name for child in Path(folder).iterdir()]
        ['a.txt']
    """
    path = Path(path)
    # A name of its own for every writer: two processes that write the same file never share a draft.
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    with writing(path, needed=needed):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.touch()
            mode = draft.stat().st_mode
            yield draft
            # safetensors puts a file of its own there, which nobody else may read.
            draft.chmod(mode)
            draft.replace(path)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def share_as_usual(folder: str | Path, pattern: str = "*.safetensors") -> None:
    """Give files the permissions that any new file has; safetensors makes them readable to nobody else.

    Args:
        folder: the folder that they lie in.
        pattern: which of its files.
    """
    files = list(Path(folder).glob(pattern))
    if files:
        usual = Path(folder, f".{uuid.uuid4().hex}.part")
        usual.touch()
        mode = usual.stat().st_mode
        usual.unlink()
        for file in files:
            file.chmod(mode)


def write_text(path: str | Path, text: str) -> None:
    """Write a page of text, atomically.

    Args:
        path: where the file shall lie.
        text: what it holds; what no UTF-8 can hold, such as the name of a file in another encoding, is escaped.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: str | Path, value: Any) -> None:
    """Write JSON that a person can read, atomically.

    Args:
        path: where the file shall lie.
        value: plain dicts, lists, strings and numbers.
    """
    write_bytes(path, (json_text(value, indent=1) + "\n").encode("utf-8"))


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write bytes, atomically.

    Args:
        path: where the file shall lie.
        content: its content.
    """
    with replacing(path, needed=len(content)) as draft:
        draft.write_bytes(content)


def read_file(path: str | Path, error: type[HumpcatError] = HumpcatError, most: int = LARGEST) -> bytes:
    """Read a file, and nothing that only looks like one: a pipe or a device would be waited for, or never end.

    Args:
        path: the file.
        error: raised where it cannot be read.
        most: bytes that it may have.

    Raises:
        HumpcatError: it is missing, no file, too large, or cannot be read; ``error``, if that was given.
    """
    try:
        found = Path(path).stat()
        if stat.S_ISDIR(found.st_mode):
            raise error(f"{path}: {absence(path, 'file')}: name a file.")
        if kind := special_kind(found.st_mode):
            raise error(f"{path}: is a {kind}, expected a file: name a file.")
        if found.st_size > most:
            raise error(f"{path}: holds {found.st_size} bytes, expected at most {most}: name another file.")
        return Path(path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise error(f"{path}: {absence(path, 'file')}: check the path.") from None
    except OSError as reason:
        raise error(f"{path}: cannot be read ({reason.strerror}): name a file that can be.") from None
    except ValueError as reason:
        if isinstance(reason, HumpcatError):
            raise
        raise error(f"{path}: is no path ({reason}): check it.") from None


def read_json(path: str | Path, error: type[HumpcatError] = HumpcatError) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Args:
        path: the file.
        error: raised where the file cannot be used.

    Raises:
        HumpcatError: the file is missing, cannot be read, or is not a JSON object, or names something twice;
            ``error``, if that was given.
    """
    content = read_file(path, error)
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_named_once)
    except ValueError as reason:
        raise error(f"{path}: is not JSON ({reason}): write it again.") from None
    except RecursionError:
        raise error(f"{path}: is not JSON that can be read (nested too deeply): write it again.") from None
    if not isinstance(value, dict):
        raise error(f"{path}: holds a JSON {type(value).__name__}, expected an object: write it again.")
    return value


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"names {twice[:60]!r} twice")
    return value
