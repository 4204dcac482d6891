"""What a report shows of one system alone: confusions, classes, confidence, mistakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from humpcat.evaluation.calibration import Calibration, Reliability, RiskCoverage, reliability, risk_coverage
from humpcat.evaluation.calibration import calibration_scores as calibrated
from humpcat.evaluation.metrics import ClassScores, Floats, class_scores
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.report.coded import Coded
from humpcat.evaluation.report.runs import Run

MISTAKES = 15
"""Mistakes listed."""


@dataclass(frozen=True)
class Mistake:
    """A clip that was answered wrongly with much confidence.

    Attributes:
        id: the clip.
        gold: its true class.
        answered: the answer.
        confidence: probability of the answer, the highest over the draws in which the clip was mistaken.
        wrong: number of draws in which it was mistaken.
        draws: number of draws in which it was tested.
    """

    id: str
    gold: str
    answered: str
    confidence: float
    wrong: int
    draws: int


@dataclass(frozen=True)
class SystemReport:
    """One system on one target.

    Attributes:
        label: name, unique on its target.
        name: name of the system in its run.
        run: name of the run.
        source: corpus of the source model, empty if not known.
        amounts: how much was adapted on: "shots" or "share".
        confusion: clips by true class (rows) and answer, mean over draws.
        classes: scores of each class, mean over draws; None where there is nothing to average.
        calibration: scores of the probabilities of all draws together.
        reliability: bins of the reliability diagram.
        risk: risk by coverage.
        models: draw to hash of the model.
    """

    label: str
    name: str
    run: str
    source: str
    amounts: Mapping[str, float]
    confusion: Floats
    classes: tuple[ClassScores, ...]
    calibration: Calibration
    reliability: Reliability
    risk: RiskCoverage
    models: Mapping[int, str]


def describe(label: str, run: Run, name: str, part: Predictions, coded: Coded) -> SystemReport:
    """Compute what is shown of one system.

    Args:
        label: name, unique on its target.
        run: its run.
        name: name in its run.
        part: its predictions.
        coded: the same as numbers.
    """
    gold, probabilities = part.gold, part.probabilities
    table = part.table.group_by(["draw", "model_hash"]).aggregate([])
    hashes: dict[int, str] = {}
    for row in table.sort_by([("draw", "ascending"), ("model_hash", "ascending")]).to_pylist():
        hashes[row["draw"]] = ", ".join(filter(None, [hashes.get(row["draw"]), row["model_hash"]]))
    return SystemReport(
        label=label,
        name=name,
        run=run.name,
        source=run.source,
        amounts=run.amounts,
        confusion=coded.matrices().mean(axis=0),
        classes=_class_scores(part),
        calibration=calibrated(gold, probabilities, part.classes),
        reliability=reliability(gold, probabilities, part.classes),
        risk=_thinned(risk_coverage(gold, probabilities, part.classes)),
        models=hashes,
    )


def _class_scores(part: Predictions) -> tuple[ClassScores, ...]:
    """Return the scores of each class, mean over draws."""
    gold, predicted, draws = part.gold, part.predicted, part.values("draw")
    by_draw = [class_scores(gold[draws == draw], predicted[draws == draw], part.classes) for draw in np.unique(draws)]

    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if known else None

    return tuple(
        ClassScores(
            name=rows[0].name,
            precision=mean([row.precision for row in rows]),
            recall=mean([row.recall for row in rows]),
            f1=mean([row.f1 for row in rows]),
            support=round(float(np.mean([row.support for row in rows]))),
            answered=round(float(np.mean([row.answered for row in rows]))),
        )
        for rows in zip(*by_draw, strict=True)
    )


def _thinned(curve: RiskCoverage, points: int = 120) -> RiskCoverage:
    """Keep as many points of a curve as can be seen; its area is that of all."""
    kept = np.unique(np.searchsorted(curve.coverage, np.linspace(0.05, 1, points)).clip(max=len(curve.coverage) - 1))
    return RiskCoverage(curve.coverage[kept], curve.risk[kept], curve.threshold[kept], curve.aurc)


def mistakes(coded: Coded) -> list[Mistake]:
    """Return the wrong answers of the highest confidence, each clip once.

    Args:
        coded: predictions of one system.
    """
    part = coded.predictions
    confidence = part.probabilities.max(axis=1)
    wrong = np.flatnonzero(coded.gold != coded.answered)
    tested, mistaken = np.bincount(coded.clip), np.bincount(coded.clip[wrong], minlength=coded.clip.max() + 1)
    order = wrong[np.lexsort((coded.clip[wrong], -confidence[wrong]))]
    _, first = np.unique(coded.clip[order], return_index=True)
    worst = order[np.sort(first)[:MISTAKES]]
    return [
        Mistake(
            id=str(part.table["id"][int(row)]),
            gold=part.classes[coded.gold[row]],
            answered=part.classes[coded.answered[row]],
            confidence=float(confidence[row]),
            wrong=int(mistaken[coded.clip[row]]),
            draws=int(tested[coded.clip[row]]),
        )
        for row in worst
    ]
