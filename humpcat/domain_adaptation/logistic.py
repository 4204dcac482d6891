"""The plainest baseline: each corpus standardised by itself, then a logistic regression learnt from the source."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

from humpcat.domain_adaptation.base import DomainAdaptationClassifier, Indices
from humpcat.self_training.precision import Array

INVERSE_PENALTY = 0.003
"""scikit-learn's C, for as many clips as the heaviest corpus has; thousands of values need a strong penalty."""

MOST_ITERATIONS = 300


# Logit of a class that nothing was learnt of: possible, but not before any that was.
_UNSEEN = -10.0


class StandardisedLogistic(DomainAdaptationClassifier):
    """Logistic regression on standardised values; of the target nothing but mean and deviation is learnt.

    On pooled hidden states this is the zero-shot linear probe of ``recipes/benchmark_humpcat.py``.

    Args:
        C: inverse of the penalty, as scikit-learn has it.

    Example:
        >>> import numpy as np
        >>> X = np.array([[0.0], [1.0], [4.0], [5.0]])
        >>> StandardisedLogistic().fit(X, ["sad", "sad", "happy", "happy"], 100 * X).predict([[0.0], [500.0]])
        array(['sad', 'happy'], dtype='<U5')
    """

    name = "logistic"
    title = "logistic regression"
    year = 1958
    grid = {"C": [0.0003, 0.003, 0.03, 0.3]}

    def __init__(self, C: float = INVERSE_PENALTY) -> None:
        self.C = C

    def _fit(self, source: Array, labels: Indices, target: Array) -> None:
        self.regression_ = LogisticRegression(C=self.C, max_iter=MOST_ITERATIONS).fit(source, labels)

    def _proba(self, values: Array) -> Array:
        probabilities: Array = self.regression_.predict_proba(values)
        return probabilities


def regression(
    parts: Sequence[tuple[npt.NDArray[np.float32], npt.ArrayLike]],
    classes: int,
    inverse_penalty: float = INVERSE_PENALTY,
    *,
    balanced: bool = False,
    size_power: float = 0.0,
    total: int | None = None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Fit a logistic regression; by default every part weighs as much as the largest one.

    Args:
        parts: for each part values of shape (clips, values), and class indices.
        classes: number of classes.
        inverse_penalty: scikit-learn's C.
        balanced: whether the classes of a part weigh alike, as a strong penalty asks for: the bias, which it leaves
            free, would answer the most frequent class.
        size_power: a part weighs by this power of its size, 0 to 1: alike at 0, each of its clips alike at 1.
        total: how many clips all parts count for together, against the penalty; by default the largest part counts for
            what it has.

    Returns:
        Weights of shape (classes, values) and biases of shape (classes,), also where a class has no clip.

    Example:
        >>> near = np.array([[-1.0], [1.0]], dtype=np.float32)
        >>> weight, bias = regression([(near, [0, 1]), (2 * near, [0, 1])], classes=3)
        >>> (near @ weight.T + bias).argmax(axis=1)
        array([0, 1])
    """
    values = np.concatenate([own for own, _ in parts])
    labels = np.concatenate([np.asarray(own) for _, own in parts])
    weights = alike([len(own) for own, _ in parts]) ** (1 - size_power)
    if balanced:
        weights *= np.concatenate([compute_sample_weight("balanced", own) for _, own in parts])
    if total is not None:
        weights *= total / weights.sum()
    weight, bias = np.zeros((classes, values.shape[1])), np.full(classes, _UNSEEN)
    present = np.unique(labels)
    if len(present) == 1:
        bias[present] = 0.0
        return weight, bias
    fitted = LogisticRegression(C=inverse_penalty, max_iter=MOST_ITERATIONS).fit(values, labels, weights)
    coefficients, intercepts = fitted.coef_, fitted.intercept_
    if len(present) == 2:
        # scikit-learn gives the second class' log odds only.
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.append(-intercepts, intercepts) / 2
    weight[present], bias[present] = coefficients, intercepts
    return weight, bias


def alike(sizes: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return a weight for each clip by which every part weighs as much as the largest one.

    Example:
        >>> alike([1, 2]).tolist()
        [2.0, 1.0, 1.0]
    """
    return np.concatenate([np.full(size, max(sizes) / size) for size in sizes])


EXPORT = (StandardisedLogistic,)
