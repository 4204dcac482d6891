"""Which column of a table tells what."""

from collections.abc import Mapping, Sequence

from humpcat.corpora.own.times import ROLES as TIMES
from humpcat.corpora.own.times import time_columns
from humpcat.corpora.scan import listed, plain, shortened
from humpcat.errors import CorpusError

RATINGS = ("arousal", "valence")
ROLES = ("path", "label", "speaker", "gender", "language", "sentence", "session", "id", *TIMES, *RATINGS)
"""What a column can tell; without a mapping a column tells what its name says."""

# How others call what a role is; it is offered, and not taken: "class" may be a school's.
_LIKELY = {
    "path": listed(
        "file filename filepath filenames audio audiofile audiopath audiofilepath audiofilename wav wavfile wavpath"
    ),
    "label": listed("emotion emotions emotionlabel emo class category labelname labels target mood sentiment affect"),
    "speaker": listed("speakerid spk spkid spkrid speakers actor actorid subject subjectid who person"),
}


def column_roles(
    source: str, found: Sequence[str], wanted: Mapping[str, str], *, labelled: bool = True
) -> dict[str, str]:
    """Say which column tells what.

    Args:
        source: the table, for messages.
        found: columns of the table; a role's own column may be written in any case.
        wanted: role to column, for columns that are named otherwise; an empty column leaves its role out.
        labelled: whether a column has to name the label.

    Returns:
        Role to column, for the roles that have one.

    Raises:
        CorpusError: a role is unknown, a column is missing, path or label has none, or only one end of the parts of
            files is told.

    Example:
        >>> column_roles("t.csv", ["path", "emotion", "speaker"], {"label": "emotion"})
        {'path': 'path', 'label': 'emotion', 'speaker': 'speaker'}
        >>> column_roles("t.csv", ["Path", "Label", "start", "end"], {})
        {'path': 'Path', 'label': 'Label', 'start': 'start', 'end': 'end'}
    """
    for role, column in wanted.items():
        if role not in ROLES:
            raise CorpusError(f"--columns {role}={column}: '{role}' is unknown, expected one of {', '.join(ROLES)}.")
        if column and column not in found:
            raise CorpusError(
                f"{source}: has no column '{column}' for {role}, found {shortened(found, 20)}: "
                f"check --columns {role}={column}."
            )
    # Backwards, so that of two spellings the first column counts; a column named exactly so goes before both.
    named = (
        {column.lower(): column for column in reversed(found)} | {column: column for column in found} | dict(wanted)
    )
    roles = {role: named[role] for role in ROLES if role not in TIMES and named.get(role)}
    for role in ("path", "label")[: 1 + labelled]:
        if role not in roles:
            raise CorpusError(
                f"{source}: has no column '{role}', found {shortened(found, 20)}: "
                f"name the one that holds it by --columns {role}={_likely(role, found) or '...'}."
            )
    return roles | time_columns(source, found, wanted)


def not_read(source: str, found: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """Say which columns nothing is read of, so that one that is named otherwise is not missed.

    Args:
        source: the table, for messages.
        found: its columns.
        roles: as :func:`column_roles` gives them.

    Example:
        >>> not_read("t.csv", ["path", "label", "who"], {"path": "path", "label": "label"})
        ['t.csv: nothing is read of column who: --columns speaker=who and the like name what a column tells.']
    """
    others = [column for column in found if column and column not in roles.values()]
    if not others:
        return []
    free = next((role for role in ("speaker", "start", "session") if role not in roles), "sentence")
    column = _likely(free, others) or "..."
    columns = f"column{'s' if len(others) > 1 else ''} {shortened(others)}"
    named = f"--columns {free}={column} and the like name what a column tells"
    return [f"{source}: nothing is read of {columns}: {named}."]


def _likely(role: str, columns: Sequence[str]) -> str | None:
    return next((column for column in columns if plain(column) in _LIKELY.get(role, ())), None)
