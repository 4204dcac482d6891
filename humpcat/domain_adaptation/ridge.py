"""Ridge regression that trains itself on the target, as HuMP-CAT's summary does, behind the API of the methods."""

from humpcat.domain_adaptation.base import Indices
from humpcat.domain_adaptation.temperature import SoftenedClassifier
from humpcat.self_training.precision import Array
from humpcat.self_training.ridge import SelfTrainedRidge


class RidgeAdaptation(SoftenedClassifier):
    """The toolkit's own method: :class:`~humpcat.self_training.ridge.SelfTrainedRidge` on standardised corpora.

    A ridge regression of the source gives the target's clips soft labels, from what it says of each of them without
    that clip, and is fitted again with these, in rounds. No paper compared with here has it.

    Args:
        rounds: how often the soft labels are made again.
        random_state: seed of the clips that the probabilities are fitted on.

    Attributes:
        regression_: the regression.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 2, 200)
        >>> source = rng.normal(size=(200, 2)) + 4.0 * labels[:, None] * [1, 0]
        >>> target = rng.normal(size=(200, 2)) + 4.0 * labels[:, None] * [1, 1.5]
        >>> bool(RidgeAdaptation().fit(source, labels, target).score(target, labels) > 0.95)
        True
    """

    name = "ridge"
    title = "RIDGE"
    year = 2026

    def __init__(self, rounds: int = 30, random_state: int | None = 0) -> None:
        self.rounds = rounds
        self.random_state = random_state

    def _adapt(self, source: Array, labels: Indices, target: Array) -> None:
        self.regression_ = SelfTrainedRidge(rounds=self.rounds).fit(source, labels, target)

    def _scores(self, values: Array) -> Array:
        scores: Array = values @ self.regression_.coef_.T + self.regression_.intercept_
        return scores


EXPORT = (RidgeAdaptation,)
