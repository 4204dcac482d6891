"""A table of clips: CSV, TSV, JSON Lines; every cell is text, so that speaker 01 stays 01."""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from humpcat.corpora.own.clips import OwnClip, key_of, relative_names
from humpcat.corpora.scan import shortened
from humpcat.errors import CorpusError

ROLES = ("path", "label", "speaker", "gender", "language", "sentence", "session", "id")
"""What a column can tell; without a mapping a column tells what its name says."""

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")
"""File name endings of the tables that are read here."""

_GENDERS = dict.fromkeys(("female", "f", "w", "woman"), "female") | dict.fromkeys(("male", "m", "man"), "male")


@dataclass(frozen=True)
class Record:
    """One line of a table.

    Attributes:
        where: the line, in words.
        cells: column to value.
        name: what the clip is called, where that is not the path.
        digest: hash of the audio, where that lies in the table itself.
    """

    where: str
    cells: Mapping[str, Any]
    name: str | None = None
    digest: str | None = None


def read_table(path: Path) -> tuple[list[str], list[Record]]:
    """Read the columns and lines of a table.

    Args:
        path: a table whose ending is one of ``SUFFIXES``; CSV with commas, semicolons or tabs.

    Raises:
        CorpusError: the file is not text in UTF-8, or not what its ending says.
    """
    try:
        # Spreadsheets put a byte order mark first, which would become part of the first column's name.
        with path.open(encoding="utf-8-sig", newline="") as file:
            return (_delimited if path.suffix.lower() in (".csv", ".tsv") else _json_lines)(path, file)
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: is not UTF-8: save it again as UTF-8.") from None
    except csv.Error as error:
        raise CorpusError(f"{path}: is not a table of text ({error}): save it again.") from None


def column_roles(source: str, found: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Say which column tells what.

    Args:
        source: the table, for messages.
        found: columns of the table; a role's own column may be written in any case.
        wanted: role to column, for columns that are named otherwise.

    Returns:
        Role to column, for the roles that have one.

    Raises:
        CorpusError: a role is unknown, a column is missing, or path or label has none.

    Example:
        >>> column_roles("t.csv", ["path", "emotion", "speaker"], {"label": "emotion"})
        {'path': 'path', 'label': 'emotion', 'speaker': 'speaker'}
        >>> column_roles("t.csv", ["Path", "Label"], {})
        {'path': 'Path', 'label': 'Label'}
    """
    for role, column in wanted.items():
        if role not in ROLES:
            raise CorpusError(f"--columns {role}={column}: '{role}' is unknown, expected one of {', '.join(ROLES)}.")
        if column not in found:
            raise CorpusError(
                f"{source}: has no column '{column}' for {role}, found {shortened(found, 20)}: "
                f"check --columns {role}={column}."
            )
    # Backwards, so that of two spellings the first column counts; a column named exactly so goes before both.
    named = (
        {column.lower(): column for column in reversed(found)} | {column: column for column in found} | dict(wanted)
    )
    roles = {role: named[role] for role in ROLES if role in named}
    for role in ("path", "label"):
        if role not in roles:
            raise CorpusError(
                f"{source}: has no column '{role}', found {shortened(found, 20)}: "
                f"name the one that holds it by --columns {role}=...."
            )
    return roles


def table_clips(
    source: str, root: Path, records: Sequence[Record], roles: Mapping[str, str]
) -> tuple[list[OwnClip], list[str]]:
    """Read the clips that a table describes.

    Args:
        source: the table, for messages.
        root: folder that relative paths start from.
        records: lines of the table.
        roles: as :func:`column_roles` gives them.

    Returns:
        The clips, and sentences about cells that were not understood.

    Raises:
        CorpusError: the table has no lines.
    """
    if not records:
        raise CorpusError(f"{source}: holds no rows: describe one clip a row.")
    told = [{role: _text(record.cells.get(column)) for role, column in roles.items()} for record in records]
    names = relative_names([record.name or row["path"] or "" for record, row in zip(records, told, strict=True)], root)
    keys = [row.get("id") or key_of(name) for row, name in zip(told, names, strict=True)]
    used = Counter(keys)
    clips = [
        OwnClip(
            file=row["path"],
            name=name,
            # Audio within a table often keeps its bare file name, such as the 001.wav of every speaker.
            key=f"{key}-{record.digest[:8]}" if record.digest and used[key] > 1 else key,
            label=row["label"],
            source=source,
            where=record.where,
            speaker=row.get("speaker"),
            gender=_GENDERS.get((row.get("gender") or "").lower()),
            language=row.get("language"),
            sentence=row.get("sentence"),
            session=row.get("session"),
        )
        for record, row, name, key in zip(records, told, names, keys, strict=True)
    ]
    genders = {row.get("gender") for row in told}
    strange = sorted(gender for gender in genders if gender and gender.lower() not in _GENDERS)
    if strange:
        return clips, [f"{source}: gender {shortened(strange)} is left unknown, expected female or male."]
    return clips, []


def _delimited(path: Path, file: TextIO) -> tuple[list[str], list[Record]]:
    header = file.readline()
    file.seek(0)
    # Spreadsheets write semicolons where the comma is the decimal sign.
    reader = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=header.count))
    columns = [column.strip() for column in reader.fieldnames or ()]
    reader.fieldnames = columns
    repeated = [column for column in columns if columns.count(column) > 1]
    if repeated:
        raise CorpusError(f"{path}: has two columns '{repeated[0]}': rename one.")
    records = []
    for row in reader:
        if None in row:
            raise CorpusError(
                f"{path}: line {reader.line_num} has more cells than the {len(columns)} columns of the first line: "
                "put text that holds the separator in quotation marks."
            )
        records.append(Record(f"line {reader.line_num}", row))
    return columns, records


def _json_lines(path: Path, file: TextIO) -> tuple[list[str], list[Record]]:
    records = []
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            # Numbers stay as they are written.
            cells = json.loads(line, parse_int=str, parse_float=str)
        except ValueError as error:
            raise CorpusError(f"{path}: line {number} is not JSON ({error}): write it again.") from None
        if not isinstance(cells, dict):
            raise CorpusError(f"{path}: line {number} is not a JSON object, expected one object a line.")
        records.append(Record(f"line {number}", cells))
    return list(dict.fromkeys(column for record in records for column in record.cells)), records


def _text(value: Any) -> str | None:
    """Return a cell as text, None if it is empty."""
    if isinstance(value, float):
        # A column of whole numbers with a gap comes as floats with NaN.
        if value != value:
            return None
        value = int(value) if value.is_integer() else value
    return (str(value).strip() or None) if value is not None else None
