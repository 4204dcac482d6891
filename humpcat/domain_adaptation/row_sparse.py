"""Least squares under an l2,1 penalty, which leaves out whole features: what JDAR and TSDSL rest on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from humpcat.errors import SettingsError
from humpcat.self_training.precision import Array

SMOOTHING = 1e-6
"""Length of a row of weights below which the penalty is a parabola, so that it has a slope at zero, too."""

DUAL_BELOW = 0.4
"""Rows a feature below which 2 rows^2 features operations of a step are fewer than features^3 / 3."""


class LeastSquares(Protocol):
    """The squared error ``||rows @ W - responses||^2`` of a linear map W."""

    pull: Array
    """``rows.T @ responses``, shape (features, responses)."""

    def times(self, weights: Array) -> Array:
        """Return ``rows.T @ rows @ weights``."""

    def plus(self, rows: Array) -> "LeastSquares":
        """Return the squared error plus ``||rows @ W||^2``, rows of shape (any, features)."""

    def solve(self, penalty: Array) -> Array:
        """Return the W of least squared error plus ``sum(penalty[i] * ||W[i]||^2)``, shape (features, responses)."""


class Primal:
    """Least squares by a matrix of features by features, for more clips than features.

    Args:
        gram: ``rows.T @ rows``, shape (features, features).
        pull: ``rows.T @ responses``, shape (features, responses).
    """

    def __init__(self, gram: Array, pull: Array) -> None:
        self.gram = gram
        self.pull = pull

    def times(self, weights: Array) -> Array:
        """Return ``gram @ weights``."""
        product: Array = self.gram @ weights
        return product

    def plus(self, rows: Array) -> "Primal":
        """Return the squared error plus ``||rows @ W||^2``."""
        return Primal(self.gram + rows.T @ rows, self.pull)

    def solve(self, penalty: Array) -> Array:
        """Return weights, as in :class:`LeastSquares`."""
        # Scaled on both sides, so that the diagonal is one or more whatever the penalties.
        scale = 1 / np.sqrt(penalty)
        system = self.gram * scale
        system *= scale[:, None]
        system[np.diag_indices_from(system)] += 1
        solution = cho_solve(cho_factor(system, overwrite_a=True), scale[:, None] * self.pull)
        weights: Array = scale[:, None] * solution
        return weights


class Dual:
    """Least squares by a matrix of rows by rows, for fewer rows than features.

    Args:
        rows: shape (rows, features).
        responses: shape (rows, responses).
    """

    def __init__(self, rows: Array, responses: Array) -> None:
        self.rows = rows
        self.responses = responses
        self.pull = rows.T @ responses

    def times(self, weights: Array) -> Array:
        """Return ``rows.T @ rows @ weights``."""
        product: Array = self.rows.T @ (self.rows @ weights)
        return product

    def plus(self, rows: Array) -> "Dual":
        """Return the squared error plus ``||rows @ W||^2``."""
        nothing = np.zeros((len(rows), self.responses.shape[1]))
        return Dual(np.vstack([self.rows, rows]), np.vstack([self.responses, nothing]))

    def solve(self, penalty: Array) -> Array:
        """Return weights, as in :class:`LeastSquares`, by the identity of Woodbury."""
        scaled = self.rows / penalty
        system = scaled @ self.rows.T
        system[np.diag_indices_from(system)] += 1
        weights: Array = scaled.T @ cho_solve(cho_factor(system, overwrite_a=True), self.responses)
        return weights


def refuse_settings(alignment: float, sparsity: float, **counts: int) -> None:
    """Raise a SettingsError if the weights of an objective's terms, or numbers of something, are out of range."""
    for name, count in counts.items():
        if count < 1:
            raise SettingsError(f"{name}={count}: expected 1 or more.")
    if not (0 <= alignment < np.inf and 0 < sparsity < np.inf):
        raise SettingsError(
            f"alignment={alignment}, sparsity={sparsity}: expected alignment of 0 or more and sparsity above 0; a "
            "sparsity of 1e-9 leaves out next to nothing."
        )


def few_rows(rows: int, features: int) -> bool:
    """Return whether :class:`Dual` is faster than :class:`Primal`: it makes its matrix anew for each penalty."""
    return rows < DUAL_BELOW * features


def least_squares(rows: Array, responses: Array) -> LeastSquares:
    """Return ``||rows @ W - responses||^2`` in the form that is solved faster."""
    if few_rows(*rows.shape):
        return Dual(rows, responses)
    return Primal(rows.T @ rows, rows.T @ responses)


@dataclass(frozen=True)
class RowSparse:
    """Weights of which few rows differ from zero, and how they were found.

    Attributes:
        weights: shape (features, responses).
        objective: its value after each step, falling.
    """

    weights: Array
    objective: list[float]


def row_sparse(
    problem: LeastSquares,
    sparsity: float,
    *,
    constant: float,
    turn: Callable[[Array], Array] | None = None,
    start: Array | None = None,
    steps: int,
    tolerance: float,
) -> RowSparse:
    """Minimise ``||rows @ W - responses @ T||^2 + sparsity * sum_i sqrt(||W[i]||^2 + SMOOTHING^2)`` over W and T.

    The penalty is the l2,1 norm of W, smoothed where a row is nearly zero. In each step it is replaced by the
    parabola that touches it at the present W from above, and the sum is minimised exactly (iteratively reweighted
    least squares, as in Nie, Huang, Cai and Ding, Efficient and robust feature selection via joint l2,1-norms
    minimization, NIPS 2010). The parabola is nowhere below the penalty, so the objective can only fall.

    Args:
        problem: the squared error.
        sparsity: weight of the penalty.
        constant: ``||responses @ T||^2``, the same for each T that ``turn`` may return.
        turn: from ``pull.T @ W``, W being the solution for the responses as they are, to the best T; by default T
            is the identity.
        start: weights at which the penalty is first replaced, shape (features, any); equal rows by default.
        steps: the most steps to take.
        tolerance: relative fall of the objective below which the steps end.

    Returns:
        The weights, and the objective after each step.

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(100, 5))
        >>> problem = least_squares(rows / 10, rows[:, :1] / 10)
        >>> found = row_sparse(problem, 0.1, constant=1.0, steps=50, tolerance=1e-9)
        >>> np.abs(found.weights).ravel().round(2).tolist()
        [0.94, 0.0, 0.0, 0.0, 0.0]
    """
    lengths = np.ones(len(problem.pull)) if start is None else _smooth_lengths(start)
    objective: list[float] = []
    for _ in range(steps):
        weights, pull = problem.solve(sparsity / (2 * lengths)), problem.pull
        if turn is not None:
            turned = turn(pull.T @ weights)
            weights, pull = weights @ turned, pull @ turned
        lengths = _smooth_lengths(weights)
        error = constant + np.sum(weights * problem.times(weights)) - 2 * np.sum(weights * pull)
        objective.append(float(error + sparsity * lengths.sum()))
        if len(objective) > 1 and objective[-2] - objective[-1] <= tolerance * abs(objective[-1]):
            break
    return RowSparse(weights, objective)


def _smooth_lengths(weights: Array) -> Array:
    lengths: Array = np.sqrt(np.sum(weights**2, axis=1) + SMOOTHING**2)
    return lengths
