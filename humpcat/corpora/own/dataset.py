"""The clips of a dataset of the ``datasets`` library, or of one in parts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from humpcat import audio
from humpcat.cache import kept_in
from humpcat.corpora.own.clips import OwnClip
from humpcat.corpora.own.columns import column_roles, not_read
from humpcat.corpora.own.opening import open_parquet, reading
from humpcat.corpora.own.shards import FILE_NAME, METADATA, PARQUET, Shard
from humpcat.corpora.own.table import Record, read_table, table_clips
from humpcat.errors import CorpusError
from humpcat.files import write_bytes

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict


def dataset_clips(
    source: str,
    root: Path,
    dataset: "Dataset | DatasetDict",
    columns: Mapping[str, str],
    split: str | None,
    folder: Path,
    *,
    labelled: bool = True,
) -> tuple[list[OwnClip], list[str]]:
    """Read the clips of a dataset; audio that lies within it is written to files, once.

    Args:
        source: the dataset, for messages.
        root: folder that relative paths start from.
        dataset: the dataset, or several splits of it.
        columns: as for :func:`humpcat.corpora.own.columns.column_roles`; the path is the audio column by default.
        split: the only split to read; all of them without it.
        folder: where audio within the dataset is written, each file named by the hash of its content.
        labelled: whether a column has to name the label.

    Returns:
        The clips, and sentences about cells that were not understood.

    Raises:
        CorpusError: the split or a column is missing, or there are no rows.
    """
    records: list[Record] = []
    roles: dict[str, str] = {}
    notes: list[str] = []
    for name, part in _parts(source, dataset, split):
        roles = _roles(source, part, columns, labelled)
        notes = not_read(source, part.column_names, roles)
        with reading(f"{source}: holds rows that cannot be read", "write it again"):
            records += _records(part.select_columns(sorted(set(roles.values()))), roles["path"], name, folder)
    clips, said = table_clips(source, root, records, roles)
    return clips, [*said, *notes]


def shard_clips(
    source: str,
    root: Path,
    parts: Sequence[Shard],
    columns: Mapping[str, str],
    split: str | None,
    folder: Path,
    *,
    labelled: bool = True,
) -> tuple[list[OwnClip], list[str]]:
    """Read the clips of a dataset in parts, one part in memory at a time.

    Args:
        source: the dataset, for messages.
        root: folder that relative paths start from.
        parts: its files.
        columns: as for :func:`dataset_clips`, as are the others.
        split: as there.
        folder: as there.
        labelled: as there.

    Returns:
        As :func:`dataset_clips`.

    Raises:
        CorpusError: there is no such split, a part cannot be read or has other columns, or there are no rows.
    """
    splits = sorted({part.split for part in parts if part.split})
    if split is not None and split not in splits:
        raise CorpusError(
            f"{source}: has no split '{split}', found {', '.join(splits) or 'none'}: choose one of them, or leave "
            "it out."
        )
    records: list[Record] = []
    roles: dict[str, str] = {}
    notes: list[str] = []
    for shard in parts:
        if split is not None and shard.split != split:
            continue
        where = f" of {shard.path.name}"
        if shard.path.suffix.lower() == PARQUET:
            part = open_parquet(shard.path)
            names = part.column_names
            own = _roles(str(shard.path), part, columns, labelled)
            chosen = part.select_columns(sorted(set(own.values())))
            several = shard.split if len(splits) > 1 else None
            with reading(f"{shard.path}: holds rows that cannot be read", "write it again"):
                found = list(_records(chosen, own["path"], several, folder))
        else:
            names, found = read_table(shard.path)
            beside = shard.path.stem == METADATA and FILE_NAME in names
            default = {"path": FILE_NAME} if beside else {}
            own = column_roles(str(shard.path), names, default | dict(columns), labelled=labelled)
            found = [_from_folder(shard.path.parent, record, own["path"]) for record in found] if beside else found
        if roles and own != roles:
            raise CorpusError(
                f"{shard.path}: has other columns ({', '.join(own.values())}) than the parts before it "
                f"({', '.join(roles.values())}): name one kind of parts, such as by --part."
            )
        roles, notes = own, not_read(source, names, own)
        records += [replace(record, where=record.where.partition(" of ")[0] + where) for record in found]
    clips, said = table_clips(source, root, records, roles)
    return clips, [*said, *notes]


def _from_folder(folder: Path, record: Record, path: str) -> Record:
    """Name the file of a line by where it lies, not from the folder of its table."""
    file = record.cells.get(path)
    return replace(record, cells={**record.cells, path: str(folder.absolute() / file)}) if file else record


def _roles(source: str, part: "Dataset", columns: Mapping[str, str], labelled: bool) -> dict[str, str]:
    sounding = [column for column, feature in part.features.items() if _is_audio(feature)]
    default = {"path": sounding[0]} if len(sounding) == 1 else {}
    return column_roles(source, part.column_names, default | dict(columns), labelled=labelled)


def _parts(source: str, dataset: "Dataset | DatasetDict", split: str | None) -> list[tuple[str | None, "Dataset"]]:
    if not isinstance(dataset, dict):
        if split is not None:
            raise CorpusError(f"{source}: has no splits, found split '{split}': leave it out.")
        return [(None, dataset)]
    if split is None:
        return list(dataset.items())
    if split not in dataset:
        raise CorpusError(f"{source}: has no split '{split}', found {', '.join(dataset)}: choose one of them.")
    return [(split, dataset[split])]


def _is_audio(feature: Any) -> bool:
    from datasets import Audio

    # Parquet that something else wrote holds the same two fields without saying that they are audio.
    return isinstance(feature, Audio) or (isinstance(feature, dict) and set(feature) == {"bytes", "path"})


def _records(part: "Dataset", path: str, split: str | None, folder: Path) -> Iterator[Record]:
    from datasets import Audio, ClassLabel

    for column, feature in part.features.items():
        if isinstance(feature, Audio):
            part = part.cast_column(column, Audio(decode=False))
    # What was saved for one framework would come as its tensors.
    part = part.with_format(None)
    names = {column: feature.names for column, feature in part.features.items() if isinstance(feature, ClassLabel)}
    for number, cells in enumerate(part, 1):
        fault = None
        for column, classes in names.items():
            # A missing class is None, or -1 by the library's habit.
            known = cells[column] is not None and cells[column] >= 0
            if known and cells[column] >= len(classes):
                fault = f"has class {cells[column]} in column '{column}', which has names for {len(classes)} only"
                known = False
            cells[column] = classes[cells[column]] if known else None
        name, digest = cells[path], None
        if isinstance(name, Mapping):
            content, name = name.get("bytes"), name.get("path")
            if not isinstance(content, bytes | None) or not isinstance(name, str | None):
                fault, name = "holds no audio, expected a path, or bytes with their path", None
                cells[path] = None
            elif content is not None:
                digest = audio.fingerprint(content)
                name = name or digest
                cells[path] = str(_written(content, digest, name, folder))
            else:
                cells[path] = name
        if split and isinstance(name, str) and name and not Path(name).is_absolute():
            # One file name may stand in several splits; the id says which is meant.
            name = f"{split}/{name}"
        name = name if isinstance(name, str) else None
        yield Record(f"row {number}" + (f" of split '{split}'" if split else ""), cells, name, digest, fault)


def _written(content: bytes, digest: str, name: str, folder: Path) -> Path:
    suffix = PurePosixPath(name).suffix.lower()
    path = folder.absolute() / digest[:2] / f"{digest}{suffix if suffix in audio.SUFFIXES else ''}"
    if not path.is_file():
        # Named by HUMPCAT_CACHE, unless a folder was asked for.
        with kept_in(folder):
            write_bytes(path, content)
    return path
