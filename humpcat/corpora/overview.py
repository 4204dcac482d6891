"""All registered corpora in a table: what is published of each, and what is found on this machine."""

import os
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humpcat.corpora.base import DATA_VARIABLE, Corpus
from humpcat.corpora.finding import SeveralFoldersError
from humpcat.errors import CorpusError
from humpcat.files import absence

if TYPE_CHECKING:
    from rich.text import Text

FORMAT = "humpcat.corpora/1"
"""Name and version of what :func:`to_dict` returns."""

_LEFT = ("name", "language")
_RIGHT = ("speakers", "clips", "classes")
_TERMS = ("licence", "owner's page")
_INDENT = "    "


@dataclass(frozen=True)
class Found:
    """What a scan of a corpus folder counted.

    Attributes:
        path: the folder.
        clips: number of utterances.
        speakers: number of speakers, 0 if none is known.
        minutes: how long the utterances last together.
        warnings: sentences that say how the copy differs from what is published.
    """

    path: str
    clips: int
    speakers: int
    minutes: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One corpus.

    Attributes:
        corpus: what is published of it.
        found: what is on this machine, None if nothing.
    """

    corpus: Corpus
    found: Found | None

    @property
    def emotions(self) -> list[str]:
        """Its canonical emotions in alphabetical order."""
        return sorted({emotion for emotion in self.corpus.labels.values() if emotion is not None})


def overview(corpora: Sequence[Corpus], data_dir: str | None = None) -> list[Entry]:
    """Look for each corpus and scan those that are found, with a progress line if stderr is a terminal.

    Args:
        corpora: the corpora.
        data_dir: folder that holds them; ``$HUMPCAT_DATA`` by default.

    Raises:
        CorpusError: a data folder was named, and is not there.
    """
    from tqdm import tqdm

    named = data_dir or os.environ.get(DATA_VARIABLE)
    if named and not Path(named).expanduser().is_dir():
        raise CorpusError(f"data folder {named}: {absence(named)}: check --data-dir or {DATA_VARIABLE}.")
    places = [_folder(corpus, named) for corpus in corpora]
    entries = []
    with tqdm(corpora, unit="corpus", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as progress:
        for corpus, place in zip(progress, places, strict=True):
            progress.set_description(f"scanning {corpus.name}" if place else corpus.name)
            entries.append(Entry(corpus, _count(corpus, place) if isinstance(place, Path) else place))
    return entries


def to_table(entries: Sequence[Entry], width: int) -> "Text":
    """Return the corpora as a table that is no wider than the terminal.

    Where there is room each takes one line; else licence and owner's page stand below it. Nothing is cut off.

    Args:
        entries: the corpora.
        width: number of columns of the terminal.
    """
    from rich.text import Text

    looked = any(entry.found is not None for entry in entries)
    headings = [*_LEFT, *_RIGHT, *(["found"] * looked)]
    cells = [_cells(entry, looked=looked) for entry in entries]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    terms = [(entry.corpus.licence, entry.corpus.homepage) for entry in entries]
    licences = max(len(_TERMS[0]), *(len(licence) for licence, _ in terms))
    pages = max(len(_TERMS[1]), *(len(page) for _, page in terms))
    wide = sum(widths) + len(widths) + licences + 1 + pages <= width
    table = Text(_line(headings, widths), "bold")
    table.append(f" {_TERMS[0]:{licences}} {_TERMS[1]}" if wide else "")
    for entry, own, (licence, page) in zip(entries, cells, terms, strict=True):
        table.append("\n" + _line(own, widths), "not bold" + _style(entry))
        if wide:
            table.append(f" {licence:{licences}} {page}", "not bold")
        else:
            below = [*textwrap.wrap(licence, width - len(_INDENT)), page]
            table.append("".join(f"\n{_INDENT}{line}" for line in below), "not bold")
    return table


def _cells(entry: Entry, *, looked: bool) -> list[str]:
    corpus = entry.corpus
    counts = (corpus.speakers, corpus.clips, len(entry.emotions))
    here = "-" if entry.found is None else str(entry.found.clips)
    return [
        corpus.name,
        ", ".join(corpus.languages),
        *("-" if count is None else str(count) for count in counts),
        *([here] * looked),
    ]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    columns = [
        cell.ljust(width) if number < len(_LEFT) else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return " ".join(columns)


def _style(entry: Entry) -> str:
    if entry.found is None:
        return ""
    return " red" if entry.found.warnings else " green"


def remarks(entries: Sequence[Entry], data_dir: str | None = None) -> list[str]:
    """Return the sentences that stand below the table.

    Args:
        entries: the corpora.
        data_dir: folder that holds them; ``$HUMPCAT_DATA`` by default.
    """
    named = data_dir or os.environ.get(DATA_VARIABLE)
    offers = len({entry.corpus.homepage for entry in entries})
    twice = f", of {offers} owners' releases" if offers < len(entries) else ""
    listed = f"{len(entries)} corpora{twice}; 'humpcat corpora NAME' has a page on each."
    if not named:
        return [
            listed,
            f"No data folder was named: pass --data-dir or set {DATA_VARIABLE} to see which corpora are found.",
        ]
    found = [entry for entry in entries if entry.found is not None]
    lines = [listed, f"{len(found)} of {len(entries)} corpora found in {named}."]
    for entry in found:
        if entry.found is not None and entry.found.path == named:
            lines += entry.found.warnings
        elif entry.found is not None and entry.found.warnings:
            lines.append(
                f"{entry.corpus.name} differs from what is published: "
                f"run 'humpcat check {entry.corpus.name} {entry.found.path}'."
            )
    return lines


def to_dict(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return everything in plain dicts, lists, strings and numbers.

    Args:
        entries: the corpora.
    """
    return {
        "format": FORMAT,
        "corpora": [
            {
                "name": entry.corpus.name,
                "title": entry.corpus.title,
                "languages": list(entry.corpus.languages),
                "speakers": entry.corpus.speakers,
                "clips": entry.corpus.clips,
                "labels": dict(entry.corpus.labels),
                "emotions": entry.emotions,
                "licence": entry.corpus.licence,
                "homepage": entry.corpus.homepage,
                "citation": entry.corpus.citation,
                "labels_published": dict(entry.corpus.expected),
                "ratings": None if entry.corpus.scale is None else list(entry.corpus.scale),
                "folders": list(dict.fromkeys((entry.corpus.name, *entry.corpus.aliases))),
                "marks": list(entry.corpus.marks),
                "layouts": list(entry.corpus.layouts),
                "about": entry.corpus.about,
                "found": None if entry.found is None else asdict(entry.found),
            }
            for entry in entries
        ],
    }


def _folder(corpus: Corpus, data_dir: str | None) -> Path | Found | None:
    """Return where the corpus lies, what is to be said where that cannot be told, None where it is nowhere."""
    try:
        return corpus.find(data_dir)
    except SeveralFoldersError as error:
        return Found(str(data_dir), 0, 0, 0.0, (str(error),))
    except CorpusError:
        return None


def _count(corpus: Corpus, folder: Path) -> Found:
    try:
        scan = corpus.scan(folder)
    except CorpusError as error:
        # The folder has the corpus' name and none of its files: that is said, and the others are still listed.
        return Found(str(folder), 0, 0, 0.0, (str(error),))
    return Found(
        path=str(folder),
        clips=len(scan.rows),
        speakers=len(set(scan.rows["speaker"]) - {None}),
        minutes=sum(scan.rows["duration"]) / 60,
        warnings=tuple(scan.warnings),
    )
