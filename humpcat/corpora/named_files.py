"""Corpora whose file names say everything: what most catalogued ones are."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from humpcat.corpora.base import Corpus
from humpcat.corpora.files import audio_files
from humpcat.corpora.scan import Problem, Utterance

_GENDERS = {"f": "female", "m": "male"}


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

    @property
    def layouts(self) -> tuple[str, ...]:
        """How a copy may lie on disk."""
        return (*super().layouts, "all files in one folder, where their names tell label and speaker")

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield the audio files below ``root`` that :meth:`utterance` understands, report the others."""
        for path in audio_files(root):
            utterance = self.utterance(path)
            if utterance is None:
                problems.append(Problem(str(path), f"is not named as {self.name} names its files: left out."))
            else:
                yield path, utterance

    def key_of(self, root: Path, path: Path) -> str | None:
        """Return the utterance that a file is named after, whatever its ending."""
        utterance = self.utterance(path)
        return utterance.key if utterance else None

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
