"""What a model gives for one clip of somebody whom it has not heard: a row a corpus."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from humpcat.evaluation.abstention import confidence_for_risk
from humpcat.evaluation.calibration import calibration_scores
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.evaluation.metrics import unweighted_average_recall
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.summary import summarise

HEADS = (
    *("corpus", "clips", "speakers", "UAR %", "ECE %", "UAR % of the surest half", "mean confidence %"),
    *("confidence for 20 % risk", "answered %", "risk %"),
)
HALF = 0.5
RISK = 0.2
"""Share of wrong answers for which the confidence is chosen from which on a corpus is answered."""


def strangers_table(tables: Sequence[Predictions]) -> str:
    """Return UAR with its interval, calibration error and the UAR of the surest half of each corpus, as Markdown.

    The confidence from which on answers are given is chosen by the other corpora, each weighing alike, so that a
    corpus' labels have no part in its own risk; below the table stands the one that all of them choose.

    Args:
        tables: predictions of one system each, of corpora that it has not learnt from; one table may hold several.
    """
    corpora = [each for table in tables for each in _by_corpus(table)]
    rows = [
        [*_row(*each), *_risked(each[1], [told for _, told in corpora if told is not each[1]])] for each in corpora
    ]
    chosen = _confidence([told for _, told in corpora])
    sentence = (
        f"By all of them, no more than {100 * RISK:.0f} % of the answers are wrong from a confidence of {chosen:.2f} "
        f"on (`min_confidence={chosen:.2f}`)."
        if chosen is not None
        else f"No confidence keeps the wrong answers of all of them together to {100 * RISK:.0f} %."
    )
    return "\n".join([*markdown_table([list(HEADS), *rows]), "", sentence])


def _by_corpus(table: Predictions) -> list[tuple[str, Predictions]]:
    corpora = table.values("corpus")
    return [
        (str(corpus), Predictions(table.table.filter(pa.array(corpora == corpus)), table.classes))
        for corpus in sorted(set(corpora))
    ]


def _confidence(others: Sequence[Predictions]) -> float | None:
    """Return the confidence from which on corpora are answered at ``RISK``, each weighing alike."""
    if not others:
        return None
    confidence = np.concatenate([told.probabilities.max(axis=1) for told in others])
    wrong = np.concatenate([told.predicted != told.gold for told in others])
    weights = np.concatenate([np.full(len(told.gold), 1 / len(told.gold)) for told in others])
    return confidence_for_risk(confidence, wrong, weights, RISK)


def _risked(told: Predictions, others: Sequence[Predictions]) -> list[str]:
    """Return the confidence that other corpora choose, the share of a corpus that is answered, and its risk."""
    chosen = _confidence(others)
    if chosen is None:
        return ["none", "-", "-"]
    answered = told.probabilities.max(axis=1) >= chosen
    risk = f"{100 * (told.predicted != told.gold)[answered].mean():.0f}" if answered.any() else "-"
    return [f"{chosen:.2f}", f"{100 * answered.mean():.0f}", risk]


def _row(corpus: str, told: Predictions) -> list[str]:
    gold, probabilities = told.gold, told.probabilities
    confidence = probabilities.max(axis=1)
    surest = np.argsort(-confidence, kind="stable")[: round(HALF * len(gold))]
    half = unweighted_average_recall(gold[surest].tolist(), told.predicted[surest].tolist(), told.classes)
    ece = calibration_scores(gold.tolist(), probabilities, told.classes).ece
    uar = summarise(told).systems[-1].figures["uar"]
    figures = [f"{100 * figure:.1f}" for figure in (ece, half)]
    return [corpus, str(len(gold)), str(len(set(told.speakers))), str(uar), *figures, f"{100 * confidence.mean():.0f}"]
