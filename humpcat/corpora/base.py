"""What a corpus is: facts about it, a way to read its file names, and a scan that reports instead of stopping."""

import os
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from humpcat import audio
from humpcat.corpora.rows import Row, to_dataset
from humpcat.errors import AudioError, CorpusError

if TYPE_CHECKING:
    from datasets import Dataset

DATA_VARIABLE = "HUMPCAT_DATA"
"""Environment variable that names the folder of corpora when ``--data-dir`` is not given."""


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
    """

    key: str
    label: str
    speaker: str | None
    gender: str | None = None
    sentence: str | None = None
    language: str | None = None
    session: str | None = None


@dataclass(frozen=True)
class Problem:
    """A file that a scan left out, and why.

    Attributes:
        path: the file.
        reason: one sentence.
        unusable: whether the file is one of the corpus that cannot be used, and not a stranger.
    """

    path: str
    reason: str
    unusable: bool = False


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
        expected: published number of utterances for each of the owner's labels.
        expected_speakers: published number of speakers.
        aliases: further folder names that are common.
        target_for: language code whose default target corpus this is, if any.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    languages: ClassVar[tuple[str, ...]]
    homepage: ClassVar[str]
    licence: ClassVar[str]
    citation: ClassVar[str]
    labels: ClassVar[Mapping[str, str | None]]
    expected: ClassVar[Mapping[str, int]]
    expected_speakers: ClassVar[int]
    aliases: ClassVar[tuple[str, ...]] = ()
    target_for: ClassVar[str | None] = None

    @abstractmethod
    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield each utterance below ``root`` with its audio file.

        Args:
            root: the corpus folder.
            problems: takes what cannot be used; foreign files that are not audio are passed over.
        """

    def find(self, data_dir: str | Path | None = None) -> Path:
        """Return the corpus folder below ``data_dir`` (or below ``$HUMPCAT_DATA``), or ``data_dir`` itself.

        Raises:
            CorpusError: there is no such folder; the message says where the owner offers the corpus.
        """
        data_dir = data_dir or os.environ.get(DATA_VARIABLE)
        if not data_dir:
            raise CorpusError(
                f"corpus '{self.name}': no data folder was named: pass --data-dir or set {DATA_VARIABLE}; "
                f"{self._offer()}"
            )
        base = Path(data_dir)
        if not base.is_dir():
            raise CorpusError(f"data folder {base}: no such folder: check --data-dir or {DATA_VARIABLE}.")
        wanted = {_plain(name) for name in (self.name, *self.aliases)}
        candidates = [base, *sorted(child for child in base.iterdir() if child.is_dir())]
        for folder in candidates:
            if _plain(folder.resolve().name) in wanted:
                return folder
        raise CorpusError(
            f"corpus '{self.name}': {base} holds no folder '{self.name}' "
            f"(found {_shortened([child.name for child in candidates[1:]])}); {self._offer()}"
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
        for path, utterance in self.utterances(root, problems):
            row = self._row(path, utterance, problems)
            if row is None:
                continue
            if row.id in rows:
                problems.append(Problem(str(path), f"repeats utterance {row.id} of {rows[row.id].path}: left out."))
            else:
                rows[row.id] = row
        if not rows:
            seen = (
                f"; the first of {len(problems)} problems: {problems[0].path}: {problems[0].reason}"
                if problems
                else ""
            )
            raise CorpusError(
                f"corpus '{self.name}': nothing in {root} is named as its owner names it, "
                f"expected for example {self.example_path()}{seen}; {self._offer()}"
            )
        return Scan(self.name, root, to_dataset(rows.values()), problems, self._differences(list(rows.values())))

    @abstractmethod
    def example_path(self) -> str:
        """Return one path of the owner's layout, relative to the corpus folder."""

    def _row(self, path: Path, utterance: Utterance, problems: list[Problem]) -> Row | None:
        if utterance.label not in self.labels:
            problems.append(
                Problem(
                    str(path),
                    f"label '{utterance.label}' is unknown to {self.name}, expected one of {', '.join(self.labels)}.",
                )
            )
            return None
        try:
            duration = audio.probe(path).duration
        except AudioError as error:
            problems.append(Problem(str(path), str(error), unusable=True))
            return None
        return Row(
            id=f"{self.name}/{utterance.key}",
            corpus=self.name,
            path=str(path),
            label=utterance.label,
            emotion=self.labels[utterance.label],
            speaker=utterance.speaker,
            gender=utterance.gender,
            language=utterance.language or self.languages[0],
            sentence=utterance.sentence,
            session=utterance.session or utterance.speaker,
            duration=duration,
        )

    def _differences(self, rows: list[Row]) -> list[str]:
        """Say in sentences where counts differ from the published ones."""
        found = Counter(row.label for row in rows)
        wrong = [
            f"{label} {found[label]} of {count}" for label, count in self.expected.items() if found[label] != count
        ]
        sentences = []
        if wrong:
            total = sum(self.expected.values())
            sentences.append(
                f"{self.name}: {len(rows)} utterances found, {total} published ({_shortened(wrong, 12)}): "
                "the copy differs."
            )
        speakers = {row.speaker for row in rows if row.speaker is not None}
        if len(speakers) != self.expected_speakers:
            sentences.append(f"{self.name}: {len(speakers)} speakers found, {self.expected_speakers} published.")
        return sentences

    def _offer(self) -> str:
        return f"{self.title} is offered at {self.homepage} under: {self.licence}."


class NamedFilesCorpus(Corpus):
    """A corpus whose file names say everything.

    Subclasses implement :meth:`utterance`; folders matter only where they read ``path.parent``.
    """

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield the audio files below ``root`` that :meth:`utterance` understands, report the others."""
        for path in audio_files(root):
            utterance = self.utterance(path)
            if utterance is None:
                problems.append(Problem(str(path), f"is not named as {self.name} names its files: left out."))
            else:
                yield path, utterance

    @abstractmethod
    def utterance(self, path: Path) -> Utterance | None:
        """Read one file's path; return None for a file that is not of this corpus."""


def audio_files(root: Path) -> Iterator[Path]:
    """Yield the audio files below ``root`` in a fixed order, hidden files left out.

    Args:
        root: a folder; links to folders are followed.
    """
    for folder, subfolders, files in os.walk(root, followlinks=True):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in audio.SUFFIXES:
                yield Path(folder, name)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _shortened(items: list[str], most: int = 8) -> str:
    shown = ", ".join(items[:most]) or "nothing"
    return f"{shown} and {len(items) - most} more" if len(items) > most else shown
