"""What becomes of an owner's labels, as a table for the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from humpcat.corpora.labels import Mapped

if TYPE_CHECKING:
    from rich.table import Table


def to_table(rows: Sequence[Mapped]) -> "Table":
    """Return what becomes of each label as a table for the terminal, with sums of what is kept and left out.

    Args:
        rows: what :func:`humpcat.corpora.labels.account` returned.
    """
    from rich.table import Table

    table = Table("label", "emotion", "class", box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("clips", justify="right")
    for row in rows:
        clips = "-" if row.clips is None else str(row.clips)
        table.add_row(row.label, row.emotion or "-", row.class_ or "left out", clips)
    for what, kept in (("all classes", True), ("left out", False)):
        counts = [row.clips for row in rows if (row.class_ is not None) == kept]
        known = [count for count in counts if count is not None]
        table.add_row("", "", what, str(sum(known)) if len(known) == len(counts) else "-", style="bold")
    return table
