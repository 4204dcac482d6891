"""What stands in the cells of a table: text, or a sentence that says what it is in its place."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

from humpcat.corpora.own.times import ROLES as TIMES
from humpcat.shown import is_utf8, one_line

MOST_CHARACTERS = 4096
"""Longest text of a cell: the longest path that Linux has. What was said in a clip may be longer."""

MOST_COLUMNS = 20_000
"""Most columns of a table; the largest set of openSMILE's features has 6373."""

_SHOWN = 60
_KINDS = ((Mapping, "an object"), (list | tuple, "a list"), (bytes | bytearray, "bytes"))


def texts_of(cells: Mapping[str, Any], roles: Mapping[str, str]) -> tuple[dict[str, str | None], str | None]:
    """Return what a line tells for each role, and what is wrong with the first cell that is no text.

    Args:
        cells: column to value.
        roles: as :func:`humpcat.corpora.own.columns.column_roles` gives them.

    Returns:
        Role to text, None for a cell that is empty or wrong; and a sentence without its full stop, or None.

    Example:
        >>> texts_of({"path": "a.wav", "label": 3.0}, {"path": "path", "label": "label"})
        ({'path': 'a.wav', 'label': '3'}, None)
        >>> texts_of({"path": "a.wav", "label": ["sad"]}, {"path": "path", "label": "label"})[1]
        "has a list in column 'label', expected text"
    """
    told: dict[str, str | None] = {}
    fault = None
    for role, column in roles.items():
        value = cells.get(column)
        if role not in TIMES and (wrong := _wrong(role, value, column)):
            fault, value = fault or wrong, None
        told[role] = _text(value)
    return told, fault


def _wrong(role: str, value: Any, column: str) -> str | None:
    if value is None or isinstance(value, int | float | Decimal | date | time):
        return None
    if not isinstance(value, str):
        kind = next((word for type_, word in _KINDS if isinstance(value, type_)), f"a {type(value).__name__}")
        return f"has {kind} in column '{column}', expected text"
    if not is_utf8(value):
        return f"has '{one_line(value[:_SHOWN])}' in column '{column}', which UTF-8 cannot hold: write it again"
    if len(value) > MOST_CHARACTERS and role != "sentence":
        return (
            f"has {len(value)} characters in column '{column}' ({one_line(value[:_SHOWN])}...), expected at most "
            f"{MOST_CHARACTERS}"
        )
    return None


def _text(value: Any) -> str | None:
    """Return a cell as text, None if it is empty."""
    if isinstance(value, float):
        # A column of whole numbers with a gap comes as floats with NaN.
        if value != value:
            return None
        value = int(value) if value.is_integer() else value
    return (str(value).strip() or None) if value is not None else None
