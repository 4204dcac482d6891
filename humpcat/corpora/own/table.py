"""A table of clips: CSV, TSV, JSON; every cell is text, so that speaker 01 stays 01."""

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from humpcat.corpora.own.cells import MOST_COLUMNS, texts_of
from humpcat.corpora.own.clips import OwnClip, key_of, relative_names
from humpcat.corpora.own.columns import RATINGS
from humpcat.corpora.own.speakers import person
from humpcat.corpora.own.times import ROLES as TIMES
from humpcat.corpora.own.times import seconds_of, span_of
from humpcat.corpora.scan import shortened
from humpcat.corpora.tables import rating, separated
from humpcat.errors import CorpusError
from humpcat.files import refuse_special
from humpcat.segment import address, parsed
from humpcat.shown import one_line

_DELIMITED = (".csv", ".tsv", ".tab", ".psv", ".txt")
SUFFIXES = (*_DELIMITED, ".jsonl", ".ndjson", ".json")
"""File name endings of the tables that are read here."""

_SHOWN = 60

_GENDERS = dict.fromkeys(("female", "f", "w", "woman"), "female") | dict.fromkeys(("male", "m", "man"), "male")


@dataclass(frozen=True)
class Record:
    """One line of a table.

    Attributes:
        where: the line, in words.
        cells: column to value.
        name: what the clip is called, where that is not the path.
        digest: hash of the audio, where that lies in the table itself.
        fault: what is wrong with its audio; None if nothing is.
    """

    where: str
    cells: Mapping[str, Any]
    name: str | None = None
    digest: str | None = None
    fault: str | None = None


def read_table(path: Path) -> tuple[list[str], list[Record]]:
    """Read the columns and lines of a table.

    Args:
        path: a table whose ending is one of ``SUFFIXES``; CSV with commas, semicolons, tabs or bars,
            with or without a first line such as ``sep=;``.

    Raises:
        CorpusError: the file is not text in UTF-8 (or UTF-16 with its mark), or not what its ending says.
    """
    refuse_special(path, "a table", CorpusError)
    try:
        with path.open(encoding=_encoding(path), newline="") as file:
            return (_delimited if path.suffix.lower() in _DELIMITED else _json)(path, file)
    except UnicodeError:
        raise CorpusError(f"{path}: is not UTF-8: save it again as UTF-8.") from None
    except csv.Error as error:
        raise CorpusError(f"{path}: is not a table of text ({error}): save it again.") from None
    except RecursionError:
        raise CorpusError(f"{path}: is not JSON that can be read (nested too deeply): write it again.") from None
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}): name a table that can be.") from None


def table_clips(
    source: str, root: Path, records: Sequence[Record], roles: Mapping[str, str]
) -> tuple[list[OwnClip], list[str]]:
    """Read the clips that a table describes.

    Args:
        source: the table, for messages.
        root: folder that relative paths start from.
        records: lines of the table.
        roles: as :func:`humpcat.corpora.own.columns.column_roles` gives them.

    Returns:
        The clips, and sentences about cells that were not understood.

    Raises:
        CorpusError: the table has no lines.
    """
    if not records:
        raise CorpusError(f"{source}: holds no rows: describe one clip a row.")
    told, faults = zip(*(texts_of(record.cells, roles) for record in records), strict=True)
    parts = [_part(record, roles, row["path"]) for record, row in zip(records, told, strict=True)]
    names = relative_names([record.name or part.file or "" for record, part in zip(records, parts, strict=True)], root)
    keys = [row.get("id") or key_of(name) for row, name in zip(told, names, strict=True)]
    used = Counter(keys)
    clips = [
        OwnClip(
            file=part.file,
            name=name,
            key=_unique(key, used[key] > 1, row.get("id"), record.digest, part),
            label=row.get("label"),
            source=source,
            where=record.where,
            speaker=person(row.get("speaker")),
            gender=_GENDERS.get((row.get("gender") or "").lower()),
            language=row.get("language"),
            sentence=row.get("sentence"),
            session=row.get("session"),
            start=part.start,
            end=part.end,
            fault=record.fault or fault or part.fault,
            arousal=rating(row.get("arousal") or ""),
            valence=rating(row.get("valence") or ""),
        )
        for record, row, fault, name, key, part in zip(records, told, faults, names, keys, parts, strict=True)
    ]
    notes = []
    genders = {row.get("gender") for row in told}
    strange = sorted(gender for gender in genders if gender and gender.lower() not in _GENDERS)
    if strange:
        notes.append(f"{source}: gender {shortened(strange)} is left unknown, expected female or male.")
    for role in RATINGS:
        words = {row[role] for row in told if row.get(role) and rating(row[role] or "") is None}
        if lost := sorted(word for word in words if word and person(word) is not None):
            notes.append(f"{source}: {role} {shortened(lost)} is left out, expected a number.")
    if "span" in roles and not any(part.start or part.end for part in parts):
        notes.append(f"{source}: column {roles['span']} holds no two times, such as 1.5-4.0: files are read whole.")
    return clips, notes


