"""Fit the summary branch: logistic regression on mean and spread of the encoder's layers."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.training.clips import ClipDataset

INVERSE_PENALTY = 0.003
"""scikit-learn's C, for as many clips as the heaviest corpus has; thousands of values need a strong penalty."""

MOST_ITERATIONS = 300

# Logit of a class that nothing was learnt of: possible, but not before any that was.
_UNSEEN = -10.0


def fit_summary(model: HumpCatForAudioClassification, *parts: ClipDataset) -> None:
    """Fit the summary branch of a model in place; nothing happens where it has none.

    Every part weighs as much as the largest one, so that a few target clips count like the whole source.

    Args:
        model: the model.
        *parts: clips to learn from, such as those of the source and those of the target.
    """
    if model.summary is None:
        return
    largest = max(len(part) for part in parts)
    values = np.concatenate([_standardized(part) for part in parts])
    labels = np.concatenate([np.asarray(part.labels) for part in parts])
    weights = np.concatenate([np.full(len(part), largest / len(part)) for part in parts])
    weight, bias = _regression(values, labels, weights, model.config.num_labels)
    with torch.no_grad():
        model.summary.weight.copy_(torch.from_numpy(weight))
        model.summary.bias.copy_(torch.from_numpy(bias))


def _regression(
    values: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], weights: npt.NDArray[np.float64], classes: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return weights (classes, values) and biases (classes,), also where a class has no clip."""
    weight, bias = np.zeros((classes, values.shape[1])), np.full(classes, _UNSEEN)
    present = np.unique(labels)
    if len(present) == 1:
        bias[present] = 0.0
        return weight, bias
    regression = LogisticRegression(C=INVERSE_PENALTY, max_iter=MOST_ITERATIONS).fit(values, labels, weights)
    coefficients, intercepts = regression.coef_, regression.intercept_
    if len(present) == 2:
        # scikit-learn gives the second class' log odds only.
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.append(-intercepts, intercepts) / 2
    weight[present], bias[present] = coefficients, intercepts
    return weight, bias


def _standardized(part: ClipDataset) -> npt.NDArray[np.float32]:
    rows: Sequence[npt.NDArray[np.float32]] = [
        (part.features.read(clip_id, "pooled") - mean) / spread
        for clip_id in part.ids
        for mean, spread in [part.statistics[part.group_of[clip_id]]["pooled"].numpy()]
    ]
    return np.stack(rows).reshape(len(rows), -1)
