"""One page on a corpus: where it is offered, under which terms, how it is read, what it holds."""

from collections import Counter
from typing import TYPE_CHECKING

from humpcat.corpora.overview import Entry

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_NAMES_SHOWN = 8


def show_page(entry: Entry, console: "Console") -> None:
    """Print the page of a corpus.

    Args:
        entry: the corpus, and what was found of it.
        console: where to.
    """
    from rich.table import Table
    from rich.text import Text

    corpus = entry.corpus
    console.print(Text.assemble((corpus.name, "bold"), f": {corpus.title}"))
    facts = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    facts.add_column(no_wrap=True, style="bold")
    facts.add_column(overflow="fold")
    for heading, fact in _facts(entry):
        facts.add_row(heading, fact)
    console.print(facts, highlight=False)
    console.print()
    console.print(_classes(entry), highlight=False)
    if corpus.about:
        console.print()
        # The first line of a corpus file says what the title says.
        for paragraph in corpus.about.split("\n\n")[1:]:
            console.print(" ".join(paragraph.split()).replace("``", "'"), highlight=False, markup=False)


def _facts(entry: Entry) -> list[tuple[str, str]]:
    corpus, found = entry.corpus, entry.found
    facts = [
        ("owner's page", corpus.homepage),
        ("licence", corpus.licence),
        ("cite", corpus.citation),
        ("language", ", ".join(corpus.languages)),
        ("speakers", _speakers(entry)),
        ("clips", "differ between releases" if corpus.clips is None else str(corpus.clips)),
    ]
    if corpus.scale is not None:
        low, high = corpus.scale
        facts.append(("ratings", f"arousal and valence as numbers, {low:g} to {high:g}"))
    names = ", ".join(dict.fromkeys((corpus.name, *corpus.aliases)))
    marked = f"; or a folder whose name holds {' or '.join(corpus.marks)}" if corpus.marks else ""
    facts.append(("folder", f"{names}{marked}"))
    facts += [("layout" if not number else "", layout) for number, layout in enumerate(corpus.layouts)]
    if corpus.quirks:
        kinds = Counter(corpus.quirks.values())
        one = next(iter(corpus.quirks.items()))
        facts.append(("known faults", f"of {kinds.total()} clips of the original, such as {one[0]}: {one[1]}"))
    if found is None:
        facts.append(("here", "not found: name the folder that holds it by --data-dir"))
    else:
        facts.append(("here", f"{found.clips} clips of {found.speakers} speakers, {found.minutes:.1f} minutes"))
        facts.append(("", found.path))
        facts += [("", warning) for warning in found.warnings]
    return facts


def _speakers(entry: Entry) -> str:
    published = entry.corpus.expected_speakers
    if published is None:
        return "differ between releases, or are not known"
    if isinstance(published, int):
        return str(published)
    names = ", ".join(list(published)[:_NAMES_SHOWN]) + (" ..." if len(published) > _NAMES_SHOWN else "")
    return f"{len(published)} ({names})"


def _classes(entry: Entry) -> "RenderableType":
    from rich.table import Table

    table = Table("label", "emotion", box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("clips", justify="right")
    for label, emotion in entry.corpus.labels.items():
        table.add_row(label, emotion or "-", str(entry.corpus.expected.get(label, "-")))
    return table
