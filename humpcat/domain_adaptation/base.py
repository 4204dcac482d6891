"""What the unsupervised adaptation methods share: the scikit-learn API, and values that every method can use."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from humpcat.errors import AdaptationError
from humpcat.keywords import named_keywords
from humpcat.self_training.precision import Array

Indices = npt.NDArray[np.int64]
"""Class indices into ``classes_``, shape (clips,)."""


class DomainAdaptationClassifier(ClassifierMixin, BaseEstimator, ABC):
    """A classifier of a target corpus, fitted to a labelled source corpus and to unlabelled clips of the target.

    Each corpus is standardised by its own mean and deviation, so that offset and scale of a feature never differ
    between the two (Schuller et al., IEEE Transactions on Affective Computing 1(2), 2010, found this the best
    normalisation across corpora). A feature that is constant in a corpus is 0 there, and a missing value (NaN) is
    the corpus' mean. A clip without any value is left out of fitting, and answered as the mean of the target.

    A method is a subclass with :meth:`_fit` and :meth:`_proba`, which see standardised float64 values only.
    A file of this folder that ends in ``EXPORT = (MyMethod,)`` makes it one of
    :data:`~humpcat.domain_adaptation.METHODS`.

    Attributes:
        name: how the registry and ``--methods`` call it.
        title: how tables call it.
        year: when it was published, by which tables are ordered.
        grid: values that may be tried of its parameters; one that is not named keeps its default.
        randomized: whether another seed gives other answers, not only other probabilities.
        classes_: class labels.
        n_features_in_: number of features.
        objective_: value of the method's objective after each step, where the method has one.
        source_scaler_: mean and deviation of the source.
        target_scaler_: mean and deviation of the target.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    year: ClassVar[int]
    grid: ClassVar[Mapping[str, list[Any]]] = {}
    randomized: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        named_keywords(cls)

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, X_target: npt.ArrayLike | None = None) -> Self:
        """Fit to a labelled source and an unlabelled target.

        Args:
            X: source values of shape (clips, features), on any scale; NaN where a value is missing.
            y: their classes.
            X_target: target values of shape (clips, features), two clips or more; the source by default, which is
                then its own target.

        Raises:
            AdaptationError: fewer than two classes or two target clips, other features in the target than in the
                source, or an infinite value.
            ValueError: shapes or types that scikit-learn refuses.
        """
        source: Array
        labels: npt.NDArray[Any]
        source, labels = validate_data(self, X, y, dtype=np.float64, ensure_all_finite=False)
        check_classification_targets(labels)
        target = source if X_target is None else self._checked_target(X_target)
        _refuse_infinite(source, "X")
        _refuse_infinite(target, "X_target")
        source, labels = _heard(source, labels)
        target = _without_empty(target)
        self.classes_, indices = np.unique(labels, return_inverse=True)
        self._refuse_too_little(len(target))
        # A feature without any value in a corpus has neither mean nor deviation there.
        with np.errstate(invalid="ignore"):
            self.source_scaler_ = StandardScaler().fit(source)
            self.target_scaler_ = StandardScaler().fit(target)
        self._fit(_standardised(source, self.source_scaler_), indices, _standardised(target, self.target_scaler_))
        return self

    def predict_proba(self, X: npt.ArrayLike) -> Array:
        """Return the probability of each class, shape (clips, classes), columns in the order of ``classes_``.

        Args:
            X: values of clips of the target, those of :meth:`fit` or others; a clip without any value is answered as
                the mean of the target, with a warning.

        Raises:
            AdaptationError: an infinite value.
            sklearn.exceptions.NotFittedError: nothing was fitted yet.
        """
        return self._proba(self._target_values(X))

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the most probable class of each clip of the target, shape (clips,)."""
        probabilities = self._proba(self._target_values(X))
        labels: npt.NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    @abstractmethod
    def _fit(self, source: Array, labels: Indices, target: Array) -> None:
        """Fit to standardised values.

        Args:
            source: shape (source clips, features).
            labels: class of each source clip, an index into ``classes_``.
            target: shape (target clips, features).
        """

    @abstractmethod
    def _proba(self, values: Array) -> Array:
        """Return probabilities of shape (clips, classes) for standardised values of target clips."""

    def _target_values(self, X: npt.ArrayLike) -> Array:
        """Return clips of the target as the method saw those that it was fitted to."""
        check_is_fitted(self, "target_scaler_")
        values: Array = validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite=False)
        _refuse_infinite(values, "X")
        empty = np.isnan(values).all(axis=1)
        if empty.any():
            warnings.warn(
                f"{empty.sum()} of {len(values)} clips have no value at all, the first in row {empty.argmax()}: they "
                "are answered as the mean of the target.",
                stacklevel=3,
            )
        return _standardised(values, self.target_scaler_)

    def _checked_target(self, X_target: npt.ArrayLike) -> Array:
        shape = np.shape(X_target)
        if len(shape) != 2 or shape[1] != self.n_features_in_:
            raise AdaptationError(
                f"X_target has the shape {shape}: expected (clips, {self.n_features_in_}), the features of X."
            )
        target: Array = validate_data(self, X_target, reset=False, dtype=np.float64, ensure_all_finite=False)
        return target

    def _refuse_too_little(self, target_clips: int) -> None:
        if len(self.classes_) < 2:
            raise AdaptationError(
                f"y has one class only, '{self.classes_[0]}': expected source clips of two classes or more."
            )
        if target_clips < 2:
            raise AdaptationError(
                "X_target has one clip with a value: expected two or more, for a mean and a deviation of the target."
            )

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that missing values are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class SubspaceClassifier(TransformerMixin, DomainAdaptationClassifier):
    """A method that finds a subspace of its own: a subclass adds :meth:`_transform`."""

    def transform(self, X: npt.ArrayLike) -> Array:
        """Return clips of the target in the subspace, shape (clips, components).

        Raises:
            AdaptationError: an infinite value.
            sklearn.exceptions.NotFittedError: nothing was fitted yet.
        """
        return self._transform(self._target_values(X))

    def fit_transform(self, X: npt.ArrayLike, y: npt.ArrayLike, X_target: npt.ArrayLike | None = None) -> Array:
        """Fit, and return the target (the source, if there is none) in the subspace, shape (clips, components)."""
        return self.fit(X, y, X_target).transform(X if X_target is None else X_target)

    @abstractmethod
    def _transform(self, values: Array) -> Array:
        """Return standardised values of target clips in the subspace, shape (clips, components)."""


def _standardised(values: Array, scaler: StandardScaler) -> Array:
    """Return standardised values, 0 where a value is missing."""
    scaled: Array = scaler.transform(values)
    return np.nan_to_num(scaled, copy=False, nan=0.0)


def _refuse_infinite(values: Array, name: str) -> None:
    infinite = np.isinf(values)
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise AdaptationError(
            f"{name} holds {values[row, column]} in row {row}, column {column}: expected finite values, or NaN where "
            "a value is missing; leave the clip out or extract its features again."
        )


def _heard(X: Array, y: npt.NDArray[Any]) -> tuple[Array, npt.NDArray[Any]]:
    """Return the source clips that have a value, and their classes."""
    empty = np.isnan(X).all(axis=1)
    if empty.all():
        raise AdaptationError(
            f"X has no value in any of its {len(X)} clips: extract the features of the source again."
        )
    if not empty.any():
        return X, y
    warnings.warn(
        f"{empty.sum()} of {len(X)} source clips have no value at all, the first in row {empty.argmax()}: they are "
        "left out.",
        stacklevel=3,
    )
    return X[~empty], y[~empty]


def _without_empty(X_target: Array) -> Array:
    """Return the target clips that have a value; :meth:`predict` is where the others are warned of."""
    empty = np.isnan(X_target).all(axis=1)
    if empty.all():
        raise AdaptationError(
            f"X_target has no value in any of its {len(X_target)} clips: extract the features of the target again."
        )
    return X_target[~empty] if empty.any() else X_target
