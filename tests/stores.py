"""Feature stores in tests: an entry written or read by itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from humpcat.features.base import Arrays, Extractor
from humpcat.features.shards import SCHEMA, Entry
from humpcat.features.store import FeatureStore


def put(store: FeatureStore, extractor: Extractor, fingerprint: str, arrays: Arrays) -> Entry:
    """Write the arrays of a clip as a shard of their own."""
    with store.writer(extractor) as writer:
        writer.put(fingerprint, arrays)
    return store.entries(extractor)[fingerprint]


def get(store: FeatureStore, extractor: Extractor, fingerprint: str) -> Arrays | None:
    """Return the arrays of a clip, None where they are not there or damaged."""
    entry = store.entries(extractor).get(fingerprint)
    return None if entry is None else entry.read()


def clips_in(store: Path) -> int:
    """Return how many entries a store has, over all extractors."""
    return sum(_rows(shard).num_rows for shard in _shards(store))


def split(store: Path) -> list[Path]:
    """Write every entry of a store as a shard of its own, and return these in the order of their clips."""
    found: dict[str, Path] = {}
    for shard in _shards(store):
        for place, row in enumerate(_rows(shard).to_pylist()):
            found[row["clip"]] = shard.with_name(f"{shard.stem}-{place}.arrow")
            _write(found[row["clip"]], [row])
        shard.unlink()
    return [found[clip] for clip in sorted(found)]


def rewrite(shard: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change what a shard says of its entries, the checksums apart."""
    rows = _rows(shard).to_pylist()
    for row in rows:
        change(row)
    _write(shard, rows)


def _shards(store: Path) -> list[Path]:
    return [shard for shard in store.glob("*/*.arrow") if not shard.parent.name.startswith("hashes")]


def _rows(shard: Path) -> pa.RecordBatch:
    with pa.OSFile(str(shard)) as file, pa.ipc.open_file(file) as reader:
        return reader.get_batch(0)


def _write(shard: Path, rows: list[dict[str, Any]]) -> None:
    with pa.OSFile(str(shard), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        writer.write_batch(pa.RecordBatch.from_pylist(rows, SCHEMA))
