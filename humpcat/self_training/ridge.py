"""Ridge regression on a labelled source that trains itself on the target's unlabelled clips."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from humpcat.self_training.memory import SOURCE_NOISE, SourceMemory, scaled
from humpcat.self_training.precision import Array, DensePrecision, Precision

FEW = 25
"""Unlabelled clips of a group below which their soft labels are trusted less: so few can drift together."""

UNLABELLED = -1
"""Label of a target clip whose class is not known, as in scikit-learn's semi-supervised estimators."""


class SelfTrainedRidge(ClassifierMixin, BaseEstimator):
    """One-hot ridge regression of source and target, the unlabelled target clips by their own left-out answers.

    Unlabelled clips get soft labels from what the regression says of each of them when that clip itself is left
    out (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equation 5.12), sharpened a little
    more in each round, and the regression is fitted again. Leaving out is essential: a clip that answers for itself
    confirms whatever it was first taken for. A source clip counts far less than one of the target.

    How frequent a class is, is half what the labelled clips say and half what the soft labels of all clips say
    (compare Saerens, Latinne and Decaestecker, Neural Computation 14, 2002): a few labelled clips, chosen one by one
    from each class, say nothing of it, and soft labels alone drift.

    Args:
        source_noise: variance of the noise of a source clip's label; with values of d features scaled to variance
            1 / d and a weight prior of variance 1, its inverse is what the clip weighs.
        target_noise: the same of a target clip, labelled or not.
        rounds: how often the soft labels are made again; 0 for no self-training.
        temperatures: softness of the soft labels in the first and from the last third on, in units of the root mean
            square of the scores.
            Groups of fewer than ``FEW`` unlabelled clips stay at a softness of 1 or more, with a noise of 1 or more.
        balance: how far the classes' shares among the soft labels of each group are pulled to those expected, 0 to 1.

    Attributes:
        classes_: class labels.
        coef_: weights of shape (classes, features).
        intercept_: shape (classes,).
        target_scores_: scores of the target clips, those of unlabelled ones left out, shape (clips, classes).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> classes = rng.integers(0, 2, 400)
        >>> source = rng.normal(size=(400, 2)) + 2.0 * classes[:, None] * [1, 0]
        >>> target = rng.normal(size=(400, 2)) * 0.3 + 2.0 * classes[:, None] * [1, 1.5]
        >>> model = SelfTrainedRidge().fit(source, classes, target)
        >>> float((model.predict(target) == classes).mean())
        1.0
    """

    def __init__(
        self,
        source_noise: float = SOURCE_NOISE,
        target_noise: float = 0.3,
        rounds: int = 30,
        temperatures: tuple[float, float] = (3.0, 0.3),
        balance: float = 0.2,
    ) -> None:
        self.source_noise = source_noise
        self.target_noise = target_noise
        self.rounds = rounds
        self.temperatures = temperatures
        self.balance = balance

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        X_target: npt.ArrayLike | None = None,
        y_target: npt.ArrayLike | None = None,
        groups: Sequence[Any] | None = None,
    ) -> "SelfTrainedRidge":
        """Fit source and target together.

        Args:
            X: source values of shape (clips, features), standardised.
            y: their classes.
            X_target: target values, standardised; without any it is a ridge regression of the source.
            y_target: their classes, ``UNLABELLED`` where not known; all unknown by default.
            groups: the group (such as the speaker) within which the classes are balanced, for each target clip; one
                group by default.

        Raises:
            ValueError: shapes or values that scikit-learn refuses, or a noise or temperature that is not positive.
        """
        self._check_noises()
        values: Array
        values, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        source = scaled(values)
        noise = np.full(len(source), self.source_noise)
        # Precision of the weights given the source, and what the source's labels pull them to.
        precision = DensePrecision.of(source, noise)
        pull = (source.T / noise) @ (np.eye(len(self.classes_))[codes] - 1 / len(self.classes_))
        if X_target is None:
            return self._hold(precision, pull)
        return self._fit_target(precision, pull, X_target, y_target, groups)

    def fit_from(
        self,
        memory: SourceMemory,
        X_target: npt.ArrayLike,
        y_target: npt.ArrayLike | None = None,
        groups: Sequence[Any] | None = None,
    ) -> "SelfTrainedRidge":
        """Fit to a target, starting from what a model remembers of its source; ``source_noise`` is the memory's own.

        Args:
            memory: the source; its classes are the numbers from 0.
            X_target: target values, standardised.
            y_target: their classes, ``UNLABELLED`` where not known; all unknown by default.
            groups: as for :meth:`fit`.

        Raises:
            ValueError: as for :meth:`fit`, or the memory is of other values.
        """
        self._check_noises()
        self.classes_, self.n_features_in_ = np.arange(memory.classes), memory.features
        pull = memory.precision.times(memory.solution.T)
        return self._fit_target(memory.precision, pull, X_target, y_target, groups)

    def decision_function(self, X: npt.ArrayLike) -> Array:
        """Return scores of shape (clips, classes), about 1 for the class of a clip and 0 for the others.

        Of two classes, as scikit-learn has it: the second's score less the first's, shape (clips,).
        """
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the class of highest score of each clip."""
        scores = self._scores(X)
        return self.classes_[scores.argmax(axis=1)]

    def _scores(self, X: npt.ArrayLike) -> Array:
        check_is_fitted(self)
        values: Array = validate_data(self, X, reset=False, dtype=np.float64)
        scores: Array = values @ self.coef_.T + self.intercept_
        return scores

    def _check_noises(self) -> None:
        if min(self.source_noise, self.target_noise, *self.temperatures) <= 0:
            raise ValueError(
                f"source_noise {self.source_noise}, target_noise {self.target_noise}, temperatures "
                f"{self.temperatures}: expected all of them above 0."
            )

    def _fit_target(
        self,
        precision: Precision,
        pull: Array,
        X_target: npt.ArrayLike,
        y_target: npt.ArrayLike | None,
        groups: Sequence[Any] | None,
    ) -> "SelfTrainedRidge":
        target = scaled(validate_data(self, X_target, reset=False, dtype=np.float64))
        labels, known = self._target_labels(y_target, len(target))
        group_of = _codes(groups, len(target))
        few = ~known & (np.bincount(group_of, weights=~known)[group_of] < FEW)
        noise = np.where(few, max(1.0, self.target_noise), self.target_noise)
        every = precision.plus(target, noise)
        one_hot = np.eye(len(self.classes_))[labels]
        soft = self._soft_labels(precision, every, pull, target, one_hot, known, group_of, few, noise)
        return self._hold(every, pull + (target.T / noise) @ (soft - 1 / len(self.classes_)))

    def _hold(self, precision: Precision, pull: Array) -> "SelfTrainedRidge":
        weights = precision.solve(pull)
        self.coef_ = (weights[:-1] / np.sqrt(self.n_features_in_)).T
        self.intercept_ = weights[-1] + 1 / len(self.classes_)
        return self

    def _target_labels(
        self, y_target: npt.ArrayLike | None, n: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Return class indices (0 where not known) and whether each is known."""
        if y_target is None:
            return np.zeros(n, np.int64), np.zeros(n, np.bool_)
        given = np.asarray(y_target)
        known = given != UNLABELLED
        foreign = sorted(set(given[known].tolist()) - set(self.classes_.tolist()))
        if len(given) != n or foreign:
            raise ValueError(
                f"y_target: {len(given)} labels, of which {foreign} are not classes of the source, expected {n} "
                f"labels among {self.classes_.tolist()} or {UNLABELLED}."
            )
        codes = np.searchsorted(self.classes_, np.where(known, given, self.classes_[0]))
        return codes, known

    def _soft_labels(
        self,
        precision: Precision,
        every: Precision,
        pull: Array,
        target: Array,
        one_hot: Array,
        known: npt.NDArray[np.bool_],
        group_of: npt.NDArray[np.int64],
        few: npt.NDArray[np.bool_],
        noise: Array,
    ) -> Array:
        """Return labels of shape (clips, classes): the known ones as they are, soft ones for the others."""
        n_classes = one_hot.shape[1]
        weighted = target.T / noise
        at = np.flatnonzero(known)
        # What the source and the known clips say.
        first = precision.plus(target[at], noise[at])
        scores = target @ first.solve(pull + weighted[:, at] @ (one_hot[at] - 1 / n_classes)) + 1 / n_classes
        self.target_scores_ = scores
        if known.all() or not self.rounds:
            # With no round at all, what is not known is left where what is known puts it.
            return np.where(known[:, None], one_hot, scores)
        labels = np.where(known[:, None], one_hot, 1 / n_classes)
        prior = self._prior(one_hot[known])
        # A clip's share in its own answer tells what the others alone would have said.
        smoother = every.smoother(target, noise)
        others = np.maximum(1 - smoother.own, np.finfo(float).eps)[:, None]
        from_source = target @ every.solve(pull) + 1 / n_classes
        for round_ in range(self.rounds):
            softness = self._softness(round_)
            softness_of = np.where(few, max(1.0, softness), softness)[~known, None] * _rms(scores[~known])
            centred = scores[~known] - scores[~known].mean(axis=1, keepdims=True)
            expected = 0.5 * prior + 0.5 * self._shares(centred)
            labels[~known] = _balanced(centred / softness_of, group_of[~known], expected, self.balance)
            fitted = from_source + smoother.scores(labels - 1 / n_classes)
            scores = labels - (labels - fitted) / others
        self.target_scores_ = scores
        return labels

    def _softness(self, round_: int) -> float:
        first, last = self.temperatures
        return first + (last - first) * min(1.0, round_ / max(1.0, 0.6 * self.rounds))

    def _shares(self, centred: Array) -> Array:
        """Return the mean of the soft labels of all unlabelled clips, as sharp as those of the last round."""
        shares: Array = softmax(centred / (self.temperatures[1] * _rms(centred)), axis=1).mean(axis=0)
        return shares

    @staticmethod
    def _prior(labelled: Array) -> Array:
        """Return shares of the classes: those of the labelled clips, drawn to equal ones where these are few."""
        n_classes = labelled.shape[1]
        prior: Array = (labelled.sum(axis=0) + 20 / n_classes) / (len(labelled) + 20)
        return prior


