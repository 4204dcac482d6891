"""What the report says of each distortion, computed from the table of answers alone."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from humpcat.evaluation.metrics import scores
from humpcat.robustness.answer_table import FLAGS, classes_of
from humpcat.robustness.answering import CLEAN


@dataclass(frozen=True)
class Figures:
    """The figures of one distortion; first of all those of the clips as they are.

    Attributes:
        name: the distortion, or ``CLEAN``.
        answered: clips with an answer.
        failed: clips that have an answer as they are and none under the distortion.
        changed: clips whose answer is another than that to the clip as it is.
        shift: mean over clips of how far the probability of the answer to the clip as it is has moved, up or down.
        accuracy: share of the answered clips that are right (WA); None without labels.
        uar: unweighted average recall; None without labels.
        macro_f1: mean F1 of the classes; None without labels.
        most_frequent: the most frequent answer, the first by name of several.
        most_frequent_count: how often it was given.
        flagged: clips whose answer has a flag.
    """

    name: str
    answered: int
    failed: int
    changed: int
    shift: float
    accuracy: float | None
    uar: float | None
    macro_f1: float | None
    most_frequent: str | None
    most_frequent_count: int
    flagged: int


def figures_of(table: pa.Table, systems: list[str] | None = None) -> list[Figures]:
    """Return the figures of every distortion in a table of answers.

    Args:
        table: as :func:`humpcat.robustness.answer_table.answer_table` gives it.
        systems: names in the order wanted, those of distortions under which every clip failed among them; those of
            the table by default.
    """
    parts = {
        name: _Part(table.filter(pc.equal(table["system"], name)))
        for name in systems or table["system"].unique().to_pylist()
    }
    return [_figures(name, part, parts[CLEAN]) for name, part in parts.items()]


class _Part:
    """The rows of one distortion."""

    def __init__(self, table: pa.Table) -> None:
        self.classes = classes_of(table)
        self.ids: list[str] = table["id"].to_pylist()
        self.gold: list[str | None] = table["gold"].to_pylist()
        self.flags: list[str] = table[FLAGS].to_pylist()
        columns = [table[f"p_{name}"].to_numpy() for name in self.classes]
        self.probabilities = np.stack(columns, axis=1).reshape(len(self.ids), len(self.classes))
        self.answers = self.probabilities.argmax(axis=1) if self.ids else np.zeros(0, dtype=int)


def _figures(name: str, part: _Part, clean: _Part) -> Figures:
    before = {clip_id: place for place, clip_id in enumerate(clean.ids)}
    places = [before[clip_id] for clip_id in part.ids]
    was = clean.answers[places]
    rows = np.arange(len(places))
    shifts = np.abs(part.probabilities[rows, was] - clean.probabilities[places, was])
    given = [part.classes[answer] for answer in part.answers]
    gold = [label for label in part.gold if label is not None]
    found = scores(gold, given, part.classes) if gold else None
    most = min(Counter(given).items(), key=lambda item: (-item[1], item[0]), default=(None, 0))
    return Figures(
        name=name,
        answered=len(part.ids),
        failed=len(clean.ids) - len(part.ids),
        changed=int((part.answers != was).sum()),
        shift=float(shifts.mean()) if len(shifts) else 0.0,
        accuracy=found.wa if found else None,
        uar=found.uar if found else None,
        macro_f1=found.macro_f1 if found else None,
        most_frequent=most[0],
        most_frequent_count=most[1],
        flagged=sum(bool(flag) for flag in part.flags),
    )
