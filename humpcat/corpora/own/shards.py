"""A data set in parts: a cloned repository of the hub, or a folder of Parquet files or tables."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from humpcat.corpora.files import audio_files, files_below
from humpcat.corpora.own.table import SUFFIXES, read_table
from humpcat.corpora.scan import shortened
from humpcat.errors import CorpusError

METADATA = "metadata"
"""Name, without its ending, of the table that describes the audio beside it in the hub's layout of audio folders."""

FILE_NAME = "file_name"
"""Column by which such a table names its files, from its own folder."""

PARQUET = ".parquet"

_SHARD = re.compile(r"(?P<split>.+?)[-_.](?P<number>\d{4,6})-of-(?P<count>\d{4,6})")
_NUMBERED = re.compile(r"(?:(?P<split>.*?)[-_.])?(?:part[-_.]?)?(?P<number>\d+)(?:[-_.].*)?")
_SPLITS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
}
# The hub writes data sets as <configuration>/<split>/0000.parquet, people as data/train-...
_PLAIN = frozenset({"data", "default", "parquet", "."})


@dataclass(frozen=True)
class Shard:
    """A file of a data set.

    Attributes:
        path: the file.
        split: the split that its name tells, None where it tells none.
    """

    path: Path
    split: str | None


def shards(folder: Path) -> list[Shard]:
    """Return the Parquet files of a folder, or its tables where it has no audio beside them.

    Args:
        folder: such as a cloned repository of the hub.

    Returns:
        The files in order, none for a folder that is no data set in parts.

    Raises:
        CorpusError: a part is missing, by the numbers in the names.

    Example:
        >>> shards(Path("nowhere"))
        []
    """
    files = list(files_below(folder))
    parts = [path for path in files if path.suffix.lower() == PARQUET]
    if not parts and next(audio_files(folder, videos=True), None) is None:
        parts = [path for path in files if path.suffix.lower() in SUFFIXES]
        # A lone table that nothing lies beside is named itself.
        parts = parts if any(_SHARD.fullmatch(path.stem) or _split_of(path.stem) for path in parts) else []
    _refuse_gaps(folder, parts)
    return [Shard(path, _split(folder, path)) for path in parts]


def metadata_of(folder: Path) -> Path | None:
    """Return the table that describes the audio of a folder, as the hub's audio folders have it.

    Args:
        folder: with ``metadata.csv``, ``.tsv``, ``.jsonl`` or ``.parquet``.
    """
    found = [folder / f"{METADATA}{suffix}" for suffix in (*SUFFIXES, PARQUET)]
    return next((path for path in found if path.exists() and not path.is_dir()), None)


def described_folders(folder: Path) -> list[Shard]:
    """Return the tables that describe the audio beside them, where each folder below another has one of its own.

    Args:
        folder: such as one that holds ``train/metadata.csv`` and ``test/metadata.csv``.

    Example:
        >>> described_folders(Path("nowhere"))
        []
    """
    tables = [path for path in files_below(folder) if path.stem == METADATA and path.suffix.lower() in SUFFIXES]
    return [Shard(path, _split(folder, path)) for path in tables if FILE_NAME in read_table(path)[0]]


def _split(folder: Path, path: Path) -> str | None:
    """Return what names the part of the data, with the configuration before it where there are several folders."""
    match = _SHARD.fullmatch(path.stem)
    own = match["split"] if match else None if path.stem == METADATA else _split_of(path.stem)
    above = [part for part in path.relative_to(folder).parts[:-1] if part.lower() not in _PLAIN]
    if own is None and above and _split_of(above[-1]):
        own = _split_of(above.pop())
    return "/".join([*above, own] if own else above) or None


def _split_of(name: str) -> str | None:
    numbered = _NUMBERED.fullmatch(name)
    return _SPLITS.get((numbered["split"] or "" if numbered else name).lower())


def _refuse_gaps(folder: Path, parts: Sequence[Path]) -> None:
    """Refuse a data set of which some parts were not downloaded: what is missing would be missed by nobody."""
    series: dict[tuple[Path, str, str], set[int]] = defaultdict(set)
    for path in parts:
        if match := _SHARD.fullmatch(path.stem):
            series[path.parent, match["split"], match["count"]].add(int(match["number"]))
    for (parent, split, count), numbers in series.items():
        missing = sorted(set(range(int(count))) - numbers)
        if missing:
            lacking = shortened([f"{number:05}" for number in missing])
            raise CorpusError(
                f"{folder}: of '{split}' in {parent.name} {len(numbers)} of {int(count)} parts are there, expected "
                f"all (missing: {lacking}): download the rest."
            )
