"""The plainest baseline: each corpus standardised by itself, then a logistic regression learnt from the source."""

from sklearn.linear_model import LogisticRegression

from humpcat.domain_adaptation.base import DomainAdaptationClassifier, Indices
from humpcat.self_training.precision import Array

INVERSE_PENALTY = 0.003
"""scikit-learn's C, for as many clips as the heaviest corpus has; thousands of values need a strong penalty."""

MOST_ITERATIONS = 300


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


EXPORT = (StandardisedLogistic,)
