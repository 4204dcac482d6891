"""The one writer of Markdown tables."""

from collections.abc import Sequence

from humpcat.shown import one_line


def markdown_table(rows: Sequence[Sequence[str]], *, padded: bool = False, numbers_right: bool = False) -> list[str]:
    """Return a table as lines of Markdown.

    Args:
        rows: cells, already escaped where that is needed; the first row holds the headings. Each stays on its line.
        padded: whether columns are filled up to one width, for a table that is read in a terminal too.
        numbers_right: whether every column but the first is aligned to the right.

    Example:
        >>> print("\\n".join(markdown_table([["class", "F1"], ["anger", "0.90"]], padded=True)))
        | class | F1   |
        | ----- | ---- |
        | anger | 0.90 |
        >>> markdown_table([["class", "F1"], ["anger", "0.90"]])[1]
        '|---|---|'
    """
    rows = [[one_line(cell) for cell in row] for row in rows]
    columns = range(len(rows[0]))
    widths = [max(len(row[column]) for row in rows) if padded else 0 for column in columns]
    head, *body = (
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows
    )
    if numbers_right:
        rule = f"| :-- |{' --: |' * (len(columns) - 1)}"
    elif padded:
        rule = f"| {' | '.join('-' * width for width in widths)} |"
    else:
        rule = f"|{'---|' * len(columns)}"
    return [head, rule, *body]
