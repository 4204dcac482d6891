"""A checkup: all clips of a corpus decoded and measured, what is the matter with them, and tables of them."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from humpcat.corpora.base import Corpus
from humpcat.corpora.doctor.findings import CheckedClip, Remark, Severity, findings
from humpcat.corpora.doctor.measures import Measures, measure_all
from humpcat.corpora.rows import Row

FORMAT = "humpcat.check/1"
"""Name and version of what :meth:`Checkup.to_dict` returns."""

UNKNOWN = "not known"
"""How the tables name the speaker of a clip whose speaker is not known."""


@dataclass(frozen=True)
class Amount:
    """How much there is of a label or a speaker.

    Attributes:
        clips: number of usable clips.
        minutes: how long they last together.
        published: number of clips that the owner gives, None where none is given.
    """

    clips: int
    minutes: float
    published: int | None


@dataclass(frozen=True)
class Checkup:
    """What a check of a corpus found.

    Attributes:
        corpus: what is known of the corpus.
        root: the folder that was checked.
        clips: every utterance, sorted by id.
        findings: what is the matter, errors first.
    """

    corpus: Corpus
    root: Path
    clips: tuple[CheckedClip, ...]
    findings: tuple[Remark, ...]

    @property
    def errors(self) -> int:
        """Number of findings that make the corpus unfit."""
        return sum(remark.severity == Severity.ERROR for remark in self.findings)

    @property
    def notes(self) -> int:
        """Number of findings that only have to be known."""
        return len(self.findings) - self.errors

    @property
    def healthy(self) -> bool:
        """Whether no error was found."""
        return self.errors == 0

    @property
    def headline(self) -> str:
        """The outcome in a line."""
        notes = f"{self.notes} note{'' if self.notes == 1 else 's'}"
        if self.healthy:
            return f"healthy, {notes}" if self.notes else "healthy"
        return f"{self.errors} error{'' if self.errors == 1 else 's'}, {notes}"

    @cached_property
    def usable(self) -> list[tuple[Row, Measures]]:
        """The clips that could be decoded; tables and pictures are made of them."""
        return [(clip.row, clip.measures) for clip in self.clips if clip.measures is not None]

    @property
    def minutes(self) -> float:
        """How long the usable clips last together."""
        return sum(measures.duration for _, measures in self.usable) / 60

    @property
    def durations(self) -> dict[str, float]:
        """Shortest, median and longest duration in seconds; empty if no clip is usable."""
        seconds = [measures.duration for _, measures in self.usable]
        return {"min": min(seconds), "median": median(seconds), "max": max(seconds)} if seconds else {}

    @property
    def ratings(self) -> dict[str, dict[str, float]]:
        """Arousal and valence, where clips are rated: clips, smallest, mean and largest value."""
        found = {}
        for name in ("arousal", "valence"):
            values = [value for row, _ in self.usable if (value := getattr(row, name)) is not None]
            if values:
                found[name] = {
                    "clips": len(values),
                    "min": min(values),
                    "mean": sum(values) / len(values),
                    "max": max(values),
                }
        return found

    @cached_property
    def labels(self) -> dict[str, Amount]:
        """The owner's labels in the owner's order, those without a clip included."""
        return self._amounts("label", dict.fromkeys(self.corpus.labels), self.corpus.expected)

    @cached_property
    def speakers(self) -> dict[str, Amount]:
        """The speakers by name, those that are published and not there included."""
        published = self.corpus.expected_speakers
        by_name = published if isinstance(published, Mapping) else {}
        heard = {row.speaker or UNKNOWN for row, _ in self.usable}
        return self._amounts("speaker", dict.fromkeys(sorted(heard | set(by_name))), by_name)

    @cached_property
    def table(self) -> dict[str, dict[str, int]]:
        """Number of clips by speaker and label."""
        counts = Counter((row.speaker or UNKNOWN, row.label) for row, _ in self.usable)
        return {speaker: {label: counts[speaker, label] for label in self.labels} for speaker in self.speakers}

    def to_dict(self) -> dict[str, Any]:
        """Return everything in plain dicts, lists, strings and numbers."""
        measured = [measures for _, measures in self.usable]
        return {
            "format": FORMAT,
            "corpus": self.corpus.name,
            "title": self.corpus.title,
            "root": str(self.root),
            "healthy": self.healthy,
            "errors": self.errors,
            "notes": self.notes,
            "clips": len(self.usable),
            "minutes": self.minutes,
            "seconds": self.durations,
            "ratings": self.ratings,
            "labels": {name: asdict(amount) for name, amount in self.labels.items()},
            "speakers": {name: asdict(amount) for name, amount in self.speakers.items()},
            "labels_by_speaker": self.table,
            "sampling_rates": _counted(measured, "sampling_rate"),
            "channels": _counted(measured, "channels"),
            "codings": _counted(measured, "coding"),
            "findings": [asdict(remark) | {"files": list(remark.files)} for remark in self.findings],
            "utterances": [
                {
                    name: getattr(clip.row, name)
                    for name in ("id", "path", "label", "emotion", "speaker", *self.ratings)
                }
                | (asdict(clip.measures) if clip.measures is not None else {"reason": clip.reason})
                for clip in self.clips
            ],
        }

    def _amounts(self, column: str, names: dict[str, None], published: Mapping[str, int]) -> dict[str, Amount]:
        seconds: dict[str, list[float]] = defaultdict(list)
        for row, measures in self.usable:
            seconds[getattr(row, column) or UNKNOWN].append(measures.duration)
        return {name: Amount(len(seconds[name]), sum(seconds[name]) / 60, published.get(name)) for name in names}


def check(corpus: Corpus, root: str | Path) -> Checkup:
    """Scan a corpus, decode every clip of it on all cores, and say what is the matter.

    Args:
        corpus: a registered corpus, or any other.
        root: its folder.

    Raises:
        CorpusError: the folder is missing, or nothing in it is of this corpus.
    """
    scan = corpus.scan(root)
    rows = [Row(**{name: record[name] for name in Row.__dataclass_fields__}) for record in scan.rows]
    measured = measure_all([row.path for row in rows])
    clips = tuple(
        CheckedClip(row, None, found) if isinstance(found, str) else CheckedClip(row, found)
        for row, found in zip(rows, measured, strict=True)
    )
    return Checkup(corpus, scan.root, clips, tuple(findings(corpus, scan, clips)))


def _counted(measured: list[Measures], name: str) -> dict[str, int]:
    return {str(value): count for value, count in Counter(getattr(each, name) for each in measured).most_common()}
