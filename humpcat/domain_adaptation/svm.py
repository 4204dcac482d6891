"""The source alone: a support vector machine that no method of adaptation has touched."""

from humpcat.domain_adaptation.base import DomainAdaptationClassifier, Indices
from humpcat.domain_adaptation.margin import MarginClassifier
from humpcat.self_training.precision import Array


class SourceSVM(DomainAdaptationClassifier):
    """Linear support vector machine of the source; of the target it takes mean and deviation only.

    What every method of adaptation has to beat. Probabilities are those of
    :class:`~humpcat.domain_adaptation.margin.MarginClassifier`.

    Args:
        C: inverse strength of the regularisation.
        random_state: seed of the clips that the probabilities are fitted on, and of liblinear.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 2, 100)
        >>> values = rng.normal(size=(100, 3)) + 5 * labels[:, None]
        >>> model = SourceSVM().fit(values, labels, 10 * values + 5)
        >>> model.score(10 * values + 5, labels)
        1.0
    """

    name = "svm"
    title = "SVM"
    year = 1995
    grid = {"C": [0.0001, 0.001, 0.01, 0.1]}

    def __init__(self, C: float = 0.001, random_state: int | None = 0) -> None:
        self.C = C
        self.random_state = random_state

    def _fit(self, source: Array, labels: Indices, target: Array) -> None:
        self.classifier_ = MarginClassifier(self.C, self.random_state).fit(source, labels)

    def _proba(self, values: Array) -> Array:
        return self.classifier_.proba(values)


EXPORT = (SourceSVM,)
