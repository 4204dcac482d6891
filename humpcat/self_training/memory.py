"""What a model keeps of its source in place of the clips: a few directions, and the solution there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import eigsh

from humpcat.self_training.precision import Array, DensePrecision, LowRankPrecision

SOURCE_NOISE = 5.0
"""Variance of the noise of a source clip's label: a source clip counts far less than one of the target."""


@dataclass(frozen=True)
class SourceMemory:
    """A source's ridge regression as the prior of a target's.

    Of the precision that the source's clips give the weights, the strongest directions are kept, and the identity
    for all others; the mean is the source's own solution. At full rank nothing is lost: adapting from the memory is
    then the regression of source and target together.

    Attributes:
        factor: shape (rank, features + 1); the precision is the identity and ``factor.T @ factor``.
        solution: weights of the source's regression, shape (classes, features + 1); zeros for a class of which the
            source knew nothing.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 2, 60)
        >>> values = rng.normal(size=(60, 5)) + labels[:, None]
        >>> memory = SourceMemory.of(values, labels, rank=3)
        >>> memory.factor.shape, memory.solution.shape
        ((3, 6), (2, 6))
    """

    factor: Array
    solution: Array

    @classmethod
    def of(
        cls,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        rank: int,
        classes: int | None = None,
        noise: float = SOURCE_NOISE,
    ) -> "SourceMemory":
        """Remember a source.

        Args:
            X: values of shape (clips, features), standardised.
            y: their classes, as numbers from 0.
            rank: directions to keep, at most as many as there are clips or values.
            classes: number of classes, if some may have no clip; one more than the highest in ``y`` by default.
            noise: variance of the noise of a clip's label.
        """
        labels = np.asarray(y)
        rows, n_classes = scaled(np.asarray(X, np.float64)), classes or int(labels.max()) + 1
        noises = np.full(len(rows), noise)
        pull = (rows.T / noises) @ (np.eye(n_classes)[labels] - 1 / n_classes)
        precision = DensePrecision.of(rows, noises)
        return cls(_strongest(precision.matrix, min(rank, *rows.shape)), precision.solve(pull).T)

    def of_classes(self, before: Sequence[str], after: Sequence[str]) -> "SourceMemory":
        """Return what is remembered for another set of classes; nothing of a class that the source did not know.

        Args:
            before: the classes that the source was trained on, in the order of the solution.
            after: the other ones, in their order.

        Example:
            >>> memory = SourceMemory.of(np.eye(4), np.array([0, 0, 1, 1]), rank=3)
            >>> memory.of_classes(["anger", "sadness"], ["fear", "sadness"]).known.tolist()
            [False, True]
        """
        solution = np.zeros((len(after), self.features + 1))
        for row, name in enumerate(after):
            if name in before:
                solution[row] = self.solution[before.index(name)]
        return SourceMemory(self.factor, solution)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Whether the source knew each class, shape (classes,)."""
        return np.asarray(self.solution.any(axis=1))

    def forgotten(self) -> "SourceMemory":
        """Return a memory of the same shape that knows nothing: the prior before any clip."""
        return SourceMemory(self.factor[:0], np.zeros_like(self.solution))

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.solution)

    @property
    def features(self) -> int:
        """Number of values of a clip."""
        return self.solution.shape[1] - 1

    @property
    def precision(self) -> LowRankPrecision:
        """Precision of the weights given the source."""
        return LowRankPrecision(self.factor)


def scaled(values: Array) -> Array:
    """Return values as the kernel wants them: scaled by their number, and a one for the intercept.

    Args:
        values: shape (clips, features).

    Returns:
        Shape (clips, features + 1).
    """
    return np.hstack([values / np.sqrt(values.shape[1]), np.ones((len(values), 1))])


def _strongest(precision: Array, rank: int) -> Array:
    """Return rows of which the Gram matrix is the best of that rank for a precision less one, strongest first."""
    if rank < len(precision):
        # A fixed start gives the same bytes again.
        strengths, directions = eigsh(precision, k=rank, v0=np.ones(len(precision)))
    else:
        strengths, directions = np.linalg.eigh(precision)
    order = np.argsort(strengths)[::-1]
    kept: Array = np.sqrt(np.maximum(strengths[order] - 1, 0))[:, None] * directions[:, order].T
    return kept