def _codes(groups: Sequence[Any] | None, n: int) -> npt.NDArray[np.int64]:
    """Return the number of each clip's group; one group where none is named."""
    if groups is None:
        return np.zeros(n, np.int64)
    if len(groups) != n:
        raise ValueError(f"groups: {len(groups)} groups, expected {n}, one for each target clip.")
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    return np.array([codes[group] for group in groups], np.int64)


def _rms(scores: Array) -> float:
    centred = scores - scores.mean(axis=1, keepdims=True)
    return max(float(np.sqrt(np.mean(centred**2))), np.finfo(float).tiny)


def _balanced(scores: Array, group_of: npt.NDArray[np.int64], prior: Array, strength: float) -> Array:
    """Return softmax with the classes' shares in each group pulled towards the prior."""
    labels: Array = softmax(scores, axis=1)
    if strength == 0:
        return labels
    for group in np.unique(group_of):
        own = group_of == group
        wanted = (1 - strength) * labels[own].mean(axis=0) + strength * prior
        labels[own] = _with_shares(labels[own], wanted)
    return labels


def _with_shares(labels: Array, wanted: Array, steps: int = 30) -> Array:
    """Scale classes until their mean share is the one wanted (Sinkhorn's iteration)."""
    # A class that no clip could be of would be scaled without end.
    labels = np.maximum(labels, 1e-300)
    scale = np.ones_like(wanted)
    for _ in range(steps):
        mean = scale * (labels.T @ (1 / (labels @ scale))) / len(labels)
        scale *= wanted / (mean + 1e-12)
    scaled: Array = labels * scale
    scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled
