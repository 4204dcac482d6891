"""The plainest baseline: each corpus standardised by itself, then a logistic regression learnt from the source."""

from sklearn.linear_model import LogisticRegression

from humpcat.adaptation import DomainAdaptationClassifier
from humpcat.adaptation.base import Indices
from humpcat.adaptation.precision import Array
from humpcat.training.branches import INVERSE_PENALTY, MOST_ITERATIONS


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

    def __init__(self, C: float = INVERSE_PENALTY) -> None:
        self.C = C

    def _fit(self, source: Array, labels: Indices, target: Array) -> None:
        self.regression_ = LogisticRegression(C=self.C, max_iter=MOST_ITERATIONS).fit(source, labels)

    def _proba(self, values: Array) -> Array:
        probabilities: Array = self.regression_.predict_proba(values)
        return probabilities
