"""What of a teacher's states tells emotions: directions that the student is to get right beside all others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from humpcat.distillation.labelled import STRENGTH, Labelled
from humpcat.distillation.objective import Scale


@dataclass(frozen=True)
class Probe:
    """Logits of a linear probe of a teacher's pooled states, in units of their own deviation.

    Attributes:
        directions: shape (classes, layers, width), in units of ``Scale.standardise_pooled``.
    """

    directions: Tensor

    @classmethod
    def of(cls, corpora: Sequence[Labelled], scale: Scale) -> "Probe":
        """Fit the probe to the teacher's means over clips of labelled corpora, which weigh alike.

        Args:
            corpora: clips of each.
            scale: how the teacher is standardised.
        """
        values = np.concatenate([_standardised(one) for one in corpora])
        weights = np.concatenate([np.full(len(one.classes), 1 / len(one.classes)) for one in corpora])
        fitted = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=5000)
        fitted.fit(values, np.concatenate([one.classes for one in corpora]), weights * len(weights) / weights.sum())
        logits = values @ fitted.coef_.T
        spread = np.mean([one.values.reshape(len(one.values), -1).std(0) for one in corpora], axis=0)
        # A difference of states tells of a difference of logits, whatever both are standardised by.
        shape = scale.pooled_deviation.shape
        slopes = torch.from_numpy(fitted.coef_ / logits.std(0)[:, None] / spread).reshape(-1, *shape)
        return cls((slopes * scale.pooled_deviation.double().cpu()).float().to(scale.pooled_deviation.device))

    def distance(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Return the mean squared error of logits, in squares of their deviations.

        Args:
            predicted: means over clips, as ``Scale.standardise_pooled`` gives them, shape (layers, clips, width).
            target: the same of the teacher.
        """
        return torch.einsum("lbw,clw->bc", predicted - target, self.directions).square().mean()


def _standardised(corpus: Labelled) -> np.ndarray:
    values = corpus.values.reshape(len(corpus.values), -1)
    standardised: np.ndarray = (values - values.mean(0)) / values.std(0)
    return standardised
