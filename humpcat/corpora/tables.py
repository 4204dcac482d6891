"""Corpora whose labels stand in tables of comma-separated values, apart from the audio."""

import csv
import io
import os
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from humpcat.corpora.base import Corpus, audio_files
from humpcat.corpora.scan import Kind, Problem, Utterance, plain, shortened
from humpcat.errors import CorpusError


class TableCorpus(Corpus):
    """A corpus whose tables name each clip, its label and its speaker.

    Clips are found by name and not by folder, so that other formats and deeper copies are found too.

    Attributes:
        tables: file names of the tables, whatever their case; where two of them label a clip, the earlier one counts.
        columns: the columns that are read, whatever their case, blanks and underscores.
    """

    tables: tuple[str, ...]
    columns: tuple[str, ...]

    @abstractmethod
    def key(self, path: Path) -> str | None:
        """Return which utterance a file holds, None for a file that is not of this corpus.

        Args:
            path: the file, relative to the corpus folder.
        """

    @abstractmethod
    def utterance(self, table: str, row: Mapping[str, str]) -> Utterance:
        """Read one row of a table.

        Args:
            table: name of the table, as in ``tables``.
            row: its ``columns``.
        """

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield each utterance that a table labels, with the audio of that name."""
        clips = self._clips(root, problems)
        labelled: dict[str, Path] = {}
        lacking: dict[Path, list[str]] = {}
        for table, file in _tables(root, self.tables):
            repeated: list[str] = []
            for row in read_table(file, self.columns):
                utterance = self.utterance(table, row)
                key = utterance.key
                if key in labelled:
                    repeated.append(key)
                    continue
                labelled[key] = file
                if key in clips:
                    yield clips[key], utterance
                else:
                    lacking.setdefault(file, []).append(key)
            if repeated:
                problems.append(
                    Problem(
                        str(file),
                        f"labels {len(repeated)} utterances again ({shortened(repeated, 3)}), first labelled in "
                        f"{labelled[repeated[0]]}: the first label is taken.",
                        Kind.REPEATED,
                    )
                )
        if lacking:
            self.report_missing(root, lacking, problems)
        for key in sorted(clips.keys() - labelled.keys()):
            problems.append(
                Problem(
                    str(clips[key]), f"is labelled in none of {', '.join(self.tables)}: left out.", Kind.UNLABELLED
                )
            )

    def report_missing(self, root: Path, lacking: Mapping[Path, Sequence[str]], problems: list[Problem]) -> None:
        """Report the utterances that have a label and no audio, one problem for each table.

        Args:
            root: the corpus folder.
            lacking: keys by the table that labels them.
            problems: takes what is reported.
        """
        for file, keys in lacking.items():
            unknown = [key for key in keys if key not in self.quirks]
            known = [f"{key} is {self.quirks[key]}" for key in keys if key in self.quirks]
            mends = [shortened(known)] * bool(known) + ["unpack the rest of the corpus"] * bool(unknown)
            problems.append(
                Problem(
                    str(file),
                    f"labels {len(keys)} utterances that have no audio below {root} ({shortened(keys)}): "
                    f"{'; '.join(mends)}.",
                    Kind.MISSING,
                )
            )

    def _clips(self, root: Path, problems: list[Problem]) -> dict[str, Path]:
        clips: dict[str, Path] = {}
        superseded: list[str] = []
        for path in audio_files(root):
            key = self.key(path.relative_to(root))
            if key is None:
                problems.append(Problem(str(path), f"is not named as {self.name} names its files: left out."))
            elif key not in clips:
                clips[key] = path
            elif self.is_better(path, clips[key]):
                superseded.append(clips[key].name)
                clips[key] = path
            elif self.is_better(clips[key], path):
                superseded.append(path.name)
            else:
                problems.append(Problem(str(path), f"repeats {clips[key]}: left out.", Kind.REPEATED))
        if superseded:
            problems.append(
                Problem(
                    str(root),
                    f"holds {len(superseded)} clips that the owner gives a second time, better "
                    f"({shortened(superseded, 3)}): left out.",
                    Kind.APART,
                )
            )
        return clips

    def is_better(self, path: Path, other: Path) -> bool:
        """Return whether the owner offers a file in place of another one of the same utterance; never so here."""
        return False


def read_table(file: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read some columns of a file of comma-separated values, blanks around the values removed.

    Args:
        file: UTF-8, with or without a mark at its start, or Windows-1252.
        columns: what is wanted; case, blanks, full stops and underscores of the names do not matter.

    Returns:
        One mapping of ``columns`` to values for each row; a row cut short has empty values.

    Raises:
        CorpusError: a column is missing; the message says which were found.
    """
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Five bytes have no meaning in Windows-1252; labels and names are ASCII, so that nothing read here is lost.
        text = content.decode("cp1252", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    places = {plain(name): place for place, name in enumerate(header)}
    missing = [column for column in columns if plain(column) not in places]
    if missing:
        raise CorpusError(
            f"{file}: column '{missing[0]}' is missing (found {shortened((name.strip() for name in header), 16)}), "
            f"expected {', '.join(columns)}: take the table as its owner gives it."
        )
    wanted = {column: places[plain(column)] for column in columns}
    return [
        {column: row[place].strip() if place < len(row) else "" for column, place in wanted.items()}
        for row in reader
        if any(row)
    ]


def _tables(root: Path, names: Sequence[str]) -> list[tuple[str, Path]]:
    """Return the tables below ``root`` with their names, in the order of the names."""
    found: list[tuple[int, Path]] = []
    order = {name.lower(): number for number, name in enumerate(names)}
    for folder, subfolders, files in os.walk(root, followlinks=True):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found.extend((order[name.lower()], Path(folder, name)) for name in sorted(files) if name.lower() in order)
    return [(names[number], path) for number, path in sorted(found)]
