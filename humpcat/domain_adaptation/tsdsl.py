"""Transfer sparse discriminant subspace learning: a few directions that part classes and join corpora."""

import numpy as np
from scipy import sparse
from scipy.linalg import cholesky, eigh, solve_triangular
from sklearn.neighbors import NearestNeighbors

from humpcat.domain_adaptation.base import Indices, SubspaceClassifier
from humpcat.domain_adaptation.margin import decisions, linear_machine
from humpcat.domain_adaptation.row_sparse import (
    Dual,
    LeastSquares,
    Primal,
    few_rows,
    least_squares,
    refuse_settings,
    row_sparse,
)
from humpcat.domain_adaptation.temperature import SoftenedClassifier
from humpcat.self_training.precision import Array


class TSDSL(SubspaceClassifier, SoftenedClassifier):
    """Transfer sparse discriminant subspace learning (Zhang and Song, IEEE/ACM TASLP 28, 2020).

    A projection P of the n values of the source X, and scores T of the one-hot labels Y, minimise

        ||X P - Y T||^2 / n + alignment * sum_ij ||(x_i - x_j) P||^2 / edges + sparsity * sum_i ||P[i]||,

    where Y T has covariance 1. The first term alone is linear discriminant analysis, written as optimal scoring
    (Hastie, Buja and Tibshirani, Penalized discriminant analysis, Annals of Statistics 23(1), 1995). The second joins
    each clip i to its nearest neighbours j in the other corpus. The last is the l2,1 norm, which leaves out features;
    it is smoothed as in :func:`~humpcat.domain_adaptation.row_sparse.row_sparse`. A linear support vector machine of
    the projected source gives the classes.

    Args:
        alignment: weight of the distance of neighbours.
        sparsity: weight of the l2,1 norm.
        neighbours: clips of the other corpus that each clip is joined to.
        n_components: dimensions of the subspace; at most, and by default, the number of classes less one.
        steps: most steps of the solver.
        tolerance: relative fall of the objective in a step below which the solver ends.
        C: inverse strength of the support vector machine's regularisation.
        random_state: seed of the clips that the probabilities are fitted on, and of liblinear.

    Attributes:
        components_: P, shape (features, components).
        objective_: objective after each step, falling.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 3, 90)
        >>> values = rng.normal(size=(90, 5)) + 4 * np.eye(3, 5)[labels]
        >>> model = TSDSL().fit(values, labels, values)
        >>> model.transform(values).shape
        (90, 2)
    """

    name = "tsdsl"
    title = "TSDSL"
    year = 2020
    grid = {"alignment": [0.1, 0.3, 1.0, 3.0]}

    def __init__(
        self,
        alignment: float = 1.0,
        sparsity: float = 0.1,
        neighbours: int = 5,
        n_components: int | None = None,
        steps: int = 30,
        tolerance: float = 1e-3,
        C: float = 1.0,
        random_state: int | None = 0,
    ) -> None:
        self.alignment = alignment
        self.sparsity = sparsity
        self.neighbours = neighbours
        self.n_components = n_components
        self.steps = steps
        self.tolerance = tolerance
        self.C = C
        self.random_state = random_state

    def _adapt(self, source: Array, labels: Indices, target: Array) -> None:
        components = {} if self.n_components is None else {"n_components": self.n_components}
        refuse_settings(self.alignment, self.sparsity, neighbours=self.neighbours, steps=self.steps, **components)
        one_hot = np.eye(len(self.classes_))[labels]
        shares = one_hot.mean(axis=0)
        most = len(shares) - 1
        count = most if self.n_components is None else min(self.n_components, most)

        def best_scores(explained: Array) -> Array:
            # Of covariance 1, those of which the projection explains most.
            scores: Array = eigh(explained, np.diag(shares))[1][:, : -count - 1 : -1]
            return scores

        found = row_sparse(
            self._problem(source, one_hot - shares, target),
            self.sparsity,
            constant=float(count),
            turn=best_scores,
            steps=self.steps,
            tolerance=self.tolerance,
        )
        self.components_ = found.weights
        self.objective_ = found.objective
        self.machine_ = linear_machine(self.C, self.random_state).fit(self._transform(source), labels)

    def _scores(self, values: Array) -> Array:
        return decisions(self.machine_, self._transform(values))

    def _transform(self, values: Array) -> Array:
        projected: Array = values @ self.components_
        return projected

    def _problem(self, source: Array, responses: Array, target: Array) -> LeastSquares:
        """Return the first two terms of the objective."""
        n = len(source)
        if self.alignment == 0:
            return least_squares(source / np.sqrt(n), responses / np.sqrt(n))
        values = np.vstack([source, target])
        edges = _edges(source, target, self.neighbours)
        own = sparse.diags_array(np.repeat([1 / n, 0.0], [n, len(target)]))
        # The two terms are trace(P.T values.T form values P) - 2 trace(P.T values.T wanted), and a constant.
        form = own + self.alignment * (edges.T @ edges)
        wanted = np.vstack([responses / n, np.zeros((len(target), responses.shape[1]))])
        if few_rows(*values.shape):
            # Each target clip is joined to a source clip, so that the form has full rank.
            root = cholesky(form.toarray())
            return Dual(root @ values, solve_triangular(root, wanted, trans="T"))
        return Primal(values.T @ (form @ values), values.T @ wanted)


def _edges(source: Array, target: Array, neighbours: int) -> sparse.csr_array:
    """Return the graph that joins each clip to its nearest ones of the other corpus.

    Returns:
        Shape (edges, source clips + target clips): 1 and -1 at an edge's ends, over the root of the number of edges.
    """
    ends = []
    for clips, others, first, first_other in ((source, target, 0, len(source)), (target, source, len(source), 0)):
        count = min(neighbours, len(others))
        nearest = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(others).kneighbors(clips)[1]
        starts = np.repeat(np.arange(len(clips)), count) + first
        ends.append(np.stack([starts, nearest.ravel() + first_other]))
    both = np.hstack(ends)
    number = both.shape[1]
    signs = np.repeat([1.0, -1.0], number) / np.sqrt(number)
    rows = np.tile(np.arange(number), 2)
    return sparse.csr_array((signs, (rows, both.ravel())), shape=(number, len(source) + len(target)))


EXPORT = (TSDSL,)
