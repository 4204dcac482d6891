"""Correlation alignment: the source's clips given the target's covariance."""

import numpy as np

from humpcat.domain_adaptation.base import DomainAdaptationClassifier, Indices
from humpcat.domain_adaptation.margin import MarginClassifier
from humpcat.domain_adaptation.stacking import skada_adapter, stacked
from humpcat.errors import AdaptationError
from humpcat.self_training.precision import Array


class CORAL(DomainAdaptationClassifier):
    """Correlation alignment by skada, and a linear support vector machine of the aligned source.

    Source values are whitened by their own covariance and coloured by the target's (Sun, Feng and Saenko, Return of
    frustratingly easy domain adaptation, AAAI 2016); the target stays as it is. Memory grows with the clips, and with
    the square of the features.

    Args:
        regularization: shrinkage of both covariances towards a multiple of the identity, 0 to 1; "auto" for that of
            Ledoit and Wolf.
        C: inverse strength of the support vector machine's regularisation.
        random_state: seed of the clips that the probabilities are fitted on, and of liblinear.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 2, 200)
        >>> values = rng.normal(size=(200, 2)) + 4 * labels[:, None] * [1, 0]
        >>> model = CORAL().fit(values, labels, values)
        >>> model.score(values, labels) > 0.95
        True
    """

    name = "coral"
    title = "CORAL"
    year = 2016
    grid = {"C": [0.0001, 0.001, 0.01, 0.1]}

    def __init__(self, regularization: float | str = "auto", C: float = 0.001, random_state: int | None = 0) -> None:
        self.regularization = regularization
        self.C = C
        self.random_state = random_state

    def _fit(self, source: Array, labels: Indices, target: Array) -> None:
        adapter = skada_adapter("CORALAdapter", reg=self.regularization)
        values, domains = stacked(source, target)
        with np.errstate(invalid="ignore", divide="ignore"):
            aligned = adapter.fit_transform(values, sample_domain=domains)[: len(source)]
        if not np.isfinite(aligned).all():
            raise AdaptationError(
                f"CORAL found no root of the covariance of {len(source)} source or {len(target)} target clips with "
                f"regularization={self.regularization!r}: expected covariances of full rank: use more clips, a "
                "regularization of 0.1 or more, and values that are not all constant."
            )
        self.classifier_ = MarginClassifier(self.C, self.random_state).fit(aligned, labels)

    def _proba(self, values: Array) -> Array:
        return self.classifier_.proba(values)


EXPORT = (CORAL,)
