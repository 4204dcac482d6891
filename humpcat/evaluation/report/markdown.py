"""The report as Markdown: the same numbers in tables."""

from collections.abc import Iterator, Sequence

from humpcat.evaluation.markdown_table import markdown_table
from humpcat.evaluation.report import wording
from humpcat.evaluation.report.breakdowns import KINDS
from humpcat.evaluation.report.gathering import Report, Target
from humpcat.evaluation.report.overview import curves, heat_maps
from humpcat.evaluation.report.systems import SystemReport
from humpcat.evaluation.significance import p_text
from humpcat.evaluation.table import HEADINGS, Figure
from humpcat.shown import markdown_text, one_line


def markdown(report: Report) -> str:
    """Return the report as Markdown.

    Args:
        report: the report.
    """
    lines = [markdown_text(wording.first_line(report)), "", "# Evaluation report", ""]
    if len(report.targets) > 1 or curves(report):
        lines += _overview(report)
    for target in report.targets:
        lines += _target(target)
    lines += _provenance(report)
    return "\n".join(lines).rstrip() + "\n"


def _overview(report: Report) -> Iterator[str]:
    yield from ("## All targets" if len(report.targets) > 1 else "## Learning curve", "")
    labels = list(dict.fromkeys(label for target in report.targets for label in ("chance", *target.systems)))
    known = [{row.system: row.figures["uar"] for row in target.summary.systems} for target in report.targets]
    marks = {label: next(filter(None, (target.mark(label) for target in report.targets)), "") for label in labels}
    rows = [
        [f"{label} ({marks[label]})" if marks[label] else label, *(str(one.get(label, "–")) for one in known)]
        for label in labels
    ]
    if len(report.targets) > 1:
        yield from _table([["UAR %", *(target.name for target in report.targets)], *rows])
    for curve in curves(report):
        amounts = sorted({amount for points in curve.lines.values() for amount, _ in points})
        rows = [
            [name, *(str(dict(points).get(amount, "–")) for amount in amounts)] for name, points in curve.lines.items()
        ]
        yield from _table([[f"{curve.target}: UAR % by {curve.axis}", *(f"{amount:g}" for amount in amounts)], *rows])
    for heat in heat_maps(report):
        rows = [
            [source, *(wording.per_cent(heat.values.get((source, target))) for target in heat.targets)]
            for source in heat.sources
        ]
        yield from _table([[f"{heat.system}: UAR %, source by target", *heat.targets], *rows])


def _target(target: Target) -> Iterator[str]:
    yield from (f"## {markdown_text(target.name)}", "")
    yield from (f"Guarantee: {markdown_text(target.guarantee)} ({wording.size(target.summary)}).", "")
    for sentence in wording.warnings(target):
        yield from (f"**Warning.** {markdown_text(sentence)}", "")
    rows = [["system", *HEADINGS.values()]]
    for row in target.summary.systems:
        cells = [_figure(figure, (name, row.system) in target.best) for name, figure in row.figures.items()]
        mark = target.mark(row.system)
        rows.append([markdown_text(f"{row.system} ({mark})" if mark else row.system), *cells])
    yield from _table(rows, escaped=True)
    for note in (*target.summary.notes, wording.BOLD_RULE):
        yield from (markdown_text(note), "")
    yield from _comparisons(target)
    for system in target.systems.values():
        yield from _system(system, target)
    yield from _calibration(target)
    yield from _breakdowns(target)
    yield from (f"### Worst mistakes of {markdown_text(target.leader)}", "")
    rows = [["id", "true class", "answered", "confidence %", "draws mistaken"]]
    for one in target.mistakes:
        share = f"{one.wrong} of {one.draws}"
        rows.append([one.id, one.gold, one.answered, wording.per_cent(one.confidence), share])
    yield from _table(rows)


def _comparisons(target: Target) -> Iterator[str]:
    if not target.comparisons and not target.remarks:
        return
    yield from ("### Differences", "")
    rows = [["systems", "score", "difference, points", "p (Holm)"]]
    for made in target.comparisons:
        for name, one in made.differences.items():
            rows.append(
                [
                    markdown_text(f"{made.first} less {made.second}"),
                    HEADINGS[name].removesuffix(" %"),
                    f"**{one.points}**" if one.significant else one.points,
                    p_text(one.p_holm),
                ]
            )
    if target.comparisons:
        yield from _table(rows, escaped=True)
    for sentence in (*target.verdicts, *target.remarks):
        yield from (markdown_text(sentence), "")


def _system(system: SystemReport, target: Target) -> Iterator[str]:
    yield from (f"### {markdown_text(system.label)} by class", "")
    rows = [["true class", "precision %", "recall %", "F1 %", "clips", *(f"→ {c}" for c in target.summary.classes)]]
    for one, counts in zip(system.classes, system.confusion, strict=True):
        shares = [wording.per_cent(value) for value in (one.precision, one.recall, one.f1)]
        rows.append([one.name, *shares, str(one.support), *(f"{count:.1f}" for count in counts)])
    yield from _table(rows)
    yield from ("Columns → count the clips of each true class by their answer, mean over draws.", "")


def _calibration(target: Target) -> Iterator[str]:
    yield from ("### Confidence", "")
    rows = [["system", "ECE %", "Brier score", "NLL, nats", "area under risk-coverage %"]]
    for system in target.systems.values():
        made = system.calibration
        cells = [wording.per_cent(made.ece), f"{made.brier:.3f}", f"{made.nll:.3f}", wording.per_cent(made.aurc)]
        rows.append([system.label, *cells])
    yield from _table(rows)


def _breakdowns(target: Target) -> Iterator[str]:
    for made in target.breakdowns:
        yield from (f"### By {made.kind}", "")
        rows = [[KINDS[made.kind], "clips", "speakers", *(f"{label}: UAR %" for label in target.systems)]]
        for group in made.groups:
            cells = []
            for label in target.systems:
                one = group.scores.get(label)
                mark = "▼ " if one is not None and one.much_worse else ""
                value = "–" if one is None else f"{wording.per_cent(one.uar)} {wording.ends(one.low, one.high)}"
                cells.append(f"{mark}{value}".strip())
            rows.append([group.name, str(group.clips), str(group.speakers), *cells])
        yield from _table(rows)
        yield from (wording.breakdown_note(made), "")
    if target.breakdowns:
        yield from (wording.BREAKDOWN_RULE, "")


def _provenance(report: Report) -> Iterator[str]:
    yield from ("## How it was made", "")
    names = [run.name for run in report.runs]
    table = wording.settings_table(report)
    yield from _table(
        [["setting", *names], *([key, *(row.get(name, "") for name in names)] for key, row in table.items())]
    )
    rows = [["target", "system", "draw", "hash of the model"]]
    for target in report.targets:
        for system in target.systems.values():
            rows += [[target.name, system.label, str(draw), value] for draw, value in system.models.items()]
    yield from _table(rows)
    for target in report.targets:
        if target.data_hash:
            yield from (f"Audio of {markdown_text(target.name)}: `{target.data_hash}`.", "")
    yield from (
        f"Written by humpcat {report.version} from the predictions alone. The whole report, or some scores, again:",
        "",
    )
    yield from (f"    {one_line(wording.command(report))}", "")
    yield from (f"    {line}" for line in wording.recomputing(report).splitlines())


def _figure(figure: Figure, bold: bool) -> str:
    return f"**{figure}**" if bold else str(figure)


def _table(rows: Sequence[Sequence[str]], *, escaped: bool = False) -> Iterator[str]:
    yield from markdown_table([row if escaped else list(map(markdown_text, row)) for row in rows], numbers_right=True)
    yield ""
