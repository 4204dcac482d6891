"""Hostile tables of clips: text that is none, cells that mean nothing, columns of other types, damaged Parquet."""

import csv
import io
import json
from random import Random
from typing import Any

import soundfile

from .audio import RATE, voice
from .case import Case, Cases
from .damage import damaged
from .values import TEXTS, VALUES, changed, written

CLIPS = 4

_FORMS = ("csv", "tsv", "jsonl", "json", "parquet", "parquet")


class TableCases(Cases):
    """Damaged tables, each in a folder of its own beside links to valid clips."""

    kind = "tables"

    def prepare(self) -> None:
        self.clips = self.folder / "clips"
        self.clips.mkdir(exist_ok=True)
        for number in range(CLIPS):
            soundfile.write(self.clips / f"{number}.wav", voice(0.2 + number / 20), RATE)

    def rows(self) -> list[dict[str, Any]]:
        """Return the lines of a valid table."""
        return [
            {
                "path": f"clips/{number}.wav",
                "label": ("anger", "sadness")[number % 2],
                "speaker": f"s{number // 2}",
                "gender": ("female", "male")[number // 2],
                "start": 0.0,
                "end": 0.1,
                "arousal": 0.5,
            }
            for number in range(CLIPS)
        ]

    def make(self, number: int, random: Random) -> Case:
        form = random.choice(_FORMS)
        folder = self.folder / f"table{number}"
        folder.mkdir(exist_ok=True)
        (folder / "clips").exists() or (folder / "clips").symlink_to(self.clips)
        rows = self.rows()
        how = "whole"
        if random.random() < 0.6:
            how, rows = _changed_rows(rows, random)
        content = _parquet(rows, random) if form == "parquet" else _text(rows, form, random)
        if how == "whole" or random.random() < 0.2:
            done, content = damaged(content, _text(self.rows(), "csv", random), random)
            how = f"{how}, {done}"
        path = folder / f"{random.choice(('table', 'table', 'metadata'))}.{form}"
        path.write_bytes(content)
        return Case(f"{number} {how} {form}", path, self.kind)


def _changed_rows(rows: list[dict[str, Any]], random: Random) -> tuple[str, Any]:
    if random.random() < 0.5:
        row, column = random.choice(rows), random.choice(list(rows[0]))
        row[column] = random.choice(VALUES)
        return f"{column} {row[column]!r}"[:60], rows
    how = ""
    for _ in range(random.choice((1, 2, 5))):
        how, found = changed(rows, random)
        rows = found if isinstance(found, list) and found else rows
    return how, rows


def _text(rows: list[Any], form: str, random: Random) -> bytes:
    if form == "json":
        return written(rows, random).encode("utf-8", "surrogatepass")
    if form == "jsonl":
        return "\n".join(written(row, random) for row in rows).encode("utf-8", "surrogatepass")
    columns = list(dict.fromkeys(str(key) for row in rows if isinstance(row, dict) for key in row)) or ["path"]
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t" if form == "tsv" else ",", quoting=random.choice((0, 1)), escapechar="\\")
    writer.writerow([*columns, *columns[:1]] if random.random() < 0.05 else columns)
    for row in rows:
        cells = [row.get(column) if isinstance(row, dict) else row for column in columns]
        if random.random() < 0.05:
            cells[random.randrange(len(cells))] = random.choice((*TEXTS, "x" * 200_000, '"', "a,b", "\r"))
        writer.writerow(cells)
    text = out.getvalue().encode("utf-8", "surrogatepass")
    if random.random() < 0.1:
        text = random.choice(
            (
                b"\xef\xbb\xbf" + text,
                text.decode("utf-8", "replace").encode("utf-16"),
                text.decode("utf-8", "replace").encode("utf-32"),
                text + b"\0" * 5,
                text.replace(b"\n", b"\r"),
                b"sep=\0\n" + text,
                b"sep=\n" + text,
                b"#\n" * 1000 + text,
            )
        )
    return text


def _parquet(rows: list[Any], random: Random) -> bytes:
    import pyarrow
    from pyarrow import parquet

    columns = list(dict.fromkeys(str(key) for row in rows if isinstance(row, dict) for key in row)) or ["path"]
    arrays = [
        _array(pyarrow, [row.get(column) if isinstance(row, dict) else row for row in rows], random)
        for column in columns
    ]
    out = io.BytesIO()
    table = pyarrow.table(arrays, names=[column.encode("utf-8", "replace").decode() for column in columns])
    if random.random() < 0.1:
        # What ``datasets`` notes of its features.
        note = random.choice(
            ('{"info": {}}', "{", '{"info": {"features": []}}', '{"info": {"features": {"a": 1}}}', "\0")
        )
        table = table.replace_schema_metadata({"huggingface": note})
    parquet.write_table(table, out, compression=random.choice(("none", "snappy", "zstd")))
    return out.getvalue()


def _array(pyarrow: Any, cells: list[Any], random: Random) -> Any:
    if random.random() < 0.1:
        as_bytes = [json.dumps(cell).encode() for cell in cells]
        return random.choice(
            (
                pyarrow.array(as_bytes),
                pyarrow.array([{"bytes": cell, "path": None} for cell in as_bytes]),
                pyarrow.array([{"bytes": None, "path": "x.wav"} for _ in cells]),
                pyarrow.array([[1.0, None]] * len(cells)),
                pyarrow.nulls(len(cells)),
                pyarrow.array([0] * len(cells), pyarrow.timestamp("ns")),
                pyarrow.array([str(cell).encode("utf-8", "replace").decode() for cell in cells]).dictionary_encode(),
            )
        )
    try:
        return pyarrow.array(cells)
    # A column has one type in Parquet.
    except (pyarrow.ArrowException, OverflowError, UnicodeError, TypeError):
        return pyarrow.array([str(cell).encode("utf-8", "replace").decode() for cell in cells])
