"""Which recordings a command line names: files, folders, patterns, a list on standard input, a table."""

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from humpcat.corpora.files import audio_files
from humpcat.corpora.own.columns import column_roles
from humpcat.corpora.own.table import SUFFIXES as TABLES
from humpcat.corpora.own.table import read_table, table_clips
from humpcat.corpora.scan import shortened
from humpcat.errors import CorpusError
from humpcat.files import is_folder
from humpcat.segment import address

STANDARD_INPUT = "-"
"""What stands for a list on standard input, one file a line."""


_PATHS = ("path", "file")
"""Columns that name recordings; the second is what tables of answers have."""


def named_files(arguments: Sequence[str], standard_input: TextIO) -> list[str]:
    """Return the recordings that arguments name, in their order.

    What is none of these is returned as it is, and refused where it is decoded, so that the others go on.

    Args:
        arguments: files, folders (all audio and video below), patterns such as ``calls/*.wav`` that no shell resolved,
            tables with a column ``path`` or ``file`` and, for parts of files, ``start`` and ``end``; "-" for a list on
            standard input, one a line.
        standard_input: where "-" reads.

    Raises:
        CorpusError: a folder or pattern holds no audio, or a table cannot be read.

    Example:
        >>> import io
        >>> named_files(["a.wav", "-"], io.StringIO("b.wav\\n\\nc d.wav\\n"))
        ['a.wav', 'b.wav', 'c d.wav']
    """
    return [path for argument in arguments for path in _named(argument, standard_input)]


def _named(argument: str, standard_input: TextIO) -> Iterator[str]:
    if argument == STANDARD_INPUT:
        yield from (line.rstrip("\r\n") for line in standard_input if line.strip())
    elif is_folder(argument):
        yield from _below(argument)
    elif _is_file(argument):
        yield from _of_table(Path(argument)) if Path(argument).suffix.lower() in TABLES else (argument,)
    elif glob.has_magic(argument):
        yield from _matching(argument)
    else:
        yield argument


def _below(folder: str) -> Iterator[str]:
    found = [str(path) for path in audio_files(Path(folder), videos=True)]
    if not found:
        raise CorpusError(f"{folder}: holds no audio, expected a folder of clips: name another.")
    yield from found


def _matching(pattern: str) -> Iterator[str]:
    # Path.glob takes no absolute pattern.
    found = sorted(path for path in glob.glob(pattern, recursive=True) if _is_file(path))  # noqa: PTH207
    if not found:
        raise CorpusError(f"{pattern}: matches no file here: check the pattern; ** stands for any number of folders.")
    yield from found


def _of_table(table: Path) -> Iterator[str]:
    """Yield the parts of files that a table names; relative paths begin where the table lies."""
    columns, records = read_table(table)
    paths = [name for name in columns if name.lower() in _PATHS]
    if not paths:
        expected = " or ".join(_PATHS)
        raise CorpusError(
            f"{table}: has no column {expected}, found {shortened(columns, 20)}: rename the one that holds it."
        )
    roles = column_roles(str(table), columns, {"path": paths[0]}, labelled=False)
    clips, _ = table_clips(str(table), table.parent, records, roles)
    for clip in clips:
        if clip.fault or clip.file is None:
            raise CorpusError(f"{table}: {clip.where}: {clip.fault or 'names no file'}: mend the table.")
        yield address(table.parent / clip.file, clip.start, clip.end)


def _is_file(place: str) -> bool:
    try:
        return Path(place).is_file()
    # Too long for a path, or with a zero byte in it.
    except (OSError, ValueError):
        return False