@dataclass(frozen=True)
class _Part:
    """Which part of which file a line names, and what is wrong with it."""

    file: str | None
    start: float = 0.0
    end: float | None = None
    fault: str | None = None


def _part(record: Record, roles: Mapping[str, str], file: str | None) -> _Part:
    if file and (named := parsed(file)):
        return _Part(named.path, named.start, named.end)
    if (column := roles.get("span")) is not None:
        ends = span_of(record.cells.get(column))
        return _Part(file, *ends) if ends else _Part(file)
    times: dict[str, float | None] = {}
    for role in TIMES:
        if (column := roles.get(role)) is None:
            continue
        cell = record.cells.get(column)
        try:
            times[role] = seconds_of(cell, column)
        except ValueError:
            return _Part(
                file, fault=f"has '{one_line(cell)[:_SHOWN]}' for {role} in column '{column}', expected seconds"
            )
    start, end = times.get("start") or 0.0, times.get("end")
    if end is None and (length := times.get("duration")) is not None and times.get("start") is not None:
        end = start + length
    if end is not None and end <= start:
        return _Part(file, fault=f"begins at {start:g} s and ends at {end:g} s, expected an end after the start")
    return _Part(file, start, end)


def _unique(key: str, repeated: bool, own_id: str | None, digest: str | None, part: _Part) -> str:
    """Return a key that tells lines with one id or file name apart, where what they name is not the same."""
    if repeated and digest:
        # Audio within a table often keeps its bare file name, such as the 001.wav of every speaker.
        key = f"{key}-{digest[:8]}"
    return key if own_id and not repeated else address(key, part.start, part.end)


def _delimited(path: Path, file: TextIO) -> tuple[list[str], list[Record]]:
    whole = file.read()
    if "\0" in whole:
        raise CorpusError(f"{path}: holds NUL, which no text does (UTF-16 without its mark?): save it again as UTF-8.")
    text, separator = separated(_from_header(whole))
    # A line that only names the separator is a line of the file, which messages count.
    above = whole.count("\n") - text.count("\n")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    columns = [column.strip() for column in reader.fieldnames or ()]
    reader.fieldnames = columns
    refuse_columns(path, columns)
    records = []
    for row in reader:
        if None in row:
            raise CorpusError(
                f"{path}: line {reader.line_num + above} has more cells than the {len(columns)} columns of the first "
                "line: put text that holds the separator in quotation marks."
            )
        records.append(Record(f"line {reader.line_num + above}", row))
    return columns, records


def refuse_columns(path: Path, columns: Sequence[str]) -> None:
    """Refuse columns of which one name may mean several, and more of them than any table has.

    Args:
        path: the table.
        columns: their names.

    Raises:
        CorpusError: a name stands twice, or there are more than ``MOST_COLUMNS``.
    """
    if len(columns) > MOST_COLUMNS:
        raise CorpusError(f"{path}: has {len(columns)} columns, expected at most {MOST_COLUMNS}: keep those needed.")
    repeated = [column for column, count in Counter(columns).items() if count > 1]
    if repeated:
        raise CorpusError(f"{path}: has two columns '{repeated[0]}': rename one.")


def _from_header(text: str) -> str:
    """Return a table without empty lines and remarks above its header."""
    while text:
        first, _, rest = text.partition("\n")
        remark = first.startswith("#") and not re.search(r"[,;\t|]", first) and bool(rest.strip())
        if first.strip(" \t\r,;") and not remark:
            break
        text = rest
    return text


def _encoding(path: Path) -> str:
    """Return UTF-8, or UTF-16 for what spreadsheets save as Unicode text."""
    with path.open("rb") as file:
        # Spreadsheets put a mark first, which would become part of the first column's name.
        return "utf-16" if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _json(path: Path, file: TextIO) -> tuple[list[str], list[Record]]:
    """Read one object a line, or one list of objects."""
    whole = file.read()
    lines = whole.splitlines()
    if whole.lstrip().startswith("["):
        try:
            listed = json.loads(whole, parse_int=str, parse_float=str)
        except ValueError:
            # A line that is a list is told by its number below.
            listed = None
        if listed and all(isinstance(cells, dict) for cells in listed):
            return _columns(listed), [Record(f"entry {number}", cells) for number, cells in enumerate(listed, 1)]
    records = []
    for number, line in enumerate(lines, 1):
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
    return _columns([record.cells for record in records]), records


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(column for cells in rows for column in cells))
