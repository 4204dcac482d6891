"""What a corpus is: facts about it, a way to read its file names, and a scan that reports instead of stopping."""

import inspect
import os
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from humpcat import audio
from humpcat.corpora.copies import second_files, together
from humpcat.corpora.finding import SeveralFoldersError, candidates, nearest, subfolders
from humpcat.corpora.rows import Row, to_dataset
from humpcat.corpora.scan import Kind, Problem, Scan, Utterance, differences, not_utf8, shortened, torn
from humpcat.errors import AudioError, CorpusError
from humpcat.files import absence
from humpcat.segment import address

if TYPE_CHECKING:
    from datasets import Dataset

DATA_VARIABLE = "HUMPCAT_DATA"
"""Environment variable that names the folder of corpora when ``--data-dir`` is not given."""

# An owner may offer the same clips twice, as CREMA-D does; the copy that lost nothing is read.
_LOSSY = frozenset({".mp3", ".ogg", ".oga", ".opus"})


class Corpus(ABC):
    """Everything humpcat knows of one corpus; a subclass is one file of this folder.

    Attributes:
        name: how the corpus is asked for; its folder under ``--data-dir`` carries this name, whatever its case
            and punctuation ("CREMA-D" is found as ``cremad``).
        title: the owner's name for it.
        languages: BCP 47 tags; the first is the default of an utterance.
        homepage: where the owner offers it.
        licence: under which terms.
        citation: what to cite.
        labels: the owner's label to the canonical emotion, None for a label that has none.
        expected: published number of utterances for each of the owner's labels; empty where releases differ.
        expected_speakers: published number of utterances of each speaker, or the number of speakers where the
            owner gives no more, None where releases differ.
        quirks: key of an utterance to what is wrong with it in the original, so that it is not taken for damage.
        aliases: further folder names that are common.
        marks: words that the name of its folder holds, wherever it comes from, in lower case.
        place: folder within the corpus in which the owner keeps the clips, where there is one; of two files of an
            utterance, the one that lies there is read.
        apart: folder within the corpus to what it holds in place of speech, such as laryngograms; it is left out.
        tells_unread: whether a scan says itself which files of other endings lie there.
        left_out: labels that are no class even where labels are taken as they are.
        scale: smallest and largest value of the owner's ratings of arousal and valence, None where there are none.
        target_for: language code whose default target corpus this is, if any.
        cast: a name that corpora share in which a speaker's name means the same person, as in two parts of what one
            owner recorded; None where names mean somebody within this corpus only.
    """

    name: str
    title: str
    languages: tuple[str, ...]
    homepage: str
    licence: str
    citation: str
    labels: Mapping[str, str | None]
    expected: Mapping[str, int]
    expected_speakers: Mapping[str, int] | int | None
    quirks: Mapping[str, str] = {}
    aliases: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    place: str | None = None
    apart: Mapping[str, str] = {}
    scale: tuple[float, float] | None = None
    tells_unread: bool = False
    left_out: frozenset[str] = frozenset()
    target_for: str | None = None
    cast: str | None = None

    @property
    def clips(self) -> int | None:
        """Published number of utterances, None where releases differ."""
        return sum(self.expected.values()) or None

    @property
    def about(self) -> str:
        """What the corpus' file says of it, empty where it says nothing."""
        return inspect.cleandoc(getattr(sys.modules.get(type(self).__module__), "__doc__", None) or "")

    @property
    def layouts(self) -> tuple[str, ...]:
        """How a copy may lie on disk, the owner's layout first, by an example."""
        return (self.example_path(), "the same in folders one level deeper, or in another audio format")

    @property
    def speakers(self) -> int | None:
        """Published number of speakers, None where releases differ."""
        known = self.expected_speakers
        return len(known) if isinstance(known, Mapping) else known

    @abstractmethod
    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield each utterance below ``root`` with its audio file.

        Args:
            root: the corpus folder.
            problems: takes what cannot be used; foreign files that are not audio are passed over.
        """

    def find(self, data_dir: str | Path | None = None) -> Path:
        """Return the corpus folder below ``data_dir`` (or below ``$HUMPCAT_DATA``), or ``data_dir`` itself.

        A folder is known by its name, or by a mark in it: ``ravdess-emotional-speech-audio`` is RAVDESS.

        Raises:
            CorpusError: there is no such folder, or there are several; the message names what is there, and where the
                owner offers the corpus.
        """
        data_dir = data_dir or os.environ.get(DATA_VARIABLE)
        if not data_dir:
            raise CorpusError(
                f"corpus '{self.name}': no data folder was named: pass --data-dir or set {DATA_VARIABLE}; "
                f"{self._offer()}"
            )
        base = Path(data_dir).expanduser()
        if not base.is_dir():
            raise CorpusError(f"data folder {base}: {absence(base)}: check --data-dir or {DATA_VARIABLE}.")
        found = candidates(base, (self.name, *self.aliases), self.marks)
        if len(found) > 1:
            found = [folder for folder in found if next(self.utterances(folder, []), None)] or found
        if len(found) == 1:
            return found[0]
        if found:
            raise SeveralFoldersError(
                f"corpus '{self.name}': {base} holds {len(found)} folders that may be it "
                f"({shortened([folder.name for folder in found])}): name one by --data-dir {found[0]}."
            )
        children = subfolders(base)
        near = nearest((self.name, *self.aliases, *self.marks), children)
        asked = f"; is it '{near.name}'? Then rename that to '{self.name}'" if near else ""
        raise CorpusError(
            f"corpus '{self.name}': {base} holds no folder '{self.name}' "
            f"(found {shortened([child.name for child in children])}){asked}; {self._offer()}"
        )

    def scan(self, root: str | Path) -> Scan:
        """Read every utterance below ``root``; files that cannot be used are reported, not fatal.

        Args:
            root: the corpus folder, in the owner's layout, flattened, or one level deeper.

        Raises:
            CorpusError: the folder is missing, or nothing in it is of this corpus.
        """
        root = Path(root)
        if not root.is_dir():
            raise CorpusError(f"corpus '{self.name}': {root} is not a folder: check the path; {self._offer()}")
        rows: dict[str, Row] = {}
        problems: list[Problem] = []
        again: list[tuple[Path, Utterance, Row]] = []
        found = sorted(
            self._speech(root, problems),
            key=lambda pair: (pair[0].suffix.lower() in _LOSSY, self._elsewhere(root, pair[0])),
        )
        for path, utterance in found:
            first = rows.get(f"{self.name}/{utterance.key}")
            if first is None:
                row = self._row(path, utterance, problems)
                if row is not None:
                    rows[row.id] = row
            elif first.label == utterance.label or self._mean_the_same(first.label, utterance.label):
                again.append((path, utterance, first))
            else:
                problems.append(torn(path, first, "label", utterance.label))
        if not rows:
            raise self._nothing_usable(root, problems)
        problems += together(self._second_files(again, rows, problems), root)
        return Scan(
            self.name,
            root,
            to_dataset(rows.values()),
            problems,
            differences(self.name, list(rows.values()), self.expected, self.expected_speakers),
        )

    def key_of(self, root: Path, path: Path) -> str | None:
        """Return the utterance that a file is named after, whatever its ending; None where names do not tell it.

        Args:
            root: the corpus folder.
            path: the file.
        """
        return None

    @abstractmethod
    def example_path(self) -> str:
        """Return one path of the owner's layout, relative to the corpus folder."""

    def require_words(self, rows: "Dataset", column: str) -> None:
        """Refuse labels that would be left out because nobody said what they mean; those of an owner are known.

        Args:
            rows: the rows of a scan.
            column: the column that is made classes of: "emotion", or "label" for labels as they are.
        """
        return

    def another_key(self, path: Path, utterance: Utterance) -> str | None:
        """Return a key of its own for a file that is no copy of the one that has its key; None to leave it out.

        Args:
            path: the file.
            utterance: what its name says.
        """
        return None

    def _second_files(
        self, again: list[tuple[Path, Utterance, Row]], rows: dict[str, Row], problems: list[Problem]
    ) -> list[Problem]:
        """Compare files with those that have their names; return what is left out, and add what has another key."""
        left_out: list[Problem] = []
        told = second_files([(_address(path, own), row.path, f"utterance {row.id} of ") for path, own, row in again])
        for (path, utterance, first), problem in zip(again, told, strict=True):
            if problem.kind == Kind.REPEATED and (utterance.speaker or first.speaker) != first.speaker:
                problems.append(torn(path, first, "speaker", utterance.speaker))
                continue
            key = self.another_key(path, utterance) if problem.kind == Kind.CONFLICT else None
            row = self._row(path, replace(utterance, key=key), problems) if key else None
            if row is not None and row.id not in rows:
                rows[row.id] = row
            else:
                left_out.append(problem)
        return left_out

    def _speech(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield the utterances; what lies in folders of another kind is counted in one problem each."""
        counts: Counter[str] = Counter()
        for path, utterance in self.utterances(root, problems):
            other = next((folder for folder in self.apart if folder in _folders(root, path)), None)
            if other is None:
                yield path, utterance
            else:
                counts[other] += 1
        for folder, count in counts.items():
            reason = f"holds {count} {self.apart[folder]} in folders '{folder}', which are not speech: left out."
            problems.append(Problem(str(root), reason, Kind.APART))

    def _elsewhere(self, root: Path, path: Path) -> bool:
        return self.place is not None and self.place.lower() not in _folders(root, path)

    def _row(self, path: Path, utterance: Utterance, problems: list[Problem]) -> Row | None:
        if utterance.label not in self.labels:
            problems.append(
                Problem(
                    str(path),
                    f"label '{utterance.label}' is unknown to {self.name}, expected one of {', '.join(self.labels)}.",
                    Kind.UNLABELLED,
                )
            )
            return None
        place = _address(path, utterance)
        if (lost := not_utf8(place, utterance)) is not None:
            problems.append(lost)
            return None
        try:
            duration = audio.probe(place).duration
        except AudioError as error:
            problems.append(Problem(place, str(error), Kind.UNUSABLE))
            return None
        return Row(
            id=f"{self.name}/{utterance.key}",
            corpus=self.name,
            path=place,
            label=utterance.label,
            emotion=self.labels[utterance.label],
            speaker=utterance.speaker,
            gender=utterance.gender,
            language=utterance.language or self.languages[0],
            sentence=utterance.sentence,
            session=utterance.session or utterance.speaker,
            duration=duration,
            arousal=utterance.arousal,
            valence=utterance.valence,
        )

    def _mean_the_same(self, label: str, other: str) -> bool:
        emotion = self.labels.get(label)
        return emotion is not None and emotion == self.labels.get(other)

    def _nothing_usable(self, root: Path, problems: list[Problem]) -> CorpusError:
        seen = f"; the first of {len(problems)} problems: {problems[0].path}: {problems[0].reason}" if problems else ""
        return CorpusError(
            f"corpus '{self.name}': nothing in {root} is named as its owner names it, "
            f"expected for example {self.example_path()}{seen}; {self._offer()}"
        )

    def _offer(self) -> str:
        return f"{self.title} is offered at {self.homepage} under: {self.licence}."


def _folders(root: Path, path: Path) -> set[str]:
    """Return the names of the folders from the root down to a file, in lower case."""
    within = path.relative_to(root) if path.is_relative_to(root) else path
    return {part.lower() for part in within.parts[:-1]}


def _address(path: Path, utterance: Utterance) -> str:
    return address(path, utterance.start, utterance.end)
