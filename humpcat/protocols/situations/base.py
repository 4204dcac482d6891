"""What a situation of a target is: a named function from the rows that lie there to the rows as they come."""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from humpcat.errors import ProtocolError
from humpcat.protocols.draws import generator
from humpcat.protocols.guarantee import Guarantee
from humpcat.protocols.rows import clips, examples
from humpcat.protocols.split import Split

TIDY = "tidy"
"""The situation in which every clip of the classes lies there, and no other."""

RECORDING = "recording"
"""Column of a row as it comes: name of the distortion by which it was recorded, absent where it is as it is."""

Row = Mapping[str, Any]
Change = Callable[[Sequence[Row], Mapping[str, str], Split, np.random.Generator], Sequence[Row]]
"""From rows by id, the class of each clip that has one, the split and a generator to the rows as they come."""

# Apart from the draws of protocols, which take the seed alone or with the number of a fold.
_STREAM = zlib.crc32(b"situation")

_NAMED = re.compile(r" situation=(\S+)$")


@dataclass(frozen=True)
class Situation:
    """How a target lies there, by name.

    Its function may leave clips out, give them another speaker's name, or None where nobody knows who speaks, and say
    in the column ``RECORDING`` that a clip was recorded otherwise. Clips whose labels are known stay. The clips that
    test are those of the split that are left; the leakage guard and all figures keep to who really speaks.

    Attributes:
        name: how it is asked for.
        title: what is unlike a tidy target, as a clause of the guarantee.
        change: gives the rows as they come; draws of one seed and different situations begin alike.
        other_classes: whether clips of other classes lie among those without labels.
        modes: what clips may be standardised by for the situation to change anything.

    Raises:
        ProtocolError: name or title could not be read back from a split.

    Example:
        >>> every_other = Situation("half", "half of the clips", lambda rows, classes, split, rng: rows[::2])
        >>> rows = [{"id": f"toy/{i}", "corpus": "toy", "speaker": f"s{i}"} for i in range(6)]
        >>> split = Split("by hand", 0, "speaker-disjoint", adapt=("toy/0",), test=("toy/4", "toy/5"))
        >>> found = every_other.rows(rows, {row["id"]: "anger" for row in rows}, split)
        >>> [row["id"] for row in found], every_other.split(split, [row["id"] for row in found]).test
        (['toy/0', 'toy/2', 'toy/4'], ('toy/4',))
    """

    name: str
    title: str
    change: Change
    other_classes: bool = False
    modes: tuple[str, ...] = ("source", "corpus", "speaker")

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w.-]+", self.name) or ";" in self.title:
            raise ProtocolError(
                f"situation '{self.name}' ({self.title}): expected a name of letters, digits, points and hyphens and "
                "a title without a semicolon: call it otherwise."
            )

    def rows(self, rows: Sequence[Row], classes: Mapping[str, str], split: Split) -> list[Row]:
        """Return the rows as they come, by id.

        Args:
            rows: rows that lie there, in any order; those without a class are left out unless the situation has
                ``other_classes``.
            classes: the class of each clip by id, of those that have one.
            split: who adapts with labels and who tests, and the seed of what is drawn.

        Raises:
            ProtocolError: there is too little to draw from, or the function gave rows that cannot be.
        """
        known = {row["id"]: row for row in sorted(rows, key=lambda row: str(row["id"]))}
        lying = [row for clip_id, row in known.items() if self.other_classes or clip_id in classes]
        found = list(self.change(lying, classes, split, generator(split.seed, _STREAM)))
        counts = Counter(row["id"] for row in found)
        wrong = [clip_id for clip_id, count in counts.items() if count > 1 or clip_id not in known]
        wrong += [clip_id for clip_id in split.learnt if clip_id not in counts]
        if wrong:
            raise ProtocolError(
                f"situation '{self.name}': gave {len(wrong)} clips twice, made them up or took them from those with "
                f"labels ({examples(sorted(wrong))}), expected each clip of the target once at most and all that have "
                "labels: mend its function."
            )
        if counts.keys().isdisjoint(split.test):
            raise ProtocolError(
                f"situation '{self.name}': none of {len(split.test)} test clips is left, expected one or more: choose "
                "another situation or draw."
            )
        return sorted(found, key=lambda row: str(row["id"]))

    def split(self, split: Split, ids: Sequence[str]) -> Split:
        """Return a split of the clips that are left, which says in what situation they are.

        Args:
            split: the split of a tidy target.
            ids: the clips that are left, as :meth:`rows` gives them.
        """
        if self.name == TIDY:
            return split
        left = set(ids)
        adapt, valid, test = (
            tuple(clip_id for clip_id in part if clip_id in left) for part in (split.adapt, split.valid, split.test)
        )
        notes = [*split.notes]
        if len(test) < len(split.test):
            notes.append(f"Situation {self.name}: {len(test)} of {len(split.test)} test clips are left.")
        name = f"{split.name} situation={self.name}"
        return self.said_of(replace(split, name=name, adapt=adapt, valid=valid, test=test, notes=tuple(notes)))

    def said_of(self, split: Split) -> Split:
        """Return a split whose guarantee says the situation, unless it is tidy; a stamp may have taken its place."""
        if self.name == TIDY:
            return split
        guarantee = Guarantee.parse(split.guarantee).adding(f"situation {self.name}: {self.title}")
        return replace(split, guarantee=str(guarantee))


def situation_of(split: Split) -> str:
    """Return the name of the situation that a split says it is in, :data:`TIDY` where it says nothing.

    Example:
        >>> situation_of(Split("by hand situation=others", 0, "speaker-disjoint"))
        'others'
    """
    named = _NAMED.search(split.name)
    return named[1] if named else TIDY


def load_tidy(path: str | Path) -> Split:
    """Read a split of clips as they lie there, of which a situation makes its own.

    Args:
        path: its file.

    Raises:
        ProtocolError: the file is missing or is not a split, or it was made in another situation.
    """
    split = Split.load(path)
    if situation_of(split) != TIDY:
        raise ProtocolError(
            f"{path}: was made in the situation '{situation_of(split)}', expected the split of a tidy target, from "
            "which --situation makes its own: pass the one that it was made from."
        )
    return split


def unlabelled_by_speaker(rows: Sequence[Row], split: Split, situation: str) -> dict[str, list[Row]]:
    """Return the rows without labels of each speaker who tests, by ``corpus/speaker`` in sorted order.

    Args:
        rows: rows that lie there.
        split: who adapts and who tests.
        situation: its name, for the message.

    Raises:
        ProtocolError: who speaks a test clip is not known.
    """
    speakers = {clip.id: clip.speaker for clip in clips(rows)}
    unknown = [clip_id for clip_id in split.test if speakers.get(clip_id) is None]
    if unknown:
        raise ProtocolError(
            f"situation '{situation}': {len(unknown)} of {len(split.test)} test clips have no speaker "
            f"({examples(unknown)}), expected one for each: fill the speaker column, or choose another situation."
        )
    testing, learnt = {speakers[clip_id] for clip_id in split.test}, set(split.learnt)
    found: dict[str, list[Row]] = {str(name): [] for name in sorted(map(str, testing))}
    for row in rows:
        if speakers[row["id"]] in testing and row["id"] not in learnt:
            found[str(speakers[row["id"]])].append(row)
    return found


def without(rows: Sequence[Row], gone: set[str]) -> list[Row]:
    """Return the rows but those of some ids."""
    return [row for row in rows if row["id"] not in gone]
