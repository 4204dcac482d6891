"""Accuracy (WA), UAR, macro-F1, scores of each class and confusion over class names, for ``evaluate.load``.

The library copies this file into its own cache and imports it there: imports must be absolute, one a line.
"""

from dataclasses import asdict
from typing import Any

import datasets
import evaluate

from humpcat.evaluation.metrics import class_scores, confusion, scores

_DESCRIPTION = """\
Accuracy (WA), unweighted average recall (UAR) and macro-F1 over the classes that the references hold; precision,
recall and F1 of each class; the confusion matrix."""

_INPUTS = """\
predictions: class names predicted.
references: class names that are true.
classes: all class names; those without a reference are returned as 'absent'."""


class SerScores(evaluate.Metric):
    """Accuracy (WA), UAR, macro-F1, scores of each class and confusion of class names."""

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
        given = references, predictions, classes
        by_class = {row.name: asdict(row) for row in class_scores(*given)}
        # Rows are references, columns predictions, both in the order of the classes.
        return asdict(scores(*given)) | {"by_class": by_class, "confusion": confusion(*given).tolist()}
