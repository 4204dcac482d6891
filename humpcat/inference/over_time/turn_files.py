"""Files that say who speaks when: RTTM, as diarisation writes it, and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humpcat.corpora.own.table import read_table
from humpcat.corpora.own.times import seconds_of
from humpcat.corpora.scan import shortened
from humpcat.errors import SettingsError
from humpcat.files import read_file
from humpcat.setting_ranges import shown

COLUMNS = ("start", "end", "speaker")
"""Columns of a table of turns, whatever their case."""

TABLES = (".csv", ".tsv")
"""File name endings of tables of turns."""

RTTM = ".rttm"

_FORM = "SPEAKER recording channel start duration <NA> <NA> speaker <NA> <NA>"
_FIELDS = range(8, 11)

_OTHERS = frozenset(
    (
        *("SEGMENT", "NOSCORE", "NO_RT_METADATA", "LEXEME", "NON-LEX", "NON-SPEECH"),
        *("FILLER", "EDIT", "IP", "SU", "CB", "A/P", "SPKR-INFO"),
    )
)
"""What lines of an RTTM may tell of beside turns."""


@dataclass(frozen=True)
class Turn:
    """What one speaker says without a break.

    Attributes:
        where: the line that says so, as messages call it.
        start: where it begins, in seconds.
        end: where it ends.
        speaker: who speaks.
    """

    where: str
    start: float
    end: float
    speaker: str


def read_turns(path: Path, source: Any) -> list[Turn]:
    """Read turns as they stand in a file; nothing is said yet of whether they fit a recording.

    Args:
        path: RTTM (.rttm), or a table (.csv, .tsv) with the columns start, end and speaker.
        source: the recording; an RTTM of several recordings is asked for the one of that name.

    Raises:
        CorpusError: a table cannot be read.
        SettingsError: a line is broken, a column is missing, or there is no turn.
    """
    if path.suffix.lower() not in (RTTM, *TABLES):
        raise SettingsError(f"{path}: ends in '{path.suffix}', expected turns in one of {RTTM}, {', '.join(TABLES)}.")
    turns = _of_rttm(path, source) if path.suffix.lower() == RTTM else _of_table(path)
    if not turns:
        raise SettingsError(f"{path}: holds no turn, expected one a line: name another file, or leave the turns out.")
    return turns


def _of_table(path: Path) -> list[Turn]:
    found, records = read_table(path)
    places = {column.lower(): column for column in reversed(found)}
    missing = [column for column in COLUMNS if column not in places]
    if missing:
        raise SettingsError(
            f"{path}: line 1: has no column '{missing[0]}', found {shortened(found, 16)}, expected "
            f"{', '.join(COLUMNS)}: name it so."
        )
    turns = []
    for record in records:
        where = f"{path}: {record.where}"
        start, end = (_seconds(where, name, record.cells.get(places[name])) for name in ("start", "end"))
        speaker = (record.cells.get(places["speaker"]) or "").strip()
        if not speaker:
            raise SettingsError(
                f"{where}: column '{places['speaker']}' is empty, expected who speaks: name a speaker."
            )
        turns.append(Turn(where, start, end, speaker))
    return turns


def _seconds(where: str, name: str, cell: Any) -> float:
    try:
        found = seconds_of(cell, name)
    except ValueError:
        found = None
    if found is None:
        raise SettingsError(f"{where}: has {shown(cell or '')} for {name}, expected seconds from 0: mend it.")
    return found


def _of_rttm(path: Path, source: Any) -> list[Turn]:
    try:
        lines = read_file(path, SettingsError).decode("utf-8-sig").splitlines()
    except UnicodeError:
        raise SettingsError(f"{path}: is not UTF-8, expected lines of RTTM: save it again as UTF-8.") from None
    own: dict[str, list[Turn]] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if fields and not line.lstrip().startswith(";") and fields[0] not in _OTHERS:
            own.setdefault(fields[1] if len(fields) > 1 else "", []).append(_turn(f"{path}: line {number}", fields))
    if len(own) < 2:
        return next(iter(own.values()), [])
    stem = Path(source).stem if isinstance(source, str | Path) else None
    for name in own:
        if stem is not None and name in (stem, "_".join(stem.split())):
            return own[name]
    raise SettingsError(
        f"{path}: tells of {len(own)} recordings ({shortened(own)}), expected one, or one that is called as the "
        f"recording is ({'an array has no name' if stem is None else shown(stem)}): keep the lines of the recording."
    )


def _turn(where: str, fields: Sequence[str]) -> Turn:
    if fields[0] != "SPEAKER" or len(fields) not in _FIELDS:
        found = f"{len(fields)} fields" if fields[0] == "SPEAKER" else shown(fields[0])
        raise SettingsError(f"{where}: has {found}, expected '{_FORM}': mend the line; a name holds no blank.")
    times = []
    for name, field in (("start", fields[3]), ("duration", fields[4])):
        try:
            times.append(float(field))
        except ValueError:
            raise SettingsError(f"{where}: has {shown(field)} for {name}, expected seconds: mend the line.") from None
    if fields[7] == "<NA>":
        raise SettingsError(f"{where}: names no speaker (<NA>), expected who speaks: name a speaker.")
    return Turn(where, times[0], times[0] + times[1], fields[7])
