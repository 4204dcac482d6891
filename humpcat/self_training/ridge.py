"""Ridge regression on a labelled source that trains itself on the target's unlabelled clips."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from humpcat.self_training.class_shares import ClassShares, reliability
from humpcat.self_training.memory import SOURCE_NOISE, SourceMemory, scaled
from humpcat.self_training.precision import Array, DensePrecision, Precision
from humpcat.self_training.rounds import Rounds, few_unlabelled
from humpcat.self_training.soft_labels import group_codes, spread
from humpcat.self_training.view import View, mean_of

UNLABELLED = -1
"""Label of a target clip whose class is not known, as in scikit-learn's semi-supervised estimators."""


class SelfTrainedRidge(ClassifierMixin, BaseEstimator):
    """One-hot ridge regression of source and target, the unlabelled target clips by their own left-out answers.

    Unlabelled clips get soft labels from what the regression says of each of them when that clip itself is left
    out (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equation 5.12), sharpened a little
    more in each round, and the regression is fitted again. Leaving out is essential: a clip that answers for itself
    confirms whatever it was first taken for. A source clip counts far less than one of the target.

    How frequent a class is, is half what :class:`humpcat.self_training.class_shares.ClassShares` expects and half what
    the soft labels say: soft labels alone drift, and would make clips of a class that is not there at all.

    Soft labels can come to follow something else than the classes. Where answers have become more reliable by more
    than ``most_gain``, nothing of this is used: the regression is then that of the source and the labelled clips, and
    ``self_trained_`` says so.

    Args:
        source_noise: variance of the noise of a source clip's label; with values of d features scaled to variance
            1 / d and a weight prior of variance 1, its inverse is what the clip weighs.
        target_noise: the same of a target clip, labelled or not.
        rounds: how often the soft labels are made again; 0 for no self-training.
        temperatures: softness of the soft labels in the first and from the last third on, in units of the root mean
            square of the scores.
            Groups of few unlabelled clips (:data:`humpcat.self_training.rounds.FEW`) stay at a softness of 1 or more,
            with a noise of 1 or more.
        resumed: softness from which rounds go on with the labelled clips, once the clips were trained without any
            label.
        balance: how far the classes' shares among the soft labels of each group are pulled to those expected, 0 to 1.
        views: factors of the values, shape (features,) each, for a regression of its own; what clips are labelled by
            is the mean of what all regressions say of them, and so is the result. All values as they are by default.
        most_gain: largest rise of :func:`humpcat.self_training.class_shares.reliability` that is believed, from what
            is first said of the unlabelled clips to what is said at last; any by default.
        unlabelled_weight: what a target clip without a label counts beside one with a label, above 0 to 1: its noise
            is as many times higher.

    Attributes:
        classes_: class labels.
        coef_: weights of shape (classes, features).
        intercept_: shape (classes,).
        target_scores_: scores of the target clips, those of unlabelled ones left out, shape (clips, classes).
        self_trained_: whether the target's clips without labels were learnt from.
        target_labels_: labels of the target clips that the weights were fitted to, shape (clips, classes).

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
        target_noise: float = 0.45,
        rounds: int = 60,
        temperatures: tuple[float, float] = (2.0, 0.3),
        resumed: float = 1.0,
        balance: float = 0.2,
        views: Sequence[npt.ArrayLike] | None = None,
        most_gain: float = np.inf,
        unlabelled_weight: float = 1.0,
    ) -> None:
        self.source_noise = source_noise
        self.target_noise = target_noise
        self.rounds = rounds
        self.temperatures = temperatures
        self.resumed = resumed
        self.balance = balance
        self.views = views
        self.most_gain = most_gain
        self.unlabelled_weight = unlabelled_weight

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
        start: npt.ArrayLike | None = None,
    ) -> "SelfTrainedRidge":
        """Fit to a target, starting from what a model remembers of its source; ``source_noise`` is the memory's own.

        Args:
            memory: the source; its classes are the numbers from 0.
            X_target: target values, standardised.
            y_target: their classes, ``UNLABELLED`` where not known; all unknown by default.
            groups: as for :meth:`fit`.
            start: ``target_scores_`` of another regression of the same clips, from which soft labels begin in place of
                what is first said of them.

        Raises:
            ValueError: as for :meth:`fit`, or the memory is of other values.
        """
        self._check_noises()
        self.classes_, self.n_features_in_ = np.arange(memory.classes), memory.features
        pull = memory.precision.times(memory.solution.T)
        scores = None if start is None else np.asarray(start, np.float64)
        return self._fit_target(memory.precision, pull, X_target, y_target, groups, scores)

    def fit_labels(
        self, memory: SourceMemory, X_target: npt.ArrayLike, labels: Array, scores: Array
    ) -> "SelfTrainedRidge":
        """Fit to what another regression, of other values of the same clips, trained itself to.

        Args:
            memory: as for :meth:`fit_from`.
            X_target: target values, standardised.
            labels: labels of the clips, soft where they were not known, all of them as noisy, shape (clips, classes).
            scores: the other regression's ``target_scores_``, which stay what is said of each clip by the others.
        """
        self._check_noises()
        self.target_scores_, self.self_trained_ = scores, True
        self.classes_, self.n_features_in_ = np.arange(memory.classes), memory.features
        rows = scaled(validate_data(self, X_target, reset=False, dtype=np.float64))
        pull = memory.precision.times(memory.solution.T)
        views = [View.of(factors, memory.precision, pull, rows) for factors in self._factors(memory.features)]
        return self._to_labels(views, np.full(len(rows), self.target_noise), labels)

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
        if min(self.source_noise, self.target_noise, self.resumed, *self.temperatures) <= 0:
            raise ValueError(
                f"source_noise {self.source_noise}, target_noise {self.target_noise}, temperatures "
                f"{self.temperatures}, resumed {self.resumed}: expected all of them above 0."
            )
        if not 0 < self.unlabelled_weight <= 1:
            raise ValueError(f"unlabelled_weight {self.unlabelled_weight}: expected above 0 and at most 1.")

    def _fit_target(
        self,
        precision: Precision,
        pull: Array,
        X_target: npt.ArrayLike,
        y_target: npt.ArrayLike | None,
        groups: Sequence[Any] | None,
        start: Array | None = None,
    ) -> "SelfTrainedRidge":
        target = scaled(validate_data(self, X_target, reset=False, dtype=np.float64))
        labels, known = self._target_labels(y_target, len(target))
        one_hot = np.eye(len(self.classes_))[labels]
        group_of = group_codes(groups, len(target))
        views = [View.of(factors, precision, pull, target) for factors in self._factors(target.shape[1] - 1)]
        noise = self._noise(known, group_of)
        return self._to_labels(views, noise, self._soft_labels(views, one_hot, known, group_of, start))

    def _to_labels(self, views: Sequence[View], noise: Array, labels: Array) -> "SelfTrainedRidge":
        self.target_labels_ = labels
        return self._take(mean_of([view.weights(noise, labels - 1 / len(self.classes_)) for view in views]))

    def _factors(self, width: int) -> list[Array]:
        """Return the factors of each view, refusing those that are not of the values."""
        views = [np.ones(width)] if self.views is None else [np.asarray(view, np.float64) for view in self.views]
        if not views or any(view.shape != (width,) for view in views):
            raise ValueError(
                f"views: shapes {[view.shape for view in views]}, expected one or more of {width} factors each."
            )
        return views

    def _noise(self, known: npt.NDArray[np.bool_], group_of: npt.NDArray[np.int64]) -> Array:
        """Return the variance of the noise of each clip's label."""
        noise = np.where(known, self.target_noise, self.target_noise / self.unlabelled_weight)
        return np.where(few_unlabelled(known, group_of), np.maximum(1.0, noise), noise)

    def _hold(self, precision: Precision, pull: Array) -> "SelfTrainedRidge":
        views = [
            View.of(factors, precision, pull, np.empty((0, len(pull)))) for factors in self._factors(len(pull) - 1)
        ]
        nothing = np.empty(0), np.empty((0, pull.shape[1]))
        return self._take(mean_of([view.weights(*nothing) for view in views]))

    def _take(self, weights: Array) -> "SelfTrainedRidge":
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
        views: Sequence[View],
        one_hot: Array,
        known: npt.NDArray[np.bool_],
        group_of: npt.NDArray[np.int64],
        start: Array | None,
    ) -> Array:
        """Return labels of shape (clips, classes): the known ones as they are, soft ones for the others."""
        n_classes = one_hot.shape[1]
        noise = self._noise(known, group_of)

        def said_by(labelled: npt.NDArray[np.bool_]) -> Array:
            """Return what the source and some labelled clips say of all clips, less the mean over classes."""
            at = np.flatnonzero(labelled)
            return mean_of([view.scores(noise, one_hot - 1 / n_classes, at) for view in views])

        first = said_by(known)
        self.target_scores_, self.self_trained_ = first + 1 / n_classes, False
        if known.all() or not self.rounds:
            # With no round at all, what is not known is left where what is known puts it.
            return np.where(known[:, None], one_hot, self.target_scores_)
        nothing = np.zeros_like(known)
        of_source = said_by(nothing) if known.any() else first
        unknown = self.target_scores_[~known]
        shares = ClassShares.of(unknown, of_source[~known] + 1 / n_classes, one_hot[known], even=bool(group_of.any()))
        rounds = Rounds(self.rounds, self.temperatures[1], self.balance, group_of, shares)
        softest = self.temperatures[0]
        if start is not None:
            first, softest = start - 1 / n_classes, min(softest, self.resumed)
        elif known.any():
            # A few labelled speakers pull what is first said of the others to themselves. What the clips say by
            # themselves, without any label, says as much at the start.
            unaided = rounds.run(views, one_hot, nothing, self._noise(nothing, group_of), first, softest)[1]
            first, softest = first / spread(first) + unaided / spread(unaided), min(softest, self.resumed)
        labels, scores = rounds.run(views, one_hot, known, noise, first, softest)
        if reliability(scores[~known] + 1 / n_classes) - reliability(unknown) > self.most_gain:
            return np.where(known[:, None], one_hot, self.target_scores_)
        self.target_scores_, self.self_trained_ = scores + 1 / n_classes, True
        return labels
