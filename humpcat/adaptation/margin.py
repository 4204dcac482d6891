"""A linear support vector machine that answers with probabilities: the classifier of the shallow methods."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.svm import LinearSVC
from sklearn.utils import check_random_state

from humpcat.adaptation.base import Indices
from humpcat.adaptation.precision import Array

HELD_OUT = 5
"""One clip of so many of each class is held out to find the temperature on."""

LARGEST = 10.0
"""Largest logarithm of a temperature, so that clips that are all right, or all wrong, give one too."""


class MarginClassifier:
    """A linear support vector machine whose decision values are softened into probabilities.

    The probabilities are the softmax of the decision values over a temperature (Guo et al., On calibration of modern
    neural networks, ICML 2017), which is found on a fifth of the source's clips of each class, by a machine that was
    fitted to the other four; the temperature is 1 where no class has five clips. The most probable class is that of
    the largest decision value, whatever the temperature.

    Args:
        C: inverse strength of the regularisation.
        random_state: seed of the clips held out and of liblinear.
    """

    def __init__(self, C: float, random_state: int | np.random.RandomState | None) -> None:
        self.C = C
        self.random = check_random_state(random_state)

    def fit(self, values: Array, labels: Indices) -> "MarginClassifier":
        """Fit to values of shape (clips, features) and their class indices, each of 0 to classes - 1 present."""
        held_out = self._held_out(labels)
        self.temperature = 1.0
        if held_out.any():
            self.machine = self._machine().fit(values[~held_out], labels[~held_out])
            self.temperature = best_temperature(self._scores(values[held_out]), labels[held_out])
        self.machine = self._machine().fit(values, labels)
        return self

    def proba(self, values: Array) -> Array:
        """Return probabilities, shape (clips, classes)."""
        probabilities: Array = softmax(self._scores(values) / self.temperature, axis=1)
        return probabilities

    def _machine(self) -> LinearSVC:
        return LinearSVC(C=self.C, dual="auto", random_state=self.random.randint(2**31 - 1), max_iter=10_000)

    def _scores(self, values: Array) -> Array:
        scores: Array = self.machine.decision_function(values)
        return np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores

    def _held_out(self, labels: Indices) -> np.ndarray:
        held_out = np.zeros(len(labels), np.bool_)
        for label in np.unique(labels):
            own = self.random.permutation(np.flatnonzero(labels == label))
            held_out[own[: len(own) // HELD_OUT]] = True
        return held_out


def best_temperature(scores: Array, labels: Indices) -> float:
    """Return the temperature of highest likelihood.

    Args:
        scores: shape (clips, classes).
        labels: class index of each clip.

    Example:
        >>> scores = np.array([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0], [2.0, 0.0]])
        >>> temperature = best_temperature(scores, np.array([0, 0, 0, 1]))
        >>> softmax(scores[0] / temperature).round(2).tolist()
        [0.75, 0.25]
    """

    def surprise(logarithm: float) -> float:
        likelihoods = log_softmax(scores / np.exp(logarithm), axis=1)
        return -float(likelihoods[np.arange(len(labels)), labels].mean())

    found = minimize_scalar(surprise, bounds=(-LARGEST, LARGEST), method="bounded")
    return float(np.exp(found.x))
