"""Where clips begin and end in their files, as tables say it: names of columns, and cells."""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from humpcat.corpora.scan import listed, plain
from humpcat.errors import CorpusError

ROLES = ("start", "end", "duration", "span")
"""What a column may tell of the part of a file that a clip is; a span is both ends of it in one cell."""

_UNITS = (
    dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"), 0.001)
    | dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0)
    | dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0)
)
_START = listed(
    "t0 anfang beginn inicio inizio debut desde von start starts begin begins beginning onset starttime begintime "
    "from tmin xmin"
)
_END = listed("t1 ende fin final fine hasta bis end ends ending stop stops finish endtime stoptime until to tmax xmax")
_PAIRED = listed("from to t0 t1 von bis desde hasta final fine fin")
_LENGTH = frozenset({"duration", "dur", "length"})
_OFFSET = "offset"
_BESIDE = listed(
    "t time times timestamp stamp at of in the segment seg clip utterance utt turn audio file pos position hh mm ss"
)
# Of these nothing is known without the rate that the numbers were counted at.
_COUNTED = frozenset({"sample", "samples", "frame", "frames", "byte", "bytes"})
_SPANS = listed("segment segments interval intervals span timestamp timestamps timerange timespan window")
_NOTHING = frozenset({"", "nat", "nan", "none", "null", "na", "n/a", "-"})
_SPAN = re.compile(r"[\[(]?\s*(?P<start>[\d.:]+)\s*(?:,|;|-|–|to|\s)\s*(?P<end>[\d.:]+)\s*[\])]?")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?(?:e[+-]?\d+)?")
_CLOCK = re.compile(
    r"(?:(?P<days>\d+) days? \+?)?(?:(?:(?P<hours>\d+):)?(?P<minutes>\d+):)?(?P<seconds>\d+(?:[.,]\d+)?)"
    r"(?P<unit> ?[a-z]+)?"
)


MOST_SECONDS = 1e9
"""Thirty years: what is more is a mistake, and written out longer than a path may be."""


