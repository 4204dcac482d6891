"""Tables as the paper has them, its figure beside each that was measured."""

from pathlib import Path

from humpcat.benchmarks.tables import beside, number
from humpcat.benchmarks.vacnn.paper import ACCURACY, AVERAGE, BY_CLASS, CONFUSION, PRETRAINING, PRETRAINING_ACCURACY
from humpcat.benchmarks.vacnn.systems import FULL
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.evaluation.metrics import class_scores, confusion, scores
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.significance import compare_systems
from humpcat.evaluation.table import HEADINGS, Summary

PAPER = "the paper, one fold, SPEAKER-DEPENDENT"


def report(predictions: Predictions, summary: Summary, corpus: str) -> str:
    """Return all tables of one corpus and protocol as Markdown; the first line is the guarantee."""
    measured = set(predictions.values("system"))
    parts = [f"Guarantee: {summary.guarantee}.", systems_table(summary, corpus)]
    parts += [differences(predictions, other) for other in (f"{FULL}, pure", "VACNN") if {FULL, other} <= measured]
    if FULL in measured:
        full = predictions.of_system(FULL)
        parts += [f"{FULL}, by class:", classes_table(full, corpus)]
        parts += [f"{FULL}, share of each class (row) that is taken for another (column), the paper's in brackets:"]
        parts += [confusion_table(full, corpus)]
    return "\n\n".join([*parts, "\n".join(summary.notes)])


def systems_table(summary: Summary, corpus: str) -> str:
    """Return the scores of all systems beside the accuracy that the paper printed (tables 3 and 10).

    Args:
        summary: the result table.
        corpus: name of the corpus; the paper's column is empty for one that it did not use.
    """
    printed = {name: figures.get(corpus) for name, figures in ACCURACY.items()}
    rows = [["system", *HEADINGS.values(), f"accuracy (WA) %, {PAPER}"]]
    for row in summary.systems:
        rows.append([row.system, *(str(row.figures[name]) for name in HEADINGS), number(printed.get(row.system))])
    return "\n".join(markdown_table(rows, padded=True))


def differences(predictions: Predictions, other: str) -> str:
    """Say by how much the full system is better than another, with intervals paired by speaker."""
    found = compare_systems(predictions.of_system(FULL), predictions.of_system(other))
    said = [
        f"{heading} {100 * each.estimate:+.1f} [{100 * each.low:+.1f}, {100 * each.high:+.1f}]"
        for heading, each in ((heading, found.differences[name]) for name, heading in HEADINGS.items())
    ]
    return f"{FULL} less {other}: {', '.join(said)}."


def classes_table(predictions: Predictions, corpus: str) -> str:
    """Return precision, recall and F1 of each class, and their means over the classes that were tested.

    Beside each stands the figure that the paper printed (tables 2 and 4 to 6).
    """
    printed = BY_CLASS.get(corpus, {})
    names = ("precision", "recall", "F1")
    rows = [["class", "clips", *names, *(f"{name}, paper" for name in names)]]
    found = class_scores(predictions.gold, predictions.predicted, predictions.classes)
    for row in found:
        paper = printed.get(row.name, (None, None, None))
        rows.append([row.name, str(row.support), *map(number, (row.precision, row.recall, row.f1, *paper))])
    tested = [(row.precision, row.recall, row.f1) for row in found if row.support]
    means = [sum(value or 0 for value in values) / len(tested) for values in zip(*tested, strict=True)]
    paper = AVERAGE.get(corpus, (None, None, None))
    rows.append(["average", str(sum(row.support for row in found)), *map(number, (*means, *paper))])
    return "\n".join(markdown_table(rows, padded=True))


def confusion_table(predictions: Predictions, corpus: str) -> str:
    """Return the shares of each gold class by what was answered, beside those that the paper printed (tables 7-9)."""
    printed = CONFUSION.get(corpus, {})
    rows = [["class", *predictions.classes]]
    counts = confusion(predictions.gold, predictions.predicted, predictions.classes)
    for name, row in zip(predictions.classes, counts, strict=True):
        shares = [number(count / row.sum() if row.sum() else None) for count in row]
        paper = dict(zip(printed, printed.get(name, ()), strict=False))
        answers = zip(shares, predictions.classes, strict=True)
        rows.append([name, *(beside(share, paper.get(answer)) for share, answer in answers)])
    return "\n".join(markdown_table(rows, padded=True))


def pretraining_tables(folder: Path) -> str:
    """Return accuracy and scores by class of every pretrained network on its own test clips (table 2)."""
    parts = [f"Pretraining (the paper on TESS and RAVDESS: accuracy {PRETRAINING_ACCURACY} %)"]
    for file in sorted(folder.glob(f"*/{PREDICTIONS}")):
        found = Predictions.read(file)
        wa = scores(found.gold, found.predicted, found.classes).wa
        parts.append(f"{file.parent.name}: accuracy (WA) {100 * wa:.1f} %, {found.values('guarantee')[0]}.")
        parts.append(classes_table(found, PRETRAINING))
    return "\n\n".join(parts)
