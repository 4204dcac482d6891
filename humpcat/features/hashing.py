"""Hashes of audio files: in threads, and not again where a file is as it was.

What is remembered of a file is its path, its size, and when its content and its record on the disk were last changed;
whoever edits a file and sets its time back still changes the latter. A file that was changed a moment ago is hashed
every time, as a clock may be too coarse to tell the next change from this one. Windows has no such time of a record,
and there nothing is remembered.
"""

import os
import time
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from humpcat import audio
from humpcat.decoding import sentences
from humpcat.device import cores
from humpcat.errors import AudioError, WritingError
from humpcat.files import replacing
from humpcat.segment import segment_of

SETTLED_NS = 2_000_000_000
"""Nanoseconds for which a file must not have been changed, to be remembered."""

MOST_TABLES = 16
"""Tables of what is remembered, above which they are made one."""

SCHEMA = pa.schema(
    {
        "path": pa.large_binary(),
        "size": pa.int64(),
        "modified": pa.int64(),
        "changed": pa.int64(),
        "fingerprint": pa.string(),
    }
)

_UNREADABLE = (OSError, pa.ArrowException, LookupError, ValueError, TypeError)


class FileState(NamedTuple):
    """What a file is known by, without being read.

    Attributes:
        size: bytes.
        modified: when its content was last changed, in nanoseconds.
        changed: when its content, its name or its permissions were last changed, in nanoseconds.
    """

    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, path: str) -> "FileState | None":
        """Return the state of a file, or of that which a part is of; None where there is none."""
        segment = segment_of(path)
        try:
            found = Path(segment.path if segment else path).stat()
        except (OSError, ValueError):
            return None
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def settled(self, now: int) -> bool:
        """Return whether a change after a time, in nanoseconds, will be seen."""
        return os.name != "nt" and max(self.modified, self.changed) + SETTLED_NS < now


def hashes_of(paths: Iterable[str], folder: Path) -> dict[str, str | AudioError]:
    """Return the hash of each file, or why it has none.

    Args:
        paths: files, or parts of files.
        folder: where hashes are remembered; they are not if it cannot be written.

    Returns:
        Path to :func:`humpcat.audio.fingerprint` of it, or to the error that says why it cannot be read.
    """
    wanted = list(dict.fromkeys(paths))
    known = _Known(folder)
    found: dict[str, str | AudioError] = {}
    remembered: dict[str, tuple[FileState, str]] = {}
    now = time.time_ns()
    with ThreadPoolExecutor(cores()) as threads:
        states = dict(zip(wanted, threads.map(FileState.of, wanted), strict=True))
        found |= known.hashes(states)
        new = [path for path in wanted if path not in found]
        for path, hashed in zip(new, threads.map(_hash, new), strict=True):
            found[path] = hashed
            state = states[path]
            if isinstance(hashed, str) and state is not None and state.settled(now):
                remembered[path] = (state, hashed)
    known.add(remembered)
    return found


def _hash(path: str) -> str | AudioError:
    try:
        return audio.fingerprint(path)
    except AudioError as error:
        # Its frames hold what was decoded.
        return error.with_traceback(None)
    except MemoryError:
        return sentences.too_large(path)


class _Known:
    """What is remembered in a folder, the newest first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables = sorted(folder.glob("*.arrow"), reverse=True)
        read = [table for path in self.tables if (table := _read(path)) is not None]
        self.rows = pa.concat_tables([*read, SCHEMA.empty_table()]).combine_chunks()

    def hashes(self, states: Mapping[str, FileState | None]) -> dict[str, str]:
        """Return the hashes of the files that are as they were."""
        if not len(self.rows):
            return {}
        keys = pa.array([_key(path) for path in states], pa.large_binary())
        places = pc.index_in(keys, value_set=self.rows["path"])
        rows = self.rows.take(places).select(["size", "modified", "changed", "fingerprint"]).to_pylist()
        return {
            path: row["fingerprint"]
            for (path, state), row in zip(states.items(), rows, strict=True)
            if state is not None and state == (row["size"], row["modified"], row["changed"])
        }

    def add(self, found: Mapping[str, tuple[FileState, str]]) -> None:
        """Remember the hashes of files."""
        if not found:
            return
        rows = [[_key(path), *state, hashed] for path, (state, hashed) in found.items()]
        columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), SCHEMA, strict=True)]
        new = pa.Table.from_arrays(columns, schema=SCHEMA)
        replaced = self.tables if len(self.tables) >= MOST_TABLES else []
        if replaced:
            kept = pc.invert(pc.is_in(self.rows["path"], value_set=new["path"]))
            new = pa.concat_tables([new, self.rows.filter(kept)])
        path = self.folder / f"{time.time_ns():020d}-{uuid.uuid4().hex}.arrow"
        # Whatever keeps them from being written, they can be had again.
        with suppress(WritingError):
            with (
                replacing(path) as draft,
                draft.open("wb") as sink,
                pa.ipc.new_file(sink, SCHEMA) as writer,
            ):
                writer.write_table(new)
            for old in replaced:
                with suppress(OSError):
                    old.unlink()


def _read(path: Path) -> pa.Table | None:
    """Return a table of what is remembered, None where it is gone or damaged."""
    try:
        with path.open("rb") as file, pa.ipc.open_file(file) as reader:
            table = reader.read_all().cast(SCHEMA)
        table.validate(full=True)
    except _UNREADABLE:
        return None
    return table


def _key(path: str) -> bytes:
    return os.fsencode(Path(path).absolute())