def time_columns(source: str, found: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Say which columns tell where a clip begins and ends in its file.

    Args:
        source: the table, for messages.
        found: columns of the table.
        wanted: role to column; an empty one leaves the role out.

    Returns:
        "start" with "end" or "duration" to the column, or nothing.

    Raises:
        CorpusError: only one end of a clip is told, or in a unit that is not known.

    Example:
        >>> time_columns("t.csv", ["file", "StartTime_ms", "end_time_ms"], {})
        {'start': 'StartTime_ms', 'end': 'end_time_ms'}
        >>> time_columns("t.csv", ["audio_filepath", "offset", "duration"], {})
        {'start': 'offset', 'duration': 'duration'}
    """
    asked = {role: column for role, column in wanted.items() if role in ROLES and column}
    if "start" in asked or "end" in asked:
        told = dict(asked)
    else:
        free = [column for column in found if column not in wanted.values()]
        told = _guessed(source, free, left_out=any(wanted.get(role) == "" for role in ("start", "end"))) | asked
    if "start" not in told and "end" not in told:
        whole = any(wanted.get(role) == "" for role in ROLES)
        named = [column for column in found if plain(column) in _SPANS and column not in wanted.values()]
        span = asked.get("span") or next((column for column in named if not whole), None)
        return {"span": span} if span else {}
    if "start" not in told or not {"end", "duration"} & told.keys():
        lacking = "start" if "start" not in told else "end"
        column = told.get("start") or told["end"]
        raise CorpusError(
            f"{source}: column '{column}' tells one end of a part of a file, and none tells the other: name it by "
            f"--columns {lacking}=..., or read whole files by --columns {'end' if lacking == 'start' else 'start'}=."
        )
    if "end" in told:
        told.pop("duration", None)
    return told


def seconds_of(value: Any, column: str) -> float | None:
    """Return a cell as seconds, None for one that is empty.

    What no recording lasts, ``MOST_SECONDS``, is no time.

    Args:
        value: a number, a duration, or text such as "1.5", "1,5", "00:01:02.5" or "0 days 00:00:01.5".
        column: its column, whose name may say the unit; seconds otherwise.

    Raises:
        ValueError: the cell is no time.

    Example:
        >>> seconds_of("0 days 00:00:01.500000", "start"), seconds_of("1500", "start_ms"), seconds_of("1:02", "end")
        (1.5, 1.5, 62.0)
    """
    seconds = _seconds(value, column)
    if seconds is not None and seconds > MOST_SECONDS:
        raise ValueError(str(value))
    return seconds


def _seconds(value: Any, column: str) -> float | None:
    if isinstance(value, datetime.timedelta):
        return value.total_seconds() if value == value else None
    if isinstance(value, datetime.time):
        return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    text = "" if value is None else str(value).strip().lower()
    if text in _NOTHING:
        return None
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", ".")) * _unit(column)
    match = _CLOCK.fullmatch(text)
    unit = (match["unit"] or "").strip() if match else ""
    if match is None or (unit and unit not in _UNITS):
        raise ValueError(text)
    seconds = float(match["seconds"].replace(",", "."))
    if unit:
        return seconds * _UNITS[unit]
    return (
        seconds + 60 * int(match["minutes"] or 0) + 3600 * int(match["hours"] or 0) + 86400 * int(match["days"] or 0)
    )


def span_of(value: Any) -> tuple[float, float] | None:
    """Return both ends of a part of a file that one cell holds, None for a cell that holds something else.

    Args:
        value: two numbers, or text such as "[1.5, 4.0]" or "0:01.5-0:04". Text without a point or a colon is left
            alone: 1-2 may be the number of a part.

    Example:
        >>> span_of([1.5, 4]), span_of("1.5-4.0"), span_of("[0:01, 0:04]"), span_of("1-2"), span_of("intro")
        ((1.5, 4.0), (1.5, 4.0), (1.0, 4.0), None, None)
    """
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and len(value) == 2:
        ends = [str(end) for end in value]
    else:
        match = _SPAN.fullmatch(str(value).strip()) if value is not None else None
        if match is None or not re.search(r"[.:]", match[0]):
            return None
        ends = [match["start"], match["end"]]
    try:
        start, end = (seconds_of(each, "") for each in ends)
    except ValueError:
        return None
    return (start, end) if start is not None and end is not None and end > start else None


def _guessed(source: str, found: Sequence[str], *, left_out: bool) -> dict[str, str]:
    if left_out:
        return {}
    starts = _named(found, _START)
    ends = _named(found, _END)
    lengths = _named(found, _LENGTH)
    offsets = _named(found, frozenset({_OFFSET}))
    counted = [
        column for column in found if _parts(column) & _COUNTED and _parts(column) & (_START | _END | {_OFFSET})
    ]
    # A letter has a "from" and a "to" as well; alone such words tell nothing of time.
    starts = [column for column in starts if not _PAIRED & _parts(column) or ends]
    ends = [column for column in ends if not _PAIRED & _parts(column) or starts]
    if not starts and offsets and lengths:
        starts = offsets
    elif starts and offsets and not ends:
        ends = offsets
    elif offsets and not starts:
        starts = offsets
    if counted and not starts:
        raise CorpusError(
            f"{source}: column '{counted[0]}' counts samples or frames of a part of a file, expected seconds: add "
            "columns start and end in seconds, or read whole files by --columns start=."
        )
    told = {"start": starts, "end": ends, "duration": lengths}
    return {role: columns[0] for role, columns in told.items() if columns}


def _named(found: Sequence[str], words: frozenset[str]) -> list[str]:
    """Return the columns that are named by one of some words, a unit and what means no more."""
    return [
        column for column in found if len(parts := _parts(column) - _BESIDE - _UNITS.keys()) == 1 and parts <= words
    ]


def _unit(column: str) -> float:
    parts = _parts(column)
    # ELAN writes seconds and their fraction as ss.msec.
    return 1.0 if "ss" in parts else next((_UNITS[part] for part in sorted(parts) if part in _UNITS), 1.0)


def _parts(column: str) -> set[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    return set(re.findall(r"t[01]\b|[a-z]+", apart.lower()))
