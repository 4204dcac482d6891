"""Answers as a table in a file, row by row, so that what was answered before an interruption is there."""

import csv
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from humpcat.errors import SettingsError
from humpcat.writing import writing

Record = Mapping[str, Any]
"""An answer, as :func:`humpcat.inference.lines.as_record` gives it."""

Write = Callable[[Record], None]

Row = Callable[[Record], dict[str, Any]]
"""Gives the row of a record, in tables whose cells hold one value each."""

PARQUET_ROWS = 1000
"""Rows that are written to Parquet together."""


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as a row of a table.

    Args:
        record: as :func:`humpcat.inference.lines.as_record` gives it.

    Example:
        >>> flat({"file": "a.wav", "scores": {"anger": 0.75, "neutral": 0.25}, "flags": []})
        {'file': 'a.wav', 'label': 'anger', 'score': 0.75, 'p_anger': 0.75, 'p_neutral': 0.25, 'flags': ''}
    """
    scores = record["scores"]
    label = max(scores, key=scores.__getitem__)
    where = {name: value for name, value in record.items() if name not in ("scores", "flags")}
    shares = {f"p_{name}": scores[name] for name in sorted(scores)}
    told = "; ".join(f"{flag['name']}: {flag['reason']}" for flag in record["flags"])
    return {**where, "label": label, "score": scores[label], **shares, "flags": told}


@contextmanager
def table_in(path: Path, row: Row = flat) -> Iterator[Write]:
    """Give what writes a record to a file, whose ending says how.

    Args:
        path: the file, ending in one of ``ENDINGS``; what lies there is replaced.
        row: gives the row of a record; by default of an answer. JSON holds records as they are.

    Raises:
        SettingsError: the ending is another one.
    """
    require_ending(path)
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _WRITERS[path.suffix](path, row) as write:
            yield write


@contextmanager
def _json(path: Path, _: Row) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda record: print(json.dumps(record, ensure_ascii=False), file=file, flush=True)


def _delimited(delimiter: str) -> Any:
    @contextmanager
    def opened(path: Path, row_of: Row) -> Iterator[Write]:
        with path.open("w", encoding="utf-8", newline="") as file:
            columns: list[str] = []
            rows = csv.writer(file, delimiter=delimiter, lineterminator="\n")

            def write(record: Record) -> None:
                row = row_of(record)
                if not columns:
                    columns.extend(row)
                    rows.writerow(columns)
                rows.writerow([row[name] for name in columns])
                file.flush()

            yield write

    return opened


@contextmanager
def _parquet(path: Path, row_of: Row) -> Iterator[Write]:
    # Imported here: a command that prints its answer needs no Parquet, which takes 0.1 s to load.
    import pyarrow as pa
    import pyarrow.parquet as pq

    waiting: list[dict[str, Any]] = []
    writers: list[pq.ParquetWriter] = []

    def write_waiting() -> None:
        if waiting:
            table = pa.Table.from_pylist(waiting)
            if not writers:
                writers.append(pq.ParquetWriter(path, table.schema))
            writers[0].write_table(table)
            waiting.clear()

    def write(record: Record) -> None:
        waiting.append(row_of(record))
        if len(waiting) == PARQUET_ROWS:
            write_waiting()

    try:
        yield write
    finally:
        # An interrupted run leaves a file that can be read, too.
        write_waiting()
        for writer in writers:
            writer.close()


_WRITERS = {".csv": _delimited(","), ".tsv": _delimited("\t"), ".jsonl": _json, ".parquet": _parquet}
ENDINGS = tuple(_WRITERS)
"""Endings of files that tables are written to."""


def require_ending(path: Path, endings: Collection[str] = ENDINGS) -> None:
    """Refuse a file whose ending does not say how it is written.

    Args:
        path: the file.
        endings: those that do; by default those of tables.

    Raises:
        SettingsError: the ending is none of these.
    """
    if path.suffix not in endings:
        raise SettingsError(f"{path}: ends in '{path.suffix}', expected one of {', '.join(endings)}.")
