"""The doctor's report: for a terminal, and as files."""

from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from humpcat.corpora.doctor.checkup import Checkup
from humpcat.corpora.doctor.findings import Finding, Remark, Severity
from humpcat.files import write_json

MOST_FINDINGS = 10
"""Findings of one kind that a terminal is shown."""

MOST_SPEAKERS = 30
"""Speakers up to which a terminal is shown them all."""

FEWEST_SPEAKERS = 5
"""Speakers, those with the fewest clips, that it is shown of more."""

_COLOURS = {Severity.ERROR: "bold red", Severity.NOTE: "yellow"}


def show(checkup: Checkup, console: Console) -> None:
    """Print a checkup: headline, tables, findings.

    Args:
        checkup: what was found.
        console: where to.
    """
    console.print(
        Text.assemble(
            (checkup.corpus.name, "bold"),
            ": ",
            (checkup.headline, "bold green" if checkup.healthy else "bold red"),
            f" ({checkup.root})",
        )
    )
    console.print(_size(checkup))
    console.print(_labels(checkup))
    console.print(_speakers(checkup))
    if len(checkup.speakers) > MOST_SPEAKERS:
        more = len(checkup.speakers) - FEWEST_SPEAKERS
        console.print(
            f"and {more} more speakers with as many clips or more (all with --out or --json)", soft_wrap=True
        )
    by_kind: dict[tuple[Finding, Severity], list[Remark]] = defaultdict(list)
    for remark in checkup.findings:
        by_kind[remark.kind, remark.severity].append(remark)
    for (kind, severity), remarks in by_kind.items():
        for remark in remarks[:MOST_FINDINGS]:
            # Soft wrap: a sentence stays one line that can be searched and copied, paths included.
            console.print(
                Text.assemble((f"{severity} ({kind}): ", _COLOURS[severity]), remark.sentence), soft_wrap=True
            )
        if len(remarks) > MOST_FINDINGS:
            more = len(remarks) - MOST_FINDINGS
            console.print(
                Text.assemble((f"{severity} ({kind}): ", _COLOURS[severity]), f"and {more} more."), soft_wrap=True
            )


def save(checkup: Checkup, folder: str | Path) -> list[Path]:
    """Write ``check.json`` and the picture ``check.svg`` and ``check.png``, each whole or not at all.

    Args:
        checkup: what was found.
        folder: where to; made if missing.

    Returns:
        The files.
    """
    from humpcat.corpora.doctor.picture import save as save_picture

    json_file = Path(folder, "check.json")
    write_json(json_file, checkup.to_dict())
    return [json_file, *save_picture(checkup, folder)]


def _size(checkup: Checkup) -> str:
    line = f"{len(checkup.usable)} clips, {checkup.minutes:.1f} minutes"
    if checkup.durations:
        line += "; {min:.2f} to {max:.2f} s a clip, median {median:.2f} s".format(**checkup.durations)
    for name, values in checkup.ratings.items():
        line += "\n{name}: mean {mean:.2f}, {min:.2f} to {max:.2f}, of {clips} clips".format(name=name, **values)
    return line


def _labels(checkup: Checkup) -> Table:
    table = _table("label", "emotion", "clips", "published", "minutes", numbers_from=2)
    for label, amount in checkup.labels.items():
        wrong = amount.published is not None and amount.published != amount.clips
        table.add_row(
            label,
            checkup.corpus.labels[label] or "-",
            Text(str(amount.clips), "red" if wrong else ""),
            "-" if amount.published is None else str(amount.published),
            f"{amount.minutes:.1f}",
        )
    return table


def _speakers(checkup: Checkup) -> Table:
    speakers = checkup.speakers
    shown = list(speakers)
    if len(speakers) > MOST_SPEAKERS:
        shown = sorted(speakers, key=lambda name: speakers[name].clips)[:FEWEST_SPEAKERS]
    table = _table("speaker", "clips", "minutes", *checkup.labels, numbers_from=1)
    for name in shown:
        amount = speakers[name]
        wrong = amount.published is not None and amount.published != amount.clips
        table.add_row(
            name,
            Text(f"{amount.clips} of {amount.published}" if wrong else str(amount.clips), "red" if wrong else ""),
            f"{amount.minutes:.1f}",
            *(str(count) for count in checkup.table[name].values()),
        )
    return table


def _table(*headings: str, numbers_from: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index >= numbers_from else "left", overflow="fold")
    return table
