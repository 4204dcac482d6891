"""Evaluation: metrics, intervals, the predictions table and the result table."""

from humpcat.evaluation.calibration import (
    Calibration,
    Reliability,
    RiskCoverage,
    calibration_scores,
    reliability,
    risk_coverage,
)
from humpcat.evaluation.intervals import Interval, speaker_bootstrap, speaker_bootstraps
from humpcat.evaluation.metrics import (
    ClassScores,
    Scores,
    accuracy,
    class_scores,
    confusion,
    macro_f1,
    scores,
    unweighted_average_recall,
)
from humpcat.evaluation.modules import load_metric
from humpcat.evaluation.predictions import Predictions, PredictionsError
from humpcat.evaluation.significance import Comparison, Difference, compare_systems, holm
from humpcat.evaluation.summary import chance_scores, summarise
from humpcat.evaluation.table import Figure, Summary, SystemScores
from humpcat.keywords import name_unknown_keywords

__all__ = [
    "Calibration",
    "ClassScores",
    "Comparison",
    "Difference",
    "Figure",
    "Interval",
    "Predictions",
    "PredictionsError",
    "Reliability",
    "RiskCoverage",
    "Scores",
    "Summary",
    "SystemScores",
    "accuracy",
    "calibration_scores",
    "chance_scores",
    "class_scores",
    "compare_systems",
    "confusion",
    "holm",
    "load_metric",
    "macro_f1",
    "reliability",
    "risk_coverage",
    "scores",
    "speaker_bootstrap",
    "speaker_bootstraps",
    "summarise",
    "unweighted_average_recall",
]

name_unknown_keywords(globals(), __all__)
