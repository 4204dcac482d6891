"""The user's own data as a corpus like any other."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from humpcat.corpora.base import Corpus
from humpcat.corpora.files import audio_files
from humpcat.corpora.own.clips import OwnClip
from humpcat.corpora.own.places import Places
from humpcat.corpora.own.speakers import not_people
from humpcat.corpora.own.unknown_words import lost, mend, unknown_words
from humpcat.corpora.own.wording import emotions_of
from humpcat.corpora.rows import Row, to_dataset
from humpcat.corpora.scan import Kind, Problem, Scan, Utterance, shortened
from humpcat.corpora.unread import unread, unread_problems
from humpcat.errors import CorpusError
from humpcat.segment import parsed

if TYPE_CHECKING:
    from datasets import Dataset


class OwnCorpus(Corpus):
    """Clips that a folder, a table or a dataset describes; nothing about them is published.

    Args:
        name: how the corpus is called, and what its ids begin with.
        place: what was given, for messages.
        root: folder that relative paths start from.
        clips: what the folder, table or dataset tells; at least one.
        labels: the user's word for some labels; the others are understood by their wording.
        language: BCP 47 tag of clips that have none of their own.
        notes: sentences that a scan shall repeat as warnings.
        surveyed: folder whose files the clips are to account for, so that what is not read there is told.
        described: files in it that describe the clips.
        searched: whether files that do not lie where they are named may lie anywhere below the root.
        trusted: further folders that files may lie in; nothing is read from elsewhere.
        own_classes: whether labels are classes as they are, whatever they mean.

    Raises:
        CorpusError: ``labels`` names an emotion that is not canonical.
    """

    licence = "the terms of whoever recorded it"
    citation = "none: own data"
    expected: Mapping[str, int] = {}
    expected_speakers = None
    tells_unread = True

    def __init__(
        self,
        name: str,
        place: str,
        root: Path,
        clips: Sequence[OwnClip],
        labels: Mapping[str, str | None],
        language: str,
        notes: Sequence[str] = (),
        *,
        surveyed: Path | None = None,
        described: Sequence[Path] = (),
        searched: bool = False,
        trusted: Sequence[Path] = (),
        own_classes: bool = False,
    ) -> None:
        self.name = name
        self.title = f"own data in {place}"
        self.homepage = place
        self.languages = (language, *sorted({clip.language for clip in clips if clip.language} - {language}))
        self.labels = emotions_of((clip.label for clip in clips if clip.label), labels)
        self.left_out = frozenset(label for label, emotion in labels.items() if emotion is None)
        self._root = root
        self._clips = clips
        self._mapped = labels
        self._notes = notes
        self._surveyed = surveyed
        self._described = frozenset(described)
        self._searched = searched
        self._trusted = trusted
        self._own_classes = own_classes

    def find(self, data_dir: str | Path | None = None) -> Path:
        """Return the folder that was given, wherever the registered corpora lie."""
        return self._root

    def scan(self, root: str | Path) -> Scan:
        """Read every clip, and say what is not known of them; clips that cannot be used are reported.

        Args:
            root: the folder that :meth:`find` returns, or where it was moved to.

        Raises:
            CorpusError: the folder is missing, or none of the clips can be used.
        """
        scan = super().scan(root)
        rows, problems = scan.rows, list(scan.problems)
        if self._surveyed is not None:
            problems += self._not_read(scan)
        spellings = [*self._unlike_speakers(rows), *self._unlike_labels(rows)]
        others = not_people(list(zip(rows["speaker"], rows["label"], strict=True)))
        if others:
            problems.append(Problem(self.homepage, self._not_people(others), Kind.SPEAKERS))
            # Nobody must take them for people from here on, whatever is built on the rows.
            rows = to_dataset(replace(Row(**row), speaker=None, session=None) for row in rows)
        words, unknown = self._unknown_labels(rows)
        problems += [Problem(self.homepage, sentence, Kind.UNLABELLED) for sentence in words]
        warnings = [*self._notes, *([] if others else self._unknown_speakers(rows)), *spellings, *unknown]
        sentences = [f"{self.name}: {sentence}" for sentence in warnings]
        return replace(scan, rows=rows, problems=problems, warnings=sentences)

    def require_words(self, rows: "Dataset", column: str) -> None:
        """Refuse labels that would be left out because nobody said what they mean.

        Args:
            rows: the rows of a scan.
            column: the column that is made classes of: "emotion", or "label" for labels as they are.

        Raises:
            CorpusError: more than ``LOST_SHARE`` of the clips have such labels, or a label that is near a word for
                an emotion of which there is no other clip.
        """
        if column == "label" or self._own_classes:
            return
        unknown = unknown_words(rows["label"], self.labels, self._mapped)
        if lost(unknown, rows["label"], self.labels):
            raise CorpusError(
                f"{self.name}: {unknown.total()} of {len(rows)} clips have labels that are not understood "
                f"({shortened([f'{label} {count}' for label, count in unknown.most_common()], 12)}), and would be "
                f"left out: {mend(unknown)}."
            )

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield each clip that has a label and an audio file."""
        places = Places(root, searched=self._searched, trusted=self._trusted)
        outside: list[OwnClip] = []
        for clip in self._clips:
            path = places.find(clip.file)
            if clip.fault is not None:
                problems.append(Problem(clip.source, f"{clip.where} {clip.fault}: left out.", Kind.UNUSABLE))
            elif clip.label is None:
                problems.append(
                    Problem(clip.source, f"{clip.where} has no label: left out.".lstrip(), Kind.UNLABELLED)
                )
            elif path is None and not self._searched and places.leads_out(clip.file):
                outside.append(clip)
            elif path is None:
                searched = self._searched and not places.leads_out(clip.file)
                named = _not_found(clip.file, root, places.likely(clip.file), searched=searched)
                problems.append(Problem(clip.source, f"{clip.where} {named}: left out.".lstrip(), Kind.MISSING))
            else:
                yield (
                    path,
                    Utterance(
                        key=clip.key,
                        label=clip.label,
                        speaker=clip.speaker,
                        gender=clip.gender,
                        sentence=clip.sentence,
                        language=clip.language,
                        session=clip.session,
                        start=clip.start,
                        end=clip.end,
                        arousal=clip.arousal,
                        valence=clip.valence,
                    ),
                )
        if outside:
            problems.append(Problem(outside[0].source, _outside(outside, root), Kind.UNREAD))

    def example_path(self) -> str:
        """Return the first clip's path, relative to the root."""
        return self._clips[0].name

    def another_key(self, path: Path, utterance: Utterance) -> str | None:
        """Return the name with its ending, where two recordings differ by that only: ``1.wav`` and ``1.mp3``."""
        whole = f"{utterance.key}{path.suffix}"
        return whole if path.as_posix().endswith(f"/{whole}") else None

    def _not_read(self, scan: Scan) -> list[Problem]:
        # A folder of clips may have been moved since.
        folder = scan.root if self._surveyed == self._root else self._surveyed
        assert folder is not None
        read = {Path(segment.path if (segment := parsed(path)) else path) for path in scan.rows["path"]}
        files = [path for path in unread(folder, videos=True) if path not in self._described]
        problems = unread_problems(folder, files, read)
        told = read | {Path(problem.path) for problem in scan.problems}
        unnamed = [path for path in audio_files(folder, videos=True) if path not in told]
        if unnamed and not any(problem.kind == Kind.UNLABELLED for problem in scan.problems):
            names = shortened([str(path.relative_to(folder)) for path in unnamed], 3)
            reason = (
                f"not read: {len(unnamed)} audio files that no line names ({names}): name them, if they are clips."
            )
            problems.append(Problem(str(folder), reason, Kind.APART))
        return problems

    def _not_people(self, others: str) -> str:
        return (
            f"{others}, so that nobody is kept apart by them: they are taken as not known, and no figure is called "
            "speaker-disjoint: name people by a column (--columns speaker=...), by --speaker-level N where folders of "
            "people are, or by --speaker-pattern."
        )

    def _unknown_speakers(self, rows: "Dataset") -> list[str]:
        speakers = rows["speaker"]
        unknown = sum(speaker is None for speaker in speakers)
        if not unknown:
            return []
        loud = "NO SPEAKER IS KNOWN"
        if unknown < len(speakers):
            loud = f"THE SPEAKER OF {unknown} OF {len(speakers)} CLIPS IS NOT KNOWN"
        return [
            f"{loud}: no split can guarantee that nobody is heard both in training and "
            "in the test, so scores may be too high: name speakers by a column (--columns speaker=...), by "
            "--speaker-level or by --speaker-pattern."
        ]

    def _unlike_speakers(self, rows: "Dataset") -> list[str]:
        alike = _spelt_unlike(rows["speaker"])
        if not alike:
            return []
        return [
            f"speakers that differ by case or blanks only ({shortened(alike)}) are taken for several people: spell "
            "them alike if they are one, or that one may be heard both in training and in the test."
        ]

    def _unlike_labels(self, rows: "Dataset") -> list[str]:
        alike = _spelt_unlike(rows["label"]) if self._own_classes else []
        if not alike:
            return []
        return [
            f"labels that differ by case or blanks only ({shortened(alike)}) are classes of their own: spell them "
            "alike if they are one."
        ]

    def _unknown_labels(self, rows: "Dataset") -> tuple[list[str], list[str]]:
        """Return what is to be said of labels that are not understood: as faults, and as warnings."""
        faults: list[str] = []
        sentences: list[str] = []
        unknown: Counter[str] = (
            Counter() if self._own_classes else unknown_words(rows["label"], self.labels, self._mapped)
        )
        if unknown:
            found = shortened([f"{label} {count}" for label, count in unknown.most_common()], 20)
            sentence = f"labels that mean no known emotion (clips): {found}: {mend(unknown)}."
            # Where no label is understood, they are classes of the user's own, and will be used as such.
            some = any(self.labels[label] is not None for label in set(rows["label"]))
            (faults if some and lost(unknown, rows["label"], self.labels) else sentences).append(sentence)
        unused = [label for label in self._mapped if label not in self.labels]
        if unused:
            sentences.append(f"--labels maps {shortened(unused)}, which no clip carries: check the spelling.")
        return faults, sentences

    def _nothing_usable(self, root: Path, problems: list[Problem]) -> CorpusError:
        # Every clip became a problem. What the base class would say speaks of an owner's file names.
        first = problems[0]
        reason = first.reason.removeprefix(f"{first.path}: ")
        return CorpusError(
            f"corpus '{self.name}': none of its {len(self._clips)} clips can be used, the first: "
            f"{first.path}: {reason}"
        )

    def _offer(self) -> str:
        return f"it stands for {self.title}."


