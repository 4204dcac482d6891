"""Rounds of self-training: soft labels of left-out scores, and scores of the soft labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from humpcat.self_training.class_shares import ClassShares
from humpcat.self_training.precision import Array
from humpcat.self_training.soft_labels import balanced, sharpened
from humpcat.self_training.view import View, mean_of

FEW = 25
"""Unlabelled clips of a group below which their soft labels are trusted less: so few can drift together."""


def few_unlabelled(known: npt.NDArray[np.bool_], group_of: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which clips are unlabelled and of a group with fewer than ``FEW`` of them.

    Args:
        known: whether each clip has a label, shape (clips,).
        group_of: number of the group of each clip.
    """
    few: npt.NDArray[np.bool_] = ~known & (np.bincount(group_of, weights=~known)[group_of] < FEW)
    return few


@dataclass(frozen=True)
class Rounds:
    """How soft labels are made, see :class:`humpcat.self_training.SelfTrainedRidge`.

    Attributes:
        count: how often.
        sharpest: softness from the last third on.
        balance: how far the classes' shares in each group are drawn to those expected.
        group_of: number of the group of each clip, shape (clips,).
        shares: the shares expected.
    """

    count: int
    sharpest: float
    balance: float
    group_of: npt.NDArray[np.int64]
    shares: ClassShares

    def run(
        self,
        views: Sequence[View],
        one_hot: Array,
        known: npt.NDArray[np.bool_],
        noise: Array,
        start: Array,
        soft: float,
    ) -> tuple[Array, Array]:
        """Make soft labels of left-out scores, and these of the labels, round by round.

        Args:
            views: the regressions whose scores are averaged.
            one_hot: labels of shape (clips, classes); those of unknown ones are not used.
            known: which labels are known, shape (clips,).
            noise: variance of the noise of each clip's label, shape (clips,).
            start: scores at the start, shape (clips, classes).
            soft: softness in the first round.

        Returns:
            Labels, and the scores that came of them less their mean, each of shape (clips, classes).
        """
        n_classes, few = one_hot.shape[1], few_unlabelled(known, self.group_of)[~known]
        left_out = [view.left_out(noise) for view in views]
        labels, scores = np.where(known[:, None], one_hot, 1 / n_classes), start
        for place in range(self.count):
            softness = self._softness(place, soft)
            unknown = scores[~known]
            softened = sharpened(unknown, np.where(few, max(1.0, softness), softness))
            wanted = self.shares.toward(sharpened(unknown, self.sharpest).mean(axis=0))
            labels[~known] = balanced(softened, self.group_of[~known], wanted, self.balance)
            scores = mean_of([score(labels - 1 / n_classes) for score in left_out])
        return labels, scores

    def _softness(self, place: int, softest: float) -> float:
        return softest + (self.sharpest - softest) * min(1.0, place / max(1.0, 0.6 * self.count))
