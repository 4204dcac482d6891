"""The page on how far features move: one table of values, one of cosines, and both as Parquet."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from humpcat.evaluation.markdown_table import markdown_table
from humpcat.files import replacing
from humpcat.robustness.invariance import Invariance

PAGE, SHIFTS, COSINES = "invariance.md", "invariance-shifts.parquet", "invariance-cosines.parquet"

FILES = (PAGE, SHIFTS, COSINES)


def page(found: Invariance) -> str:
    """Return both tables as Markdown.

    Args:
        found: what was measured.
    """
    corpora = list(dict.fromkeys(found.shifts["corpus"].to_pylist()))
    several = f", the largest of {len(corpora)} corpora" if len(corpora) > 1 else ""
    lines = [
        f"# How far features move: {', '.join(corpora)}",
        "",
        "## Values",
        "",
        "Median over clips of how far a value moves, in units of its standard deviation over the clips as they "
        f"are{several}. Of a group of values the median of theirs.",
        "",
        *markdown_table(_shift_rows(found.shifts), numbers_right=True),
        "",
        "## Pooled vectors",
        "",
        "Cosine of a clip's vector with that of the clip as it is, over all clips: the least, the 1st percentile, the "
        "median; standardised by the clips of its corpus, and raw.",
        "",
        *markdown_table(_cosine_rows(found.cosines), numbers_right=True),
    ]
    if found.failures:
        lines += ["", f"{len(found.failures)} times a clip had no features; the first: {found.failures[0]}"]
    return "\n".join(lines) + "\n"


def save(found: Invariance, folder: str | Path) -> list[Path]:
    """Write the page and what it is computed from.

    Args:
        found: what was measured.
        folder: where to; made if it is missing.

    Returns:
        The files written.
    """
    for name, table in ((SHIFTS, found.shifts), (COSINES, found.cosines)):
        with replacing(Path(folder, name)) as draft:
            pq.write_table(table, draft)
    with replacing(Path(folder, PAGE)) as draft:
        draft.write_text(page(found), encoding="utf-8")
    return [Path(folder, name) for name in FILES]


def _shift_rows(table: pa.Table) -> list[list[str]]:
    """Return a row a value and a column a distortion."""
    distortions = list(dict.fromkeys(table["distortion"].to_pylist()))
    largest: dict[tuple[str, str, str], dict[str, float]] = {}
    for row in table.to_pylist():
        cells = largest.setdefault((row["stream"], row["array"], row["value"]), {})
        cells[row["distortion"]] = max(row["shift"], cells.get(row["distortion"], 0.0))
    head = ["stream: value", *distortions]
    return [
        head,
        *(
            [f"{stream}: {value}", *(f"{cells[name]:.2f}" if name in cells else "-" for name in distortions)]
            for (stream, _, value), cells in largest.items()
        ),
    ]


def _cosine_rows(table: pa.Table) -> list[list[str]]:
    """Return a row an array and distortion."""
    by_kind: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        by_kind.setdefault((row["stream"], row["array"], row["distortion"]), []).append(row)
    rows = [["stream: vector, distortion", "least", "1 %", "median", "raw: least", "1 %", "median", "clips"]]
    for (stream, array, distortion), cells in by_kind.items():
        shown = [*_spread(row["standardised"] for row in cells), *_spread(row["raw"] for row in cells)]
        rows.append([f"{stream}: {array}, {distortion}", *shown, str(len(cells))])
    return rows


def _spread(values: Iterable[float]) -> list[str]:
    found = np.array(list(values))
    return [f"{value:.4f}" for value in (found.min(), np.percentile(found, 1), np.median(found))]
