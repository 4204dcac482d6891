"""What a model gives for one clip of somebody whom it has not heard: a row a corpus."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from humpcat.evaluation.calibration import calibration_scores
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.evaluation.metrics import unweighted_average_recall
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.summary import summarise

HEADS = ("corpus", "clips", "speakers", "UAR %", "ECE %", "UAR % of the surest half", "mean confidence %")
HALF = 0.5


def strangers_table(tables: Sequence[Predictions]) -> str:
    """Return UAR with its interval, calibration error and the UAR of the surest half of each corpus, as Markdown.

    Args:
        tables: predictions of one system each, of corpora that it has not learnt from; one table may hold several.
    """
    return "\n".join(markdown_table([list(HEADS), *(row for table in tables for row in _rows(table))]))


def _rows(table: Predictions) -> list[list[str]]:
    corpora = table.values("corpus")
    return [
        _row(str(corpus), Predictions(table.table.filter(pa.array(corpora == corpus)), table.classes))
        for corpus in sorted(set(corpora))
    ]


def _row(corpus: str, told: Predictions) -> list[str]:
    gold, probabilities = told.gold, told.probabilities
    confidence = probabilities.max(axis=1)
    surest = np.argsort(-confidence, kind="stable")[: round(HALF * len(gold))]
    half = unweighted_average_recall(gold[surest].tolist(), told.predicted[surest].tolist(), told.classes)
    ece = calibration_scores(gold.tolist(), probabilities, told.classes).ece
    uar = summarise(told).systems[-1].figures["uar"]
    figures = [f"{100 * figure:.1f}" for figure in (ece, half)]
    return [corpus, str(len(gold)), str(len(set(told.speakers))), str(uar), *figures, f"{100 * confidence.mean():.0f}"]
