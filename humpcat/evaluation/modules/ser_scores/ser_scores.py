"""Accuracy (WA), UAR and macro-F1 over class names, for ``evaluate.load``.

The library copies this file into its own cache and imports it there: imports must be absolute, one a line.
"""

from dataclasses import asdict
from typing import Any

import datasets
import evaluate

from humpcat.evaluation.metrics import scores

_DESCRIPTION = """\
Accuracy (WA), unweighted average recall (UAR) and macro-F1 over the classes that the references hold."""

_INPUTS = """\
predictions: class names predicted.
references: class names that are true.
classes: all class names; those without a reference are returned as 'absent'."""


class SerScores(evaluate.Metric):
    """Accuracy (WA), UAR and macro-F1 of class names."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def _compute(self, predictions: list[str], references: list[str], classes: list[str]) -> dict[str, Any]:
        return asdict(scores(references, predictions, classes))
