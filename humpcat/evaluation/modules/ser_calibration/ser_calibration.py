"""Calibration error, Brier score, likelihood and risk against coverage of probabilities, for ``evaluate.load``.

The library copies this file into its own cache and imports it there: imports must be absolute, one a line.
"""

from dataclasses import asdict
from typing import Any

import datasets
import evaluate

from humpcat.evaluation.calibration import BINS, calibration_scores

_DESCRIPTION = """\
Expected calibration error, multi-class Brier score, negative log-likelihood and the area under the risk-coverage curve
of class probabilities."""

_INPUTS = """\
predictions: one probability a class, in the order of the classes.
references: class names that are true.
classes: all class names.
bins: number of bins of the calibration error, 15 by default.
binning: equal-width (default) or equal-mass."""


class SerCalibration(evaluate.Metric):
    """Calibration error, Brier score, likelihood and risk against coverage of class probabilities."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features(
                {"predictions": datasets.List(datasets.Value("float64")), "references": datasets.Value("string")}
            ),
        )

    def _compute(
        self,
        predictions: list[list[float]],
        references: list[str],
        classes: list[str],
        bins: int = BINS,
        binning: str = "equal-width",
    ) -> dict[str, Any]:
        return asdict(calibration_scores(references, predictions, classes, bins=bins, binning=binning))
