"""What a protocol reads of the rows: identity, speaker, session, gender and sentence, sorted by id."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

from humpcat.corpora.labels import LabelSpace
from humpcat.corpora.scan import shortened
from humpcat.errors import ProtocolError

if TYPE_CHECKING:
    from datasets import Dataset

Rows = Union["Dataset", Sequence[Mapping[str, Any]]]
"""A dataset, or mappings, with the columns of :class:`humpcat.corpora.Row`."""


@dataclass(frozen=True)
class ClipRow:
    """The part of a row that a protocol looks at.

    Attributes:
        id: the row's id.
        speaker: ``corpus/speaker``, so that speaker 01 of two corpora is two people; None where not known.
        session: ``corpus/session``, or the speaker where there is no session.
        gender: "female", "male" or None.
        corpus: registered name of the corpus.
        sentence: ``corpus/sentence``, since a code means something within its corpus only; None where not known.
    """

    id: str
    speaker: str | None
    session: str | None
    gender: str | None
    corpus: str
    sentence: str | None


def clips(rows: Rows, ids: Iterable[str] | None = None) -> list[ClipRow]:
    """Read rows in the order of their ids, so that their order on disk changes nothing.

    Args:
        rows: a ``datasets.Dataset`` or mappings with at least ``id``, ``corpus`` and ``speaker``.
        ids: the rows wanted; all of them if None.

    Raises:
        ProtocolError: a column is missing, an id repeats, or an id that is wanted has no row.

    Example:
        >>> row = {"id": "toy/1", "corpus": "toy", "speaker": "f1"}
        >>> clips([row])[0].speaker
        'toy/f1'
    """
    columns = {name: column(rows, name) for name in ("id", "corpus", "speaker")}
    columns |= {name: column(rows, name, optional=True) for name in ("session", "gender", "sentence")}
    found: dict[str, ClipRow] = {}
    for id_, corpus, speaker, session, gender, sentence in zip(*columns.values(), strict=True):
        if id_ in found:
            raise ProtocolError(f"rows: id {id_} stands twice: give each clip an id of its own.")
        person = None if speaker is None else f"{corpus}/{speaker}"
        room = person if session is None else f"{corpus}/{session}"
        found[id_] = ClipRow(id_, person, room, gender, corpus, None if sentence is None else f"{corpus}/{sentence}")
    if ids is None:
        return [found[id_] for id_ in sorted(found)]
    wanted = sorted(ids)
    missing = [id_ for id_ in wanted if id_ not in found]
    if missing:
        raise ProtocolError(
            f"rows: {len(missing)} of {len(wanted)} ids have no row ({examples(missing)}): "
            "pass the rows that the ids came from."
        )
    return [found[id_] for id_ in wanted]


def column(rows: Rows, name: str, *, optional: bool = False) -> list[Any]:
    """Return one column of the rows in their own order.

    Args:
        rows: a dataset or mappings.
        name: the column.
        optional: take None for every row that lacks it.

    Raises:
        ProtocolError: the column is missing and not optional.
    """
    if not isinstance(rows, Sequence):
        # A dataset answers for a column far faster than row by row.
        if name in rows.column_names:
            return list(rows[name])
        if optional:
            return [None] * len(rows)
        raise _missing(name, rows.column_names)
    values = []
    for row in rows:
        if name not in row and not optional:
            raise _missing(name, row)
        values.append(row.get(name))
    return values


def labelled(rows: Rows, space: LabelSpace) -> tuple[dict[str, str], Counter[str]]:
    """Sort out the rows that have a class.

    Args:
        rows: rows with ``id`` and the column that the space maps: ``emotion``, or ``label``.
        space: which emotion or label becomes which class.

    Returns:
        The class of each id that has one, by id in sorted order, and how often each emotion or label was
        left out ("none" for rows without one).

    Raises:
        ProtocolError: the rows lack a column.

    Example:
        >>> from humpcat.corpora import FOUR
        >>> rows = [{"id": "a", "emotion": "excitement"}, {"id": "b", "emotion": "boredom"}]
        >>> labelled(rows, FOUR)
        ({'a': 'happiness'}, Counter({'boredom': 1}))
    """
    values = dict(sorted(zip(column(rows, "id"), column(rows, space.column), strict=True)))
    kept = {id_: class_ for id_, value in values.items() if (class_ := space.class_of(value)) is not None}
    return kept, space.left_out(values.values())


def require_speakers(found: Sequence[ClipRow], protocol: str, mend: str) -> None:
    """Refuse clips whose speaker is not known.

    Args:
        found: clips of the protocol.
        protocol: its name, for the message.
        mend: what to do, for the message.

    Raises:
        ProtocolError: a clip has no speaker.
    """
    unknown = [clip.id for clip in found if clip.speaker is None]
    if unknown:
        raise ProtocolError(
            f"{protocol}: {len(unknown)} of {len(found)} clips have no speaker ({examples(unknown)}), "
            f"expected one for each: {mend}."
        )


def examples(items: Iterable[str]) -> str:
    """Return the first three of the items for a message.

    Args:
        items: what the message speaks of.

    Example:
        >>> examples("abcde")
        'a, b, c and 2 more'
    """
    return shortened(items, 3)


def _missing(name: str, found: Iterable[str]) -> ProtocolError:
    return ProtocolError(f"rows: column '{name}' is missing (found {', '.join(sorted(found))}): add it.")
