"""Logistic regression of a few labelled clips, to which what a model knows of its source is the prior."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax

from humpcat.self_training.memory import SOURCE_NOISE, SourceMemory, scaled
from humpcat.self_training.precision import Array

INVERSE_PENALTY = 0.001
"""scikit-learn's C, of how far the weights go from the source's."""

DOUBT = 0.1
"""What p (1 - p) of an answer to a source clip is in the mean: the curvature of its loss."""

MOST_ITERATIONS = 300

# The same of the target's clips, most of whose answers are certain. It changes how many steps are taken, and not where
# they lead.
_TARGET_DOUBT = 0.003


def labelled_logistic(
    memory: SourceMemory,
    source: tuple[Array, Array],
    values: npt.ArrayLike,
    labels: Sequence[int],
    read: npt.NDArray[np.bool_],
) -> tuple[Array, Array]:
    """Fit weights to labelled clips, which together weigh as much as the source's.

    The loss of the source's clips is not known any more. It is taken for the parabola around the source's own weights
    whose curvature the memory's precision gives (Laplace's approximation: Bishop, Pattern Recognition and Machine
    Learning, 2006, section 4.4).

    Args:
        memory: what is remembered of the source's clips, which are of every class.
        source: weights of shape (classes, features) and biases of shape (classes,) of the source's own regression.
        values: shape (clips, features), standardised.
        labels: class indices.
        read: which features have a say, shape (features,).

    Returns:
        Weights of shape (classes, features) and biases of shape (classes,).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> classes = rng.integers(0, 2, 200)
        >>> source = rng.normal(size=(200, 4)) + classes[:, None] * [2, 0, 0, 0]
        >>> memory = SourceMemory.of(source, classes, rank=4)
        >>> own = np.array([[-1.0, 0, 0, 0], [1, 0, 0, 0]]), np.array([1.0, -1.0])
        >>> few = np.array([[0.0, 0, 0, 0], [0, 3, 0, 0]])
        >>> weight, bias = labelled_logistic(memory, own, few, [0, 1], np.ones(4, bool))
        >>> ([[2, 0, 0, 0], [0, 3, 0, 0]] @ weight.T + bias).argmax(axis=1).tolist()
        [1, 1]
    """
    columns = np.append(read, True)
    rows = scaled(np.asarray(values, np.float64))[:, columns]
    factor, centre = memory.factor[:, columns], _as_scaled(*source)[:, columns]
    # The memory's last column is of ones, one for each clip of the source.
    each = max(SOURCE_NOISE * float(np.square(factor[:, -1]).sum()) / len(rows), 1.0)
    penalty = np.append(np.full(rows.shape[1] - 1, 1 / (INVERSE_PENALTY * len(read))), 0.0)
    # Nothing pulls the weights but the clips and the directions that the memory holds.
    directions = np.linalg.qr(np.concatenate([rows, factor]).T)[0]
    seen, known = rows @ directions, factor @ directions
    curvature = DOUBT * SOURCE_NOISE * known.T @ known + (directions.T * penalty) @ directions
    # Steps are as long as they should be where both curve alike in all directions.
    stretched = np.linalg.inv(np.linalg.cholesky(curvature + _TARGET_DOUBT * each * seen.T @ seen)).T
    seen, curvature = seen @ stretched, stretched.T @ curvature @ stretched
    before, said = rows @ centre.T, np.eye(memory.classes)[np.asarray(labels)]
    whole = 2 * each * len(rows)

    def objective(point: Array) -> tuple[float, Array]:
        moved = point.reshape(memory.classes, -1)
        logarithms = log_softmax(before + seen @ moved.T, axis=1)
        pulled = moved @ curvature
        slope = each * (np.exp(logarithms) - said).T @ seen + pulled
        loss = 0.5 * float((moved * pulled).sum()) - each * float((said * logarithms).sum())
        return loss / whole, slope.ravel() / whole

    begin = np.zeros(memory.classes * len(curvature))
    found = minimize(objective, begin, jac=True, method="L-BFGS-B", options={"maxiter": MOST_ITERATIONS, "gtol": 1e-6})
    linear = centre + found.x.reshape(memory.classes, -1) @ stretched.T @ directions.T
    weight = np.zeros((memory.classes, len(read)))
    weight[:, read] = linear[:, :-1] / np.sqrt(len(read))
    return weight, linear[:, -1]


def _as_scaled(weight: Array, bias: Array) -> Array:
    """Return weights and biases as weights of scaled values, shape (classes, features + 1)."""
    return np.column_stack([weight * np.sqrt(weight.shape[1]), bias])
