"""What a scan of a corpus folder finds: utterances, what could not be used, and how the copy differs."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from humpcat.corpora.rows import Row
from humpcat.shown import is_utf8, one_line

if TYPE_CHECKING:
    from datasets import Dataset


class Kind(StrEnum):
    """What is the matter with a file that a scan left out."""

    FOREIGN = "foreign"
    """It is not named as the owner names files, or no label file knows it."""
    UNUSABLE = "unusable"
    """It is one of the corpus, and is unreadable, empty, too short or cut off."""
    REPEATED = "repeated"
    """Its utterance is there already: the same recording, in another file."""
    CONFLICT = "conflict"
    """It is named as an utterance that is there already, and is another recording, or is labelled otherwise."""
    SPEAKERS = "speakers"
    """What names the speakers names something else, such as the labels."""
    UNREAD = "unread"
    """It may be sound, and its ending or its place is not one that is read."""
    MISSING = "missing"
    """A label file speaks of it, and it is not there."""
    UNLABELLED = "unlabelled"
    """It has no label, one that the owner does not use, or two that contradict one another."""
    APART = "apart"
    """It belongs to a part of the corpus that is left out on purpose, such as song or video."""


@dataclass(frozen=True)
class Utterance:
    """What the owner's naming scheme says of one file.

    Attributes:
        key: unique within the corpus, the same wherever the corpus lies; usually the file name's stem.
        label: the owner's wording.
        speaker: identity within the corpus, or None.
        gender: "female", "male" or None.
        sentence: scripted sentence, or None.
        language: BCP 47 tag, where the corpus holds several languages.
        session: recording session, where several speakers share one.
        start: where the utterance begins in its file, in seconds.
        end: where it ends, None for the end of the file.
        arousal: as the owner rated it, None where nobody did.
        valence: the same of pleasantness.
    """

    key: str
    label: str
    speaker: str | None
    gender: str | None = None
    sentence: str | None = None
    language: str | None = None
    session: str | None = None
    start: float = 0.0
    end: float | None = None
    arousal: float | None = None
    valence: float | None = None


@dataclass(frozen=True)
class Problem:
    """A file that a scan left out, and why.

    Attributes:
        path: the file.
        reason: one sentence.
        kind: what is the matter, in a word.
    """

    path: str
    reason: str
    kind: Kind = Kind.FOREIGN

    @property
    def unusable(self) -> bool:
        """Whether the file is one of the corpus that cannot be used, and not a stranger."""
        return self.kind == Kind.UNUSABLE

    @property
    def of_all(self) -> bool:
        """Whether it is about the data as a whole, and not about a file that is left out."""
        return self.kind in (Kind.SPEAKERS, Kind.UNREAD)

    @property
    def sentence(self) -> str:
        """The reason with the file before it."""
        # What audio is refused for names the file already.
        return self.reason if self.reason.startswith(self.path) else f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Scan:
    """What a scan of a corpus folder found.

    Attributes:
        corpus: registered name.
        root: folder that was scanned.
        rows: one row an utterance, sorted by id.
        problems: files left out, with the reason.
        warnings: sentences about the corpus as a whole, such as counts that differ from the published ones.
    """

    corpus: str
    root: Path
    rows: "Dataset"
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def not_utf8(path: str, utterance: Utterance) -> Problem | None:
    """Say which name of a clip is in another encoding than the system's: no table and no JSON file can hold it.

    Args:
        path: the file, or the part of it.
        utterance: what is said of it.
    """
    told = (path, utterance.key, utterance.label, utterance.speaker, utterance.session, utterance.sentence)
    lost = next((text for text in told if text and not is_utf8(text)), None)
    if lost is None:
        return None
    reason = f"'{one_line(lost)}' is not UTF-8, expected names that are: rename it, such as by convmv."
    return Problem(path, reason, Kind.UNUSABLE)


def torn(path: Path, first: Row, what: str, said: str | None) -> Problem:
    """Return what is to be said of a clip that is there already, under another label or speaker.

    Args:
        path: the file.
        first: the row that is there.
        what: "label" or "speaker".
        said: what is said of it now.
    """
    reason = (
        f"gives utterance {first.id} the {what} '{said}', which {first.path} is given as '{getattr(first, what)}': "
        "the first is taken; find out which is right."
    )
    return Problem(str(path), reason, Kind.CONFLICT)


def differences(
    name: str, rows: Sequence[Row], clips: Mapping[str, int], speakers: Mapping[str, int] | int | None
) -> list[str]:
    """Say in sentences where counts differ from the published ones.

    Args:
        name: the corpus.
        rows: what was found.
        clips: published number of utterances for each of the owner's labels; empty if none is published.
        speakers: published number of utterances of each speaker, or the number of speakers, None if neither is.
    """
    sentences = []
    found = Counter(row.label for row in rows)
    wrong = [f"{label} {found[label]} of {count}" for label, count in clips.items() if found[label] != count]
    if wrong:
        sentences.append(
            f"{name}: {len(rows)} utterances found, {sum(clips.values())} published ({shortened(wrong, 12)}): "
            "the copy differs."
        )
    heard = Counter(row.speaker for row in rows if row.speaker is not None)
    expected = speakers if isinstance(speakers, int) or speakers is None else len(speakers)
    if expected is not None and len(heard) != expected:
        sentences.append(f"{name}: {len(heard)} speakers found, {expected} published.")
    if isinstance(speakers, Mapping):
        absent = [speaker for speaker in speakers if speaker not in heard]
        if absent:
            sentences.append(f"{name}: nothing of {_counted(absent, 'speaker')} found.")
        few = [
            f"{speaker} {heard[speaker]} of {count}"
            for speaker, count in speakers.items()
            if speaker in heard and heard[speaker] != count
        ]
        if few:
            sentences.append(f"{name}: {len(few)} speakers with other counts than published ({shortened(few)}).")
    return sentences


def plain(name: str) -> str:
    """Return a name in lower case, its ASCII letters and digits only, to compare it by.

    Args:
        name: of a folder or a column.

    Example:
        >>> plain("CREMA-D")
        'cremad'
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())


def listed(text: str) -> frozenset[str]:
    """Return the words of a list that is written on one line.

    Args:
        text: words with blanks between them.

    Example:
        >>> sorted(listed(".wav .flac"))
        ['.flac', '.wav']
    """
    return frozenset(text.split())


def shortened(items: Iterable[str], most: int = 8) -> str:
    """Return the first few of the items for a message.

    Args:
        items: what the message speaks of.
        most: how many are written out.

    Example:
        >>> shortened("abcde", 3)
        'a, b, c and 2 more'
    """
    items = list(items)
    shown = ", ".join(items[:most]) or "nothing"
    return f"{shown} and {len(items) - most} more" if len(items) > most else shown


def _counted(names: Sequence[str], what: str) -> str:
    return f"{what}{'s' if len(names) > 1 else ''} {shortened(names)}"
