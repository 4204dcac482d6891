"""The feature store: arrays addressed by what they were computed from, on disk, safe for several processes.

A folder for each extractor, named by its settings, holds shards (:mod:`humpcat.features.shards`): Arrow files of many
clips each, so that a million clips are some thousand files. A clip is found by the hash of its audio. What was written
last of a clip counts.
"""

import json
import time
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from humpcat.cache import kept_in, require_writable, store_folder
from humpcat.features.base import Arrays, Extractor
from humpcat.features.shards import PATTERN, Entry, clips_of, write_shard
from humpcat.files import write_bytes
from humpcat.keywords import named_keywords

SHARD_BYTES = 1 << 26
"""Bytes of arrays at which a shard is written."""

SHARD_SECONDS = 30.0
"""Seconds after which a shard is written, however small it is: no more work than this is lost when a machine dies."""


@named_keywords
class FeatureStore:
    """Arrays of clips on disk.

    Args:
        root: folder of the store; made when first written to. Below the cache folder by default.

    Example:
        >>> import numpy as np, tempfile
        >>> from humpcat.features.mfcc import Mfcc
        >>> store = FeatureStore(tempfile.mkdtemp())
        >>> with store.writer(Mfcc()) as writer:
        ...     writer.put("00ff", {"mfcc": np.zeros((50, 40), dtype=np.float32)})
        >>> store.entries(Mfcc())["00ff"].read()["mfcc"].shape
        (50, 40)
    """

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root) if root is not None else store_folder()
        self._named_by = "--store" if root is not None else None

    def require_place(self) -> None:
        """Make sure that there is a store, or that one can be made: before a corpus is read, let alone computed.

        A store that is there and cannot be written serves as long as all is in it.

        Raises:
            WritingError: there is none and it cannot be made; the sentence names the variable or the setting.
        """
        if not self.root.is_dir():
            self.require_writable()

    def require_writable(self) -> None:
        """Make sure that arrays can be written, before they are computed.

        Raises:
            WritingError: they cannot; the sentence names the variable or the setting that says where.
        """
        require_writable(self.root, self._named_by)

    def folder(self, extractor: Extractor) -> Path:
        """Return where the shards of an extractor lie, or would lie."""
        return self.root / extractor.key()

    def entries(self, extractor: Extractor) -> "Entries":
        """Return where the arrays of each clip lie that an extractor has computed.

        A shard that is damaged is told of and set aside, so that its clips are computed again.

        Args:
            extractor: what computed them.
        """
        found = Entries()
        for shard in sorted(self.folder(extractor).glob(PATTERN)):
            clips = clips_of(shard)
            if clips is None:
                _set_aside(shard)
            else:
                found.add(shard, clips)
        return found

    @contextmanager
    def writer(self, extractor: Extractor) -> Iterator["StoreWriter"]:
        """Give what arrays of clips are written by; all are on disk when the block ends, by an error too.

        Args:
            extractor: what computes them.

        Raises:
            WritingError: they cannot be written.
        """
        writer = StoreWriter(self, extractor)
        try:
            yield writer
        finally:
            writer.flush()


class Entries(Mapping[str, Entry]):
    """Hash of a clip's audio to where its arrays lie, which may be damaged there; what was added last counts.

    A number is kept for each clip and no object, so that millions are found in a second.
    """

    def __init__(self) -> None:
        self._shards: list[Path] = []
        self._firsts: list[int] = []
        self._numbers: dict[str, int] = {}
        self._count = 0

    def add(self, shard: Path, clips: Sequence[str]) -> None:
        """Add the clips of a shard, in the order of its rows."""
        self._shards.append(shard)
        self._firsts.append(self._count)
        self._numbers.update(zip(clips, range(self._count, self._count + len(clips)), strict=True))
        self._count += len(clips)

    def __getitem__(self, clip: str) -> Entry:
        number = self._numbers[clip]
        place = bisect_right(self._firsts, number) - 1
        return Entry(self._shards[place], number - self._firsts[place], clip)

    def __contains__(self, clip: object) -> bool:
        return clip in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class StoreWriter:
    """Gathers the arrays of clips into shards; of one thread.

    Args:
        store: the store that is written to.
        extractor: what computes the arrays.
    """

    def __init__(self, store: FeatureStore, extractor: Extractor) -> None:
        self._store, self._extractor = store, extractor
        self._held: dict[str, Arrays] = {}
        self._bytes, self._since = 0, time.monotonic()

    def put(self, fingerprint: str, arrays: Arrays) -> None:
        """Take the arrays of a clip, and write all that are held once they are many or have waited for long.

        Args:
            fingerprint: hash of the audio, see :func:`humpcat.audio.fingerprint`.
            arrays: the arrays by name.

        Raises:
            WritingError: they cannot be written.
        """
        self._held[fingerprint] = arrays
        self._bytes += sum(array.nbytes for array in arrays.values())
        if self._bytes >= SHARD_BYTES or time.monotonic() - self._since >= SHARD_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is held.

        Raises:
            WritingError: it cannot be written.
        """
        held, self._held, self._bytes, self._since = self._held, {}, 0, time.monotonic()
        if not held:
            return
        folder = self._store.folder(self._extractor)
        with kept_in(self._store.root, self._store._named_by):
            _describe(folder, self._extractor)
            write_shard(folder, held)


def _describe(folder: Path, extractor: Extractor) -> None:
    description = folder / "extractor.json"
    if not description.exists():
        text = {"name": extractor.name, "version": extractor.version, "settings": dict(extractor.settings())}
        write_bytes(description, json.dumps(text, indent=2).encode())


def _set_aside(shard: Path) -> None:
    aside = shard.with_suffix(".damaged")
    warnings.warn(
        f"stored features {shard}: damaged: what was in it is computed again, and the file is kept as {aside.name}.",
        stacklevel=3,
    )
    with suppress(OSError):
        shard.replace(aside)
