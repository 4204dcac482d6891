"""Corpora whose labels stand in tables of comma-separated values, apart from the audio."""

import csv
import io
import math
import os
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from humpcat.corpora.base import Corpus
from humpcat.corpora.copies import second_file
from humpcat.corpora.files import audio_files, sounding_files
from humpcat.corpora.scan import Kind, Problem, Utterance, plain, shortened
from humpcat.errors import CorpusError
from humpcat.files import refuse_special

UNREADABLE = "unreadable"
"""How a quirk begins that says why a clip cannot be read in the original, so that nobody tries."""

_SEPARATOR = re.compile(r'"?sep=(\\t|.?)"?', re.IGNORECASE)


class TableCorpus(Corpus):
    """A corpus whose tables name each clip, its label and its speaker.

    Clips are found by name and not by folder, so that other formats and deeper copies are found too.

    Attributes:
        tables: file names of the tables, whatever their case; where two of them label a clip, the earlier one counts.
        columns: the columns that are read, whatever their case, blanks and underscores.
        videos: whether the owner gives videos, whose sound is read.
        optional: further ones, whose cells are empty where the table has no such column.
    """

    tables: tuple[str, ...]
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()
    videos: bool = False

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
            row: its ``columns`` and ``optional`` ones.
        """

    def key_of(self, root: Path, path: Path) -> str | None:
        """Return the utterance that a file is named after, whatever its ending."""
        return self.key(path.relative_to(root))

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield each utterance that a table labels, with the audio of that name."""
        clips = self._clips(root, problems)
        labelled: dict[str, tuple[Path, Utterance]] = {}
        lacking: dict[Path, list[str]] = {}
        for table, file in _tables(root, self.tables):
            repeated: list[str] = []
            torn: list[str] = []
            for row in read_table(file, self.columns, self.optional):
                utterance = self.utterance(table, row)
                key = utterance.key
                if key in labelled:
                    first = labelled[key][1]
                    same = (first.label, first.speaker) == (utterance.label, utterance.speaker)
                    (repeated if same else torn).append(key)
                    continue
                labelled[key] = file, utterance
                if key in clips:
                    yield clips[key], utterance
                else:
                    lacking.setdefault(file, []).append(key)
            if repeated:
                problems.append(
                    Problem(
                        str(file),
                        f"labels {len(repeated)} utterances again ({shortened(repeated, 3)}), first labelled in "
                        f"{labelled[repeated[0]][0]}: the same label and speaker.",
                        Kind.REPEATED,
                    )
                )
            if torn:
                problems.append(
                    Problem(
                        str(file),
                        f"labels {len(torn)} utterances otherwise ({shortened(torn, 3)}) than "
                        f"{labelled[torn[0]][0]}, by label or speaker: the first is taken; find out which is right.",
                        Kind.CONFLICT,
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
        files = sounding_files(root) if self.videos else audio_files(root)
        for path in sorted(files, key=lambda path: self._elsewhere(root, path)):
            key = self.key(path.relative_to(root))
            if self.quirks.get(key or "", "").startswith(UNREADABLE):
                continue
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
                problems.append(second_file(str(path), str(clips[key]), ""))
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


def read_table(file: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """Read some columns of a file of values separated by commas or otherwise, blanks around the values removed.

    Args:
        file: UTF-8, with or without a mark at its start, or Windows-1252.
        columns: what is wanted; case, blanks, full stops and underscores of the names do not matter.
        optional: what is read where it is there.

    Returns:
        One mapping of all these columns to values for each row; a row cut short has empty values.

    Raises:
        CorpusError: a column is missing; the message says which were found.
    """
    refuse_special(file, "a table", CorpusError)
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Five bytes have no meaning in Windows-1252; labels and names are ASCII, so that nothing read here is lost.
        text = content.decode("cp1252", errors="replace")
    text, separator = separated(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header = next(reader, [])
    places = {plain(name): place for place, name in enumerate(header)}
    missing = [column for column in columns if plain(column) not in places]
    if missing:
        raise CorpusError(
            f"{file}: column '{missing[0]}' is missing (found {shortened((name.strip() for name in header), 16)}), "
            f"expected {', '.join(columns)}: take the table as its owner gives it."
        )
    wanted = {column: places.get(plain(column), len(header)) for column in (*columns, *optional)}
    return [
        {column: row[place].strip() if place < len(row) else "" for column, place in wanted.items()}
        for row in reader
        if any(row)
    ]


def separated(text: str) -> tuple[str, str]:
    """Return a table without the line by which spreadsheets say their separator, and the separator.

    Args:
        text: the whole table. Without such a line the separator is what its first line holds most of.

    Example:
        >>> separated("sep=;\\npath;label\\n"), separated("path|label\\n")
        (('path;label\\n', ';'), ('path|label\\n', '|'))
    """
    first, _, rest = text.partition("\n")
    said = _SEPARATOR.fullmatch(first.strip())
    if said:
        return rest, "\t" if said[1] in ("", "\\t") else said[1]
    # What stands in quotation marks separates nothing.
    header = re.sub(r'"[^"]*"', "", first)
    return text, max(",;\t|", key=header.count)


def rating(text: str) -> float | None:
    """Return a cell as a number, None for one that holds none.

    Example:
        >>> rating("4.25"), rating("4,25"), rating("n/a")
        (4.25, 4.25, None)
    """
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _tables(root: Path, names: Sequence[str]) -> list[tuple[str, Path]]:
    """Return the tables below ``root`` with their names, in the order of the names."""
    found: list[tuple[int, Path]] = []
    order = {name.lower(): number for number, name in enumerate(names)}
    for folder, subfolders, files in os.walk(root, followlinks=True):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found.extend((order[name.lower()], Path(folder, name)) for name in sorted(files) if name.lower() in order)
    return [(names[number], path) for number, path in sorted(found)]
