"""Who speaks when, as a user says it: turns that can be used, or one sentence about what is wrong with them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from humpcat.errors import SettingsError
from humpcat.inference.over_time.turn_files import Turn, read_turns
from humpcat.segment import ROUNDING
from humpcat.setting_ranges import shown

TURN_ROUNDING = 0.01
"""Seconds by which a turn may begin before the same speaker's last one ended, as times that were rounded do."""

Turns = str | Path | Iterable[tuple[float, float, str]]
"""A file, or beginning, end and speaker of each turn, in seconds."""


@dataclass(frozen=True)
class Speaker:
    """A speaker and his turns.

    Attributes:
        name: what he is called.
        turns: beginning and end of each in seconds, in the order of time; none overlap.
    """

    name: str
    turns: list[tuple[float, float]]


def speakers_of(turns: Turns, source: Any, seconds: float) -> list[Speaker]:
    """Return the speakers of a recording with their turns, in the order in which they first speak.

    Turns of different speakers may overlap.

    Args:
        turns: a file, RTTM or a table, or beginning, end and speaker of each turn.
        source: the recording; an RTTM of several recordings is asked for the one of that name.
        seconds: its length.

    Raises:
        CorpusError: a table cannot be read.
        SettingsError: the turns cannot be used; the sentence names the line.

    Example:
        >>> speakers_of([(0.0, 2.0, "ann"), (1.5, 4.0, "bob"), (4.0, 5.0, "ann")], "call.wav", 5.0)
        [Speaker(name='ann', turns=[(0.0, 2.0), (4.0, 5.0)]), Speaker(name='bob', turns=[(1.5, 4.0)])]
    """
    if isinstance(turns, str | Path):
        found = read_turns(Path(turns), source)
    elif not isinstance(turns, Iterable):
        raise SettingsError(f"turns: {shown(turns)} found, expected a file, or (start, end, speaker) of each turn.")
    else:
        found = [_turn(number, entry) for number, entry in enumerate(turns, start=1)]
        if not found:
            raise SettingsError("turns: hold no turn, expected beginning, end and speaker of each: leave turns out.")
    for turn in found:
        _refuse_outside(turn, seconds)
    own: dict[str, list[Turn]] = {}
    for turn in sorted(found, key=lambda turn: (turn.start, turn.end)):
        own.setdefault(turn.speaker, []).append(turn)
    return [Speaker(name, _apart(said, seconds)) for name, said in own.items()]


def _turn(number: int, entry: Any) -> Turn:
    where = f"turns: entry {number}"
    if not isinstance(entry, Sequence) or isinstance(entry, str) or len(entry) != 3:
        raise SettingsError(f"{where}: {shown(entry)} found, expected (start, end, speaker), times in seconds.")
    start, end, speaker = entry
    for name, value in (("start", start), ("end", end)):
        # The numbers of NumPy are not all Python's.
        if isinstance(value, bool | str) or not hasattr(value, "__float__"):
            raise SettingsError(f"{where}: has {shown(value)} for {name}, expected seconds: mend it.")
    if not isinstance(speaker, str) or not speaker.strip():
        raise SettingsError(f"{where}: has {shown(speaker)} for speaker, expected a name: mend it.")
    return Turn(where, float(start), float(end), speaker.strip())


def _refuse_outside(turn: Turn, seconds: float) -> None:
    told = f"{turn.where}: starts at {turn.start:g} s and ends at {turn.end:g} s"
    if not (math.isfinite(turn.start) and math.isfinite(turn.end) and turn.start >= 0):
        raise SettingsError(f"{told}, expected seconds from 0: mend it.")
    if turn.end <= turn.start:
        raise SettingsError(f"{told}, expected an end after the start: mend it.")
    if turn.start >= seconds or turn.end > seconds + ROUNDING:
        raise SettingsError(
            f"{told}, expected times within the recording, which lasts {seconds:.2f} s: mend it, or name the turns of "
            "this recording, in seconds."
        )


def _apart(turns: Sequence[Turn], seconds: float) -> list[tuple[float, float]]:
    for one, two in pairwise(turns):
        if two.start < one.end - TURN_ROUNDING:
            raise SettingsError(
                f"{two.where}: {shown(two.speaker)} speaks from {two.start:g} s to {two.end:g} s, and from "
                f"{one.start:g} s to {one.end:g} s by {one.where.rpartition(': ')[2]}, expected turns of a speaker "
                "that do not overlap: join them or mend the times."
            )
    starts = [turns[0].start, *(max(one.end, two.start) for one, two in pairwise(turns))]
    ends = [min(turn.end, seconds) for turn in turns]
    # Of two turns that only rounding makes overlap, the later may be no longer than that.
    return [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]
