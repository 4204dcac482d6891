"""Evaluation: metrics, intervals, the predictions table and the result table."""

from humpcat.evaluation.intervals import Interval, speaker_bootstrap
from humpcat.evaluation.metrics import Scores, accuracy, confusion, macro_f1, scores, unweighted_average_recall
from humpcat.evaluation.modules import load_metric
from humpcat.evaluation.predictions import Predictions, PredictionsError
from humpcat.evaluation.summary import chance_scores, summarise
from humpcat.evaluation.table import Figure, Summary, SystemScores

__all__ = [
    "Figure",
    "Interval",
    "Predictions",
    "PredictionsError",
    "Scores",
    "Summary",
    "SystemScores",
    "accuracy",
    "chance_scores",
    "confusion",
    "load_metric",
    "macro_f1",
    "scores",
    "speaker_bootstrap",
    "summarise",
    "unweighted_average_recall",
]
