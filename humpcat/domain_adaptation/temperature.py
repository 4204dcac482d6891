"""How soft a method's answers are: a temperature found on source clips that were held out."""

from abc import abstractmethod

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.utils import check_random_state

from humpcat.domain_adaptation.base import DomainAdaptationClassifier, Indices
from humpcat.self_training.precision import Array

HELD_OUT = 5
"""One clip of so many of each class is held out to find the temperature on."""

LARGEST = 10.0
"""Largest logarithm of a temperature, so that clips that are all right, or all wrong, give one too."""


class SoftenedClassifier(DomainAdaptationClassifier):
    """A method whose scores become probabilities by the softmax over a temperature.

    The temperature (Guo et al., On calibration of modern neural networks, ICML 2017) is found on a fifth of the
    source's clips of each class, by the method adapted without them; it is 1 where no class has five clips. Adapting
    is done twice, because scores of clips that it was fitted to would look far too sure. The order of the classes
    does not depend on the temperature.

    A subclass has the setting ``random_state``, the seed of the clips held out, and the methods :meth:`_adapt` and
    :meth:`_scores`.

    Attributes:
        temperature_: what scores are divided by.
    """

    random_state: int | None

    @abstractmethod
    def _adapt(self, source: Array, labels: Indices, target: Array) -> None:
        """Fit to standardised values, as in :meth:`_fit`."""

    @abstractmethod
    def _scores(self, values: Array) -> Array:
        """Return scores of standardised values, shape (clips, classes), the highest that of the answer."""

    def _fit(self, source: Array, labels: Indices, target: Array) -> None:
        held_out = held_out_clips(labels, check_random_state(self.random_state))
        self.temperature_ = 1.0
        if held_out.any():
            self._adapt(source[~held_out], labels[~held_out], target)
            self.temperature_ = best_temperature(self._scores(source[held_out]), labels[held_out])
        self._adapt(source, labels, target)

    def _proba(self, values: Array) -> Array:
        probabilities: Array = softmax(self._scores(values) / self.temperature_, axis=1)
        return probabilities


def held_out_clips(labels: Indices, random: np.random.RandomState) -> npt.NDArray[np.bool_]:
    """Return which clips are held out: one of five of each class, none of a class of fewer.

    Example:
        >>> held_out = held_out_clips(np.array([0] * 10 + [1] * 4), np.random.RandomState(0))
        >>> int(held_out[:10].sum()), int(held_out[10:].sum())
        (2, 0)
    """
    held_out = np.zeros(len(labels), np.bool_)
    for label in np.unique(labels):
        own = random.permutation(np.flatnonzero(labels == label))
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