def _outside(clips: Sequence[OwnClip], root: Path) -> str:
    """Say which lines name files that a table may not name."""
    others = f", and {len(clips) - 1} more lines name the like" if len(clips) > 1 else ""
    return (
        f"{clips[0].where} names {clips[0].file}, which lies outside {root}, the folder that its paths start from"
        f"{others}: left out unread; if they are yours, name the folder that holds them by --audio-folder."
    ).lstrip()


def _not_found(file: str | None, root: Path, likely: Sequence[Path], *, searched: bool) -> str:
    """Say why nobody knows which file a line means."""
    if not file:
        return "names no audio file"
    if likely:
        found = shortened([str(path.relative_to(root)) for path in likely], 3)
        return f"names {file}, which may be any of {len(likely)} files below {root} ({found}): write one of these"
    return f"names {file}, which is no file below {root}" + (
        "" if searched else " (--audio-folder names another folder)"
    )


def _spelt_unlike(names: Iterable[str | None]) -> list[str]:
    """Return names that differ by case or blanks only, each group in words."""
    spellings: dict[str, set[str]] = {}
    for name in set(names) - {None}:
        assert name is not None
        spellings.setdefault(" ".join(name.casefold().split()), set()).add(name)
    return [" and ".join(sorted(own)) for _, own in sorted(spellings.items()) if len(own) > 1]
