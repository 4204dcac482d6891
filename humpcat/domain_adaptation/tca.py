"""Transfer component analysis: the components in which the means of two corpora meet."""

import numpy as np
from sklearn.utils import gen_batches

from humpcat.domain_adaptation.base import Indices, SubspaceClassifier
from humpcat.domain_adaptation.margin import MarginClassifier
from humpcat.domain_adaptation.stacking import TARGET, skada_adapter, stacked
from humpcat.errors import AdaptationError
from humpcat.self_training.precision import Array

MATRICES = 10
"""Matrices of clips by clips that skada holds at once when it fits."""

BATCH = 4096
"""Clips that are projected at once."""


class TCA(SubspaceClassifier):
    """Transfer component analysis by skada, and a linear support vector machine of the source's components.

    The components of a kernel's space that keep variance and in which the corpora's means are close (Pan, Tsang,
    Kwok and Yang, IEEE Transactions on Neural Networks 22(2), 2011). Memory grows with the square of the clips.

    Args:
        kernel: any of scikit-learn's pairwise kernels that needs no setting, such as "rbf" or "linear".
        n_components: number of components; fewer where there are fewer clips.
        mu: weight of the means' distance against the length of the components.
        C: inverse strength of the support vector machine's regularisation.
        memory_limit: most memory in GiB that the kernel's matrices may take.
        random_state: seed of the clips that the probabilities are fitted on, and of liblinear.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 2, 60)
        >>> values = rng.normal(size=(60, 2)) + 4 * labels[:, None]
        >>> model = TCA(n_components=2).fit(values, labels, values)
        >>> model.transform(values).shape
        (60, 2)
    """

    name = "tca"
    title = "TCA"
    year = 2011
    grid = {"C": [0.01, 0.1, 1.0, 10.0]}

    def __init__(
        self,
        kernel: str = "rbf",
        n_components: int = 50,
        mu: float = 0.1,
        C: float = 1.0,
        memory_limit: float = 8.0,
        random_state: int | None = 0,
    ) -> None:
        self.kernel = kernel
        self.n_components = n_components
        self.mu = mu
        self.C = C
        self.memory_limit = memory_limit
        self.random_state = random_state

    def _fit(self, source: Array, labels: Indices, target: Array) -> None:
        self._refuse_too_much(len(source), len(target))
        values, domains = stacked(source, target)
        count = min(self.n_components, len(values))
        self.adapter_ = skada_adapter(
            "TransferComponentAnalysisAdapter", kernel=self.kernel, n_components=count, mu=self.mu
        )
        components = self.adapter_.fit_transform(values, sample_domain=domains)[: len(source)]
        # The components of a kernel are far smaller than the values that a machine of this C is made for.
        self.scale_ = max(float(components.std(axis=0).max()), np.finfo(float).eps)
        self.classifier_ = MarginClassifier(self.C, self.random_state).fit(components / self.scale_, labels)

    def _proba(self, values: Array) -> Array:
        return self.classifier_.proba(self._transform(values) / self.scale_)

    def _transform(self, values: Array) -> Array:
        batches = [values[batch] for batch in gen_batches(len(values), BATCH)]
        return np.vstack(
            [self.adapter_.transform(batch, sample_domain=np.full(len(batch), TARGET)) for batch in batches]
        )

    def _refuse_too_much(self, source_clips: int, target_clips: int) -> None:
        needed = MATRICES * 8 * (source_clips + target_clips) ** 2 / 2**30
        if needed > self.memory_limit:
            raise AdaptationError(
                f"TCA of {source_clips} source and {target_clips} target clips needs about {needed:.0f} GiB for its "
                f"kernel matrices, expected at most memory_limit={self.memory_limit:g} GiB: fit it to fewer clips, "
                "raise memory_limit, or choose CORAL, JDAR or TSDSL, whose memory does not grow with the square of "
                "the clips."
            )


EXPORT = (TCA,)
