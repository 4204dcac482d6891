"""What a corpus is: facts about it, a way to read its file names, and a scan that reports instead of stopping."""

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path

from humpcat import audio
from humpcat.corpora.rows import Row, to_dataset
from humpcat.corpora.scan import Kind, Problem, Scan, Utterance, differences, plain, shortened
from humpcat.errors import AudioError, CorpusError

DATA_VARIABLE = "HUMPCAT_DATA"
"""Environment variable that names the folder of corpora when ``--data-dir`` is not given."""

# An owner may offer the same clips twice, as CREMA-D does; the copy that lost nothing is read.
_LOSSY = frozenset({".mp3", ".ogg", ".oga", ".opus"})
_REPEATS_NAMED = 4
_GENDERS = {"f": "female", "m": "male"}


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
        target_for: language code whose default target corpus this is, if any.
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
    target_for: str | None = None

    @property
    def clips(self) -> int | None:
        """Published number of utterances, None where releases differ."""
        return sum(self.expected.values()) or None

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

        Raises:
            CorpusError: there is no such folder; the message says where the owner offers the corpus.
        """
        data_dir = data_dir or os.environ.get(DATA_VARIABLE)
        if not data_dir:
            raise CorpusError(
                f"corpus '{self.name}': no data folder was named: pass --data-dir or set {DATA_VARIABLE}; "
                f"{self._offer()}"
            )
        base = Path(data_dir).expanduser()
        if not base.is_dir():
            raise CorpusError(f"data folder {base}: no such folder: check --data-dir or {DATA_VARIABLE}.")
        wanted = {plain(name) for name in (self.name, *self.aliases)}
        candidates = [base, *sorted(child for child in base.iterdir() if child.is_dir())]
        for folder in candidates:
            # By its own name or, since a data folder may be ".", by that of what it leads to.
            if wanted & {_named(folder.name), _named(folder.resolve().name)}:
                return folder
        raise CorpusError(
            f"corpus '{self.name}': {base} holds no folder '{self.name}' "
            f"(found {shortened([child.name for child in candidates[1:]])}); {self._offer()}"
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
        repeated: list[Problem] = []
        found = sorted(self.utterances(root, problems), key=lambda pair: pair[0].suffix.lower() in _LOSSY)
        for path, utterance in found:
            first = rows.get(f"{self.name}/{utterance.key}")
            if first is None:
                row = self._row(path, utterance, problems)
                if row is not None:
                    rows[row.id] = row
            elif first.label == utterance.label or self._mean_the_same(first.label, utterance.label):
                reason = f"repeats utterance {first.id} of {first.path}: left out."
                repeated.append(Problem(str(path), reason, Kind.REPEATED))
            else:
                reason = (
                    f"gives utterance {first.id} the label '{utterance.label}', which {first.path} is given as "
                    f"'{first.label}': the first is taken; find out which is right."
                )
                problems.append(Problem(str(path), reason, Kind.UNLABELLED))
        if not rows:
            raise self._nothing_usable(root, problems)
        problems += repeated if len(repeated) <= _REPEATS_NAMED else [_together(root, repeated)]
        return Scan(
            self.name,
            root,
            to_dataset(rows.values()),
            problems,
            differences(self.name, list(rows.values()), self.expected, self.expected_speakers),
        )

    @abstractmethod
    def example_path(self) -> str:
        """Return one path of the owner's layout, relative to the corpus folder."""

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
        try:
            duration = audio.probe(path).duration
        except AudioError as error:
            problems.append(Problem(str(path), str(error), Kind.UNUSABLE))
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


class NamedFilesCorpus(Corpus):
    """A corpus whose file names say everything.

    Subclasses have a :attr:`pattern`, or implement :meth:`utterance` where a name takes more to read.

    Attributes:
        pattern: the whole of a file's name without its ending, with groups ``label`` and ``speaker`` and, where names
            tell them, ``sentence`` and ``gender``, which begins with an f or an m.
        genders: gender by speaker, where names do not tell it; those who are not there have none.
    """

    pattern: re.Pattern[str]
    genders: Mapping[str, str] = {}

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield the audio files below ``root`` that :meth:`utterance` understands, report the others."""
        for path in audio_files(root):
            utterance = self.utterance(path)
            if utterance is None:
                problems.append(Problem(str(path), f"is not named as {self.name} names its files: left out."))
            else:
                yield path, utterance

    def utterance(self, path: Path) -> Utterance | None:
        """Read one file's path; return None for a file that is not of this corpus.

        Args:
            path: the file; its folders matter only to subclasses that read them.
        """
        match = self.pattern.fullmatch(path.stem)
        if match is None:
            return None
        said = match.groupdict()
        gender = said.get("gender")
        return Utterance(
            key=path.stem,
            label=said["label"],
            speaker=said["speaker"],
            gender=_GENDERS[gender[0].lower()] if gender else self.genders.get(said["speaker"]),
            sentence=said.get("sentence"),
        )


def audio_files(root: Path, *, videos: bool = False) -> Iterator[Path]:
    """Yield the audio files below ``root`` in a fixed order, hidden files left out.

    Args:
        root: a folder; links to folders are followed, unless they lead back to where they lie.
        videos: whether videos count, whose sound is read; in the corpora's releases they repeat what lies there as
            audio.
    """
    suffixes = audio.SUFFIXES if videos else audio.SUFFIXES - audio.VIDEO_SUFFIXES
    for folder, subfolders, files in os.walk(root, followlinks=True):
        subfolders[:] = sorted(
            name for name in subfolders if not name.startswith(".") and not _leads_back(Path(folder, name))
        )
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in suffixes:
                yield Path(folder, name)


def _leads_back(folder: Path) -> bool:
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def _named(folder: str) -> str:
    """Return the plain name of a folder, without what GitHub adds to the name of a repository."""
    return re.sub(r"(?<=.)(?:master|main)$", "", plain(folder))


def _together(root: Path, repeated: list[Problem]) -> Problem:
    return Problem(
        str(root), f"holds {len(repeated)} utterances twice, first {repeated[0].path}: left out.", Kind.REPEATED
    )
