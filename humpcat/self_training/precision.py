"""Precision matrices of a ridge regression's weights: dense, or the identity and a few rows."""

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, solve_triangular

Array = npt.NDArray[np.float64]


class Smoother(NamedTuple):
    """The linear map from labels of clips to the scores that come of them.

    Attributes:
        scores: gives the scores of labels, both of shape (clips, columns).
        own: the share of each clip's own label in its score, shape (clips,).
    """

    scores: Callable[[Array], Array]
    own: Array


class Precision(Protocol):
    """What is known of the weights of a linear map, as the inverse of their covariance."""

    def plus(self, rows: Array, noise: Array) -> "Precision":
        """Return the precision once clips are known too.

        Args:
            rows: values of shape (clips, width).
            noise: variance of the noise of each clip's label, shape (clips,).
        """

    def scaled_by(self, factors: Array) -> "Precision":
        """Return what the same clips say of weights of values that are scaled.

        Args:
            factors: factor of each value, shape (width,).
        """

    def times(self, weights: Array) -> Array:
        """Multiply, shape (width, columns)."""

    def solve(self, pull: Array) -> Array:
        """Multiply by the inverse, shape (width, columns)."""

    def smoother(self, rows: Array, noise: Array) -> "Smoother":
        """Return what the labels of the rows that were added last give to the scores of these rows.

        Args:
            rows: what :meth:`plus` was given, shape (clips, width).
            noise: likewise, shape (clips,).
        """


class DensePrecision:
    """A precision as a full matrix, for more clips than there are values.

    Args:
        matrix: shape (width, width), symmetric and positive definite.
    """

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix

    @classmethod
    def of(cls, rows: Array, noise: Array) -> "DensePrecision":
        """Return the precision of weights of prior variance one, given clips; see :meth:`Precision.plus`."""
        # The product of an array and its own transpose takes half the work of others.
        weighed = rows / np.sqrt(noise)[:, None]
        matrix = weighed.T @ weighed
        matrix[np.diag_indices(len(matrix))] += 1.0
        return cls(matrix)

    def plus(self, rows: Array, noise: Array) -> "DensePrecision":
        """See :class:`Precision`."""
        return DensePrecision(self.matrix + (rows.T / noise) @ rows)

    def scaled_by(self, factors: Array) -> "DensePrecision":
        """See :class:`Precision`."""
        matrix = factors[:, None] * self.matrix * factors
        # The prior's part is not of clips: it stays one whatever the values are scaled by.
        matrix[np.diag_indices(len(matrix))] += 1.0 - factors**2
        return DensePrecision(matrix)

    def times(self, weights: Array) -> Array:
        """See :class:`Precision`."""
        product: Array = self.matrix @ weights
        return product

    def solve(self, pull: Array) -> Array:
        """See :class:`Precision`."""
        solution: Array = cho_solve((self._root, True), pull)
        return solution

    def smoother(self, rows: Array, noise: Array) -> Smoother:
        """See :class:`Precision`; in the space of the values, so that no matrix of clips by clips is needed."""
        weighted = rows.T / noise
        own = (solve_triangular(self._root, rows.T, lower=True) ** 2).sum(axis=0) / noise
        return Smoother(lambda labels: rows @ self.solve(weighted @ labels), own)

    @cached_property
    def _root(self) -> Array:
        root: Array = cho_factor(self.matrix, lower=True)[0]
        return root


class LowRankPrecision:
    """The identity and ``factor.T @ factor``, for fewer rows than there are values.

    Everything is computed in the space of the rows (the matrix inversion lemma; Rasmussen and Williams, Gaussian
    Processes for Machine Learning, 2006, equation A.9), in milliseconds where a full matrix would take seconds.

    Args:
        factor: shape (rows, width).

    Example:
        >>> precision = LowRankPrecision(np.array([[3.0, 0.0]]))
        >>> precision.solve(np.array([[1.0], [1.0]])).ravel().round(3).tolist()
        [0.1, 1.0]
    """

    def __init__(self, factor: Array) -> None:
        self.factor = factor

    def plus(self, rows: Array, noise: Array) -> Precision:
        """See :class:`Precision`; dense once there are as many rows as values."""
        factor = np.vstack([self.factor, rows / np.sqrt(noise)[:, None]])
        if len(factor) < factor.shape[1]:
            return LowRankPrecision(factor)
        return DensePrecision.of(factor, np.ones(len(factor)))

    def scaled_by(self, factors: Array) -> "LowRankPrecision":
        """See :class:`Precision`."""
        return LowRankPrecision(self.factor * factors)

    def times(self, weights: Array) -> Array:
        """See :class:`Precision`."""
        product: Array = weights + self.factor.T @ (self.factor @ weights)
        return product

    def solve(self, pull: Array) -> Array:
        """See :class:`Precision`."""
        solution: Array = pull - self.factor.T @ cho_solve((self._root, True), self.factor @ pull)
        return solution

    def smoother(self, rows: Array, noise: Array) -> Smoother:
        """See :class:`Precision`; the inner products of the factor's rows hold all of it."""
        n, spread = len(rows), np.sqrt(noise)[:, None]
        # Of K (1 + K)^-1, with K the inner products, what is between the rows that were added last.
        unit = np.eye(len(self.factor))[:, -n:]
        shared = unit[-n:] - cho_solve((self._root, True), unit)[-n:]
        return Smoother(lambda labels: spread * (shared @ (labels / spread)), shared.diagonal())

    @cached_property
    def _root(self) -> Array:
        inner = self.factor @ self.factor.T
        inner[np.diag_indices(len(inner))] += 1.0
        root: Array = cho_factor(inner, lower=True)[0]
        return root
