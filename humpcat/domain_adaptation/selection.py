"""Parameters chosen for a pair without the target's labels: by held-out source speakers, or by how sure a fit is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import entropy
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import ParameterGrid

from humpcat.domain_adaptation import DomainAdaptationClassifier
from humpcat.self_training.precision import Array

Values = npt.NDArray[np.float32]
"""One row of feature values a clip, NaN where a value is not defined."""


@dataclass(frozen=True)
class LearningData:
    """What may be learnt from.

    Attributes:
        X: values of the source's clips, shape (source clips, values).
        y: their classes, shape (source clips,).
        X_target: values of the target's unlabelled clips, shape (target clips, values).
        held_out: which source clips a choice of parameters may be tested on, shape (source clips,).
    """

    X: Values
    y: npt.NDArray[Any]
    X_target: Values
    held_out: npt.NDArray[np.bool_]


NONE, SOURCE, ENTROPY = "none", "source", "entropy"
SELECTIONS = (NONE, SOURCE, ENTROPY)

HELD_OUT_SHARE = 0.2
"""Share of the source's sessions that choose the parameters, under "source"; the last fit learns from them too."""

Make = Callable[..., DomainAdaptationClassifier]
"""Gives the method with some parameters, not yet fitted."""


def chosen(make: Make, grid: Mapping[str, list[Any]], how: str, learning: LearningData) -> dict[str, Any]:
    """Return the parameters of the grid that come out best, the first of equals; nothing where none are tried.

    Args:
        make: gives the method with parameters of the grid.
        grid: values to try of each parameter.
        how: one of ``SELECTIONS``.
        learning: what may be learnt from; of the target it has no labels.
    """
    if how == NONE or not grid:
        return {}
    score = _source_score if how == SOURCE else _certainty
    candidates = list(ParameterGrid(grid))
    scores = [score(make(**parameters), learning) for parameters in candidates]
    return dict(candidates[int(np.argmax(scores))])


def _source_score(model: DomainAdaptationClassifier, learning: LearningData) -> float:
    """Return the UAR of source clips that were held out."""
    held = learning.held_out
    model.fit(learning.X[~held], learning.y[~held], learning.X_target)
    # A method answers target clips: the held-out ones are moved to the target's mean and deviation.
    moved = model.target_scaler_.inverse_transform(model.source_scaler_.transform(learning.X[held]))
    return float(balanced_accuracy_score(learning.y[held], model.predict(moved)))


def _certainty(model: DomainAdaptationClassifier, learning: LearningData) -> float:
    """Return the negative mean entropy of the answers to the target's unlabelled clips.

    Morerio, Cavazza and Murino, Minimal-Entropy Correlation Alignment, ICLR 2018.
    """
    probabilities: Array = model.fit(learning.X, learning.y, learning.X_target).predict_proba(learning.X_target)
    return -float(np.mean(entropy(probabilities, axis=1)))
