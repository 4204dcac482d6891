"""All registered corpora in a table: what is published of each, and what is found on this machine."""

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humpcat.corpora.base import DATA_VARIABLE, Corpus
from humpcat.errors import CorpusError

if TYPE_CHECKING:
    from rich.table import Table

FORMAT = "humpcat.corpora/1"
"""Name and version of what :func:`to_dict` returns."""


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
        raise CorpusError(f"data folder {named}: no such folder: check --data-dir or {DATA_VARIABLE}.")
    folders = [_folder(corpus, named) for corpus in corpora]
    entries = []
    with tqdm(corpora, unit="corpus", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as progress:
        for corpus, folder in zip(progress, folders, strict=True):
            progress.set_description(f"scanning {corpus.name}" if folder else corpus.name)
            entries.append(Entry(corpus, _count(corpus, folder) if folder else None))
    return entries


def to_table(entries: Sequence[Entry], width: int) -> "Table":
    """Return the corpora as a table of one line each; licences are cut where there is no room for them.

    Args:
        entries: the corpora.
        width: number of columns of the terminal.
    """
    from rich.table import Table
    from rich.text import Text

    headings = ("name", "lang", "speakers", "clips", "found", "minutes", "classes", "folder", "licence")
    lines: list[list[str | Text]] = []
    for entry in entries:
        corpus, found = entry.corpus, entry.found
        lines.append(
            [
                corpus.name,
                ", ".join(corpus.languages),
                "-" if corpus.speakers is None else str(corpus.speakers),
                "-" if corpus.clips is None else str(corpus.clips),
                "-" if found is None else Text(str(found.clips), "bold red" if found.warnings else "green"),
                "-" if found is None else f"{found.minutes:.1f}",
                str(len(entry.emotions)),
                "-" if found is None else shortened_end(Path(found.path).name, 16),
                corpus.licence,
            ]
        )
    *fixed, _ = zip(headings, *lines, strict=True)
    room = max(12, width - sum(1 + max(map(len, column)) for column in fixed))
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for heading in headings:
        numbers = heading in ("speakers", "clips", "found", "minutes", "classes")
        table.add_column(heading, justify="right" if numbers else "left", no_wrap=True)
    for *cells, licence in lines:
        table.add_row(*cells, shortened_end(str(licence), room))
    return table


def remarks(entries: Sequence[Entry], data_dir: str | None = None) -> list[str]:
    """Return the sentences that stand below the table.

    Args:
        entries: the corpora.
        data_dir: folder that holds them; ``$HUMPCAT_DATA`` by default.
    """
    named = data_dir or os.environ.get(DATA_VARIABLE)
    if not named:
        return [f"No data folder was named: pass --data-dir or set {DATA_VARIABLE} to see which corpora are found."]
    found = [entry for entry in entries if entry.found is not None]
    lines = [f"{len(found)} of {len(entries)} corpora found in {named}."]
    for entry in found:
        if entry.found is not None and entry.found.warnings:
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
                "found": None if entry.found is None else asdict(entry.found),
            }
            for entry in entries
        ],
    }


def shortened_end(text: str, most: int) -> str:
    """Return the text, its end cut off if it is too long.

    Args:
        text: one line.
        most: number of characters that there is room for.

    Example:
        >>> shortened_end("free for research", 12)
        'free for re…'
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _folder(corpus: Corpus, data_dir: str | None) -> Path | None:
    try:
        return corpus.find(data_dir)
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
