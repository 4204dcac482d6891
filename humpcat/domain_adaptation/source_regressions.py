"""Logistic regressions of one large source, each with a few clips of a target beside it, in a quarter of the time.

What scikit-learn would fit anew takes some hundred steps, each of which reads all values of the source. Here the
source's strongest directions are found once: along these, and along the target's clips, a step is as long as it should
be, and every fit starts from that of the source alone.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.utils.extmath import randomized_svd

from humpcat.domain_adaptation.logistic import INVERSE_PENALTY, MOST_ITERATIONS, regression

Values = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Linear = tuple[Floats, Floats]
"""Weights of shape (classes, values) and biases of shape (classes,)."""

DIRECTIONS = 64

# What p (1 - p) of an answer is on average, for a clip of the source and for one of the target, which weighs so much
# that most of its answers are certain. It changes how many steps are taken, and not where they lead.
_SOURCE_DOUBT, _TARGET_DOUBT = 0.1, 0.003

# Largest gradient of what is minimised at the end: ten times as near as scikit-learn goes.
_NEAR = 1e-5

# Rows whose answers and gradients are computed while they are in the processor's cache.
_ROWS = 256


class SourceRegressions:
    """Fits the regressions that :func:`humpcat.domain_adaptation.logistic.regression` fits, of one source.

    Args:
        values: the source's standardised values, shape (clips, values).
        labels: class indices.
        classes: number of classes.

    Attributes:
        alone: weights and biases of the source's own regression.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = np.arange(300) % 3
        >>> source = (rng.normal(size=(300, 200)) + 2 * np.eye(3, 200)[labels]).astype(np.float32)
        >>> fits = SourceRegressions(source, labels.tolist(), 3)
        >>> weight, bias = fits.beside(source[:5] + 1, labels[:5].tolist())
        >>> expected, _ = regression([(source[:5] + 1, labels[:5]), (source, labels)], 3)
        >>> bool(np.abs(weight - expected).max() < 1e-2 * np.abs(expected).max())
        True
    """

    def __init__(self, values: Values, labels: Sequence[int], classes: int) -> None:
        self._source = (values, np.asarray(labels))
        self._classes = classes
        # With two classes scikit-learn penalises otherwise; small sources are fitted in no time.
        self._plain = len(np.unique(labels)) < max(3, classes) or min(values.shape) <= 2 * DIRECTIONS
        if self._plain:
            self.alone: Linear = regression([(values, labels)], classes)
            return
        # Nearly the strongest do as well.
        _, strengths, directions = randomized_svd(values, DIRECTIONS, n_iter=2, random_state=0)
        self._strongest = (strengths[:, None] * directions).astype(np.float64)
        self.alone = self._fit([(*self._source, 1.0)], None)

    def beside(self, values: Values, labels: Sequence[int]) -> Linear:
        """Return weights and biases fitted to the source and a few clips, which together weigh as much.

        Args:
            values: standardised values of the clips.
            labels: their class indices.
        """
        if self._plain or len(labels) > len(self._source[1]):
            return regression([(values, labels), (self._source[0], self._source[1].tolist())], self._classes)
        each = len(self._source[1]) / len(labels)
        return self._fit([(values, np.asarray(labels), each), (*self._source, 1.0)], self.alone)

    def _fit(self, parts: Sequence[tuple[Values, npt.NDArray[np.int64], float]], start: Linear | None) -> Linear:
        """Minimise scikit-learn's objective, over weights that are stretched along the strongest directions."""
        whole, shape = sum(len(labels) * each for _, labels, each in parts), (self._classes, -1)
        target = [np.sqrt(_TARGET_DOUBT * each) * values for values, _, each in parts[:-1]]
        stretched = _Stretched(np.concatenate([*target, np.sqrt(_SOURCE_DOUBT) * self._strongest]))

        def objective(point: Floats) -> tuple[float, Floats]:
            weight, bias = stretched(point.reshape(shape)[:, :-1]), point.reshape(shape)[:, -1]
            to_weight, to_bias = weight / (INVERSE_PENALTY * whole), np.zeros_like(bias)
            loss = 0.5 * float((weight * to_weight).sum())
            single = weight.astype(np.float32), bias.astype(np.float32)
            for values, labels, each in parts:
                for begin in range(0, len(values), _ROWS):
                    rows = values[begin : begin + _ROWS]
                    surprise, wrong = _wrong(rows, labels[begin : begin + _ROWS], *single)
                    loss += each / whole * surprise
                    to_weight += each / whole * (wrong.T @ rows)
                    to_bias += each / whole * wrong.sum(axis=0)
            return loss, np.hstack([stretched(to_weight), to_bias[:, None]]).ravel()

        first = np.zeros((self._classes, self._source[0].shape[1] + 1))
        if start is not None:
            first = np.hstack([stretched.back(start[0]), start[1][:, None]])
        options = {"gtol": _NEAR, "ftol": 64 * np.finfo(float).eps, "maxiter": MOST_ITERATIONS, "maxls": 50}
        found = minimize(objective, first.ravel(), jac=True, method="L-BFGS-B", options=options).x.reshape(shape)
        return stretched(found[:, :-1]), found[:, -1]


def _wrong(rows: Values, labels: npt.NDArray[np.int64], weight: Values, bias: Values) -> tuple[float, Values]:
    """Return how surprising the labels of clips are, and the probabilities less one for the true class."""
    wrong = rows @ weight.T + bias
    wrong -= wrong.max(axis=1, keepdims=True)
    at = np.arange(len(labels)), labels
    surprise = -float(wrong[at].sum())
    np.exp(wrong, out=wrong)
    sums = wrong.sum(axis=1, keepdims=True)
    wrong /= sums
    wrong[at] -= 1
    return surprise + float(np.log(sums).sum()), wrong


class _Stretched:
    """A symmetric map that shortens a vector along the rows of a matrix, the more the longer these are."""

    def __init__(self, rows: Floats) -> None:
        curvatures, mixed = np.linalg.eigh(INVERSE_PENALTY * rows @ rows.T)
        there = curvatures > 1e-6 * curvatures[-1]
        self._curvatures = curvatures[there]
        self._directions = (mixed[:, there].T @ rows) * np.sqrt(INVERSE_PENALTY / self._curvatures)[:, None]

    def __call__(self, vectors: Floats) -> Floats:
        return self._along(vectors, 1 / np.sqrt(1 + self._curvatures))

    def back(self, vectors: Floats) -> Floats:
        return self._along(vectors, np.sqrt(1 + self._curvatures))

    def _along(self, vectors: Floats, factors: Floats) -> Floats:
        moved: Floats = vectors + ((vectors @ self._directions.T) * (factors - 1)) @ self._directions
        return moved
