"""Joint distribution adaptive regression: a regression of the labels in which the corpora's class means meet."""

import numpy as np

from humpcat.domain_adaptation.base import Indices
from humpcat.domain_adaptation.row_sparse import least_squares, refuse_settings, row_sparse
from humpcat.domain_adaptation.temperature import SoftenedClassifier
from humpcat.errors import SettingsError
from humpcat.self_training.precision import Array


class JDAR(SoftenedClassifier):
    """Joint distribution adaptive regression (Zhang, Jiang, Zong, Zheng and Zhao, ICASSP 2021).

    A linear map W from the n values of the source X to its one-hot labels Y, which are centred, minimises

        ||X W - Y||^2 / n + alignment * (||m W||^2 + sum_c ||m_c W||^2) + sparsity * sum_i ||W[i]||,

    m the difference of the corpora's means, and m_c that of their means of class c. The last sum is the l2,1 norm,
    which leaves out features; it is smoothed as in :func:`~humpcat.domain_adaptation.row_sparse.row_sparse`. Classes
    of target clips are those that the map itself gave them in the round before; in the first round, those of a ridge
    regression of the source, which leaves no feature out before the target was looked at. As each corpus has been
    standardised, m is zero, and the class means do the work.

    Args:
        alignment: weight of the distance of the means.
        sparsity: weight of the l2,1 norm.
        ridge: penalty of the squared weights in that ridge regression.
        rounds: most rounds of giving the target's clips their classes; fewer if no class changes any more.
        steps: most steps of the solver in a round.
        tolerance: relative fall of the objective in a step below which a round ends.
        random_state: seed of the clips that the probabilities are fitted on.

    Attributes:
        coef_: W, shape (features, classes).
        objective_: objective after each step of all rounds; it falls within a round, and where a round
            begins it is that of other classes.
        steps_: number of steps of each round.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 2, 200)
        >>> signal = 4.0 * labels[:, None]
        >>> source = rng.normal(size=(200, 4)) + signal * [1, 1, 1, 1.5]
        >>> target = rng.normal(size=(200, 4)) + signal * [1, 1, 1, -1.5]
        >>> model = JDAR(sparsity=0.1).fit(source, labels, target)
        >>> model.score(target, labels) > 0.95
        True
    """

    name = "jdar"
    title = "JDAR"
    year = 2021
    grid = {"alignment": [0.1, 0.3, 1.0, 3.0]}

    def __init__(
        self,
        alignment: float = 1.0,
        sparsity: float = 0.03,
        ridge: float = 1.0,
        rounds: int = 10,
        steps: int = 30,
        tolerance: float = 1e-3,
        random_state: int | None = 0,
    ) -> None:
        self.alignment = alignment
        self.sparsity = sparsity
        self.ridge = ridge
        self.rounds = rounds
        self.steps = steps
        self.tolerance = tolerance
        self.random_state = random_state

    def _adapt(self, source: Array, labels: Indices, target: Array) -> None:
        refuse_settings(self.alignment, self.sparsity, rounds=self.rounds, steps=self.steps)
        if not 0 < self.ridge < np.inf:
            raise SettingsError(f"ridge={self.ridge}: expected a positive number.")
        one_hot = np.eye(len(self.classes_))[labels]
        self.shares_ = one_hot.mean(axis=0)
        root = np.sqrt(len(source))
        regression = least_squares(source / root, (one_hot - self.shares_) / root)
        constant = float(np.sum((one_hot - self.shares_) ** 2)) / len(source)
        self.objective_: list[float] = []
        self.steps_: list[int] = []
        self.coef_ = regression.solve(np.full(source.shape[1], self.ridge))
        given = None
        for _ in range(self.rounds):
            answers = self._scores(target).argmax(axis=1)
            if given is not None and np.array_equal(answers, given):
                break
            given = answers
            apart = np.sqrt(self.alignment) * _differences(source, labels, target, given)
            found = row_sparse(
                regression.plus(apart),
                self.sparsity,
                constant=constant,
                start=self.coef_,
                steps=self.steps,
                tolerance=self.tolerance,
            )
            self.coef_ = found.weights
            self.objective_ += found.objective
            self.steps_.append(len(found.objective))

    def _scores(self, values: Array) -> Array:
        scores: Array = values @ self.coef_ + self.shares_
        return scores


def _differences(source: Array, labels: Indices, target: Array, given: Indices) -> Array:
    """Return the corpora's difference of means, and that of each class which the target was given, as rows."""
    rows = [source.mean(axis=0) - target.mean(axis=0)]
    rows += [source[labels == c].mean(axis=0) - target[given == c].mean(axis=0) for c in np.unique(given)]
    return np.stack(rows)


EXPORT = (JDAR,)
