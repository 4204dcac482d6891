"""Shards: Arrow files that each hold the arrays of many clips.

A shard is written beside its place, renamed into it, and never changed afterwards. So any number of processes and
machines may write to one folder and read from it: each writes shards of its own, and a reader sees all of a shard or
nothing. A row is a clip. Beside each array stands a checksum of it and of all that says what it is, so that damage, or
what belongs to another clip or extractor, is never taken for a clip's features.
"""

import mmap
import time
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import xxhash

from humpcat.features.base import Arrays
from humpcat.files import replacing

PATTERN = "*.arrow"

SCHEMA = pa.schema(
    {
        "clip": pa.string(),
        "arrays": pa.list_(
            pa.struct(
                {
                    "name": pa.string(),
                    "type": pa.string(),
                    "shape": pa.list_(pa.int64()),
                    "checksum": pa.uint64(),
                    "values": pa.large_binary(),
                }
            )
        ),
    }
)

_OPEN_AT_ONCE = 128
"""Shards that a process keeps mapped: each is an open file, of which a system allows about a thousand."""

_DAMAGED = (pa.ArrowInvalid, ValueError, TypeError, LookupError, AttributeError)
_REFUSED = (OSError, MemoryError, pa.ArrowException)


class Entry(NamedTuple):
    """Where the arrays of a clip lie.

    Attributes:
        shard: path of the shard.
        row: the clip's row in it.
        clip: hash of the clip's audio.
    """

    shard: Path
    row: int
    clip: str

    def read(self, only: str | None = None) -> Arrays | None:
        """Return copies of the clip's arrays, None where they are gone, damaged, or another clip's or extractor's.

        Args:
            only: name of a single array to read, the others stay on disk; an empty mapping where it is not there.
        """
        try:
            return _mapped(self.shard).arrays(self.row, self.clip, only)
        except (*_DAMAGED, *_REFUSED):
            return None


def write_shard(folder: Path, arrays: Mapping[str, Arrays]) -> Path:
    """Write the arrays of some clips as one shard.

    Args:
        folder: folder of the extractor that computed them, which is named by its key.
        arrays: hash of a clip's audio to its arrays by name.

    Returns:
        The shard, whose name is sorted behind those of all that are there, whatever clocks they were named by.

    Raises:
        WritingError: it cannot be written.
    """
    newest = max((int(name) for there in folder.glob(PATTERN) if (name := there.name[:20]).isdecimal()), default=0)
    shard = folder / f"{max(time.time_ns(), newest + 1):020d}-{uuid.uuid4().hex}.arrow"
    rows = [{"clip": clip, "arrays": _row(folder.name, clip, found)} for clip, found in arrays.items()]
    # By Python's own files: to Arrow's, a path is UTF-8.
    with replacing(shard) as draft, draft.open("wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        writer.write_batch(pa.RecordBatch.from_pylist(rows, SCHEMA))
    return shard


def clips_of(shard: Path) -> list[str] | None:
    """Return the hashes of a shard's clips in the order of its rows.

    Args:
        shard: path of the shard.

    Returns:
        None where it is damaged or no shard; nothing where the system does not let it be read.
    """
    try:
        clips: list[str] = _mapped(shard).clips.to_pylist()
    except _DAMAGED:
        return None
    except _REFUSED:
        # Whatever the system lacks, what is there may be whole.
        return []
    return clips


class _Shard:
    """A shard that is mapped into memory, its columns taken apart so that an array is found in microseconds."""

    def __init__(self, rows: pa.RecordBatch, extractor: str) -> None:
        self.clips, arrays, self.extractor = rows["clip"], rows["arrays"], extractor
        self.starts = arrays.offsets.to_numpy()
        held = arrays.values
        self.names, self.types, shapes, values = (held.field(name) for name in ("name", "type", "shape", "values"))
        self.checksums = held.field("checksum").to_numpy()
        self.shape_starts, self.shapes = shapes.offsets.to_numpy(), shapes.values.to_numpy()
        _, starts, content = values.buffers()
        self.value_starts = np.frombuffer(starts, np.int64)[values.offset :]
        self.content = memoryview(content)

    def arrays(self, row: int, clip: str, only: str | None) -> Arrays | None:
        places = range(self.starts[row], self.starts[row + 1])
        names = [self.names[place].as_py() for place in places]
        found: Arrays = {}
        for place, name in zip(places, names, strict=True):
            if only in (None, name):
                dtype = self.types[place].as_py()
                shape = self.shapes[self.shape_starts[place] : self.shape_starts[place + 1]].tolist()
                # A copy, for the file may be gone before the array is; first, for what was just copied is hashed fast.
                values = bytearray(self.content[self.value_starts[place] : self.value_starts[place + 1]])
                if self.checksums[place] != _checksum(self.extractor, clip, names, name, dtype, shape, values):
                    return None
                found[name] = np.ndarray(shape, dtype, values)
        return found if names else None


def _mapped(shard: Path) -> _Shard:
    known = shard.stat()
    return _mapped_as(shard, known.st_size, known.st_mtime_ns)


@lru_cache(maxsize=_OPEN_AT_ONCE)
def _mapped_as(shard: Path, size: int, time_ns: int) -> _Shard:
    """Return a shard; what it was when it was mapped is asked for, because reading what was cut off since kills."""
    # Anything may lie there; a pipe would be waited for.
    if not shard.is_file():
        raise pa.ArrowInvalid("no file")
    with pa.ipc.open_file(pa.py_buffer(_content(shard))) as reader:
        rows = reader.get_batch(0)
    if not rows.schema.equals(SCHEMA):
        raise pa.ArrowInvalid("another table")
    rows.validate(full=True)
    return _Shard(rows, shard.parent.name)


def _content(shard: Path) -> mmap.mmap | bytes:
    with shard.open("rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError:
            # Some file systems cannot map.
            return file.read()


def _row(extractor: str, clip: str, arrays: Arrays) -> list[dict[str, Any]]:
    row = []
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"{name}: objects are not stored.")
        dtype, shape, values = array.dtype.str, list(array.shape), np.ascontiguousarray(array).tobytes()
        said = _checksum(extractor, clip, list(arrays), name, dtype, shape, values)
        row.append({"name": name, "type": dtype, "shape": shape, "checksum": said, "values": values})
    return row


def _checksum(
    extractor: str, clip: str, names: Sequence[str], name: str, dtype: str, shape: Sequence[int], values: Any
) -> int:
    # A damage is to be found, not an attack. The same bytes of another type or shape are other values.
    digest = xxhash.xxh3_64(f"{extractor} {clip} {names} {name} {dtype} {shape}".encode())
    digest.update(values)
    return digest.intdigest()
