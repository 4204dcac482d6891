"""A linear support vector machine that answers with probabilities: what follows an adaptation without labels."""

import numpy as np
from scipy.special import softmax
from sklearn.svm import LinearSVC
from sklearn.utils import check_random_state

from humpcat.domain_adaptation.base import Indices
from humpcat.domain_adaptation.temperature import best_temperature, held_out_clips
from humpcat.self_training.precision import Array


class MarginClassifier:
    """A linear support vector machine whose decision values are softened into probabilities.

    The temperature of the softmax is found as in :class:`~humpcat.domain_adaptation.temperature.SoftenedClassifier`;
    only the machine is fitted twice, as the values before it were made without labels. The most probable class is that
    of the largest decision value, whatever the temperature.

    Args:
        C: inverse strength of the regularisation.
        random_state: seed of the clips held out and of liblinear.
    """

    def __init__(self, C: float, random_state: int | None) -> None:
        self.C = C
        self.random_state = random_state

    def fit(self, values: Array, labels: Indices) -> "MarginClassifier":
        """Fit to values of shape (clips, features) and their class indices, each of 0 to classes - 1 present."""
        held_out = held_out_clips(labels, check_random_state(self.random_state))
        self.temperature = 1.0
        if held_out.any():
            self.machine = linear_machine(self.C, self.random_state).fit(values[~held_out], labels[~held_out])
            self.temperature = best_temperature(decisions(self.machine, values[held_out]), labels[held_out])
        self.machine = linear_machine(self.C, self.random_state).fit(values, labels)
        return self

    def proba(self, values: Array) -> Array:
        """Return probabilities, shape (clips, classes)."""
        probabilities: Array = softmax(decisions(self.machine, values) / self.temperature, axis=1)
        return probabilities


def linear_machine(C: float, random_state: int | None) -> LinearSVC:
    """Return an unfitted linear support vector machine, one class against the others."""
    return LinearSVC(C=C, dual="auto", random_state=random_state, max_iter=10_000)


def decisions(machine: LinearSVC, values: Array) -> Array:
    """Return decision values, shape (clips, classes) for two classes, too."""
    scores: Array = machine.decision_function(values)
    return np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores
