"""The linear probe: what a sceptic would do in an afternoon, for HuMP-CAT to be compared with."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from humpcat.benchmarks.cells import Cell
from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Learner, Target, TargetSystem
from humpcat.domain_adaptation.source_regressions import SourceRegressions
from humpcat.evaluation.predictions import Predictions
from humpcat.protocols import Split
from humpcat.training.data.examples import ClipDataset
from humpcat.training.summary_values import pooled


@dataclass(frozen=True)
class LinearProbe:
    """Means of the encoder's layers over a clip, standardised, under one logistic regression.

    Attributes:
        weight: shape (classes, values).
        bias: shape (classes,).
    """

    weight: npt.NDArray[np.float64]
    bias: npt.NDArray[np.float64]

    def predict(self, clips: ClipDataset) -> dict[str, list[float]]:
        """Return clip id to one probability a class."""
        return dict(zip(clips.ids, self.probabilities(pooled(clips)).tolist(), strict=True))

    def probabilities(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return probabilities of shape (clips, classes).

        Args:
            values: standardised values of shape (clips, values).
        """
        return np.asarray(softmax(values @ self.weight.T + self.bias, axis=1))

    def weights_hash(self) -> str:
        """Return 16 hexadecimal digits that equal weights share."""
        return hashlib.blake2b(self.weight.tobytes() + self.bias.tobytes(), digest_size=8).hexdigest()


class Probe(TargetSystem):
    """The linear probe, standardised as HuMP-CAT is that it is compared with."""

    name, title = "probe", "linear probe"
    gradients = False

    def answers(self, target: Target, cell: Cell[Learner], split: Split) -> Predictions:
        """See :class:`TargetSystem`."""
        task = target.task
        # Nothing is chosen, so the probe may learn from validation clips like from any others.
        learnt = () if cell.system.amount == ZERO_SHOT else (*split.adapt, *split.valid)
        whole = task.statistics(learnt)
        fits = target.run(("probe", target.by_speaker), lambda: self._of_source(target))
        clips = task.clips(learnt, whole)
        probe = LinearProbe(*(fits.beside(pooled(clips), clips.labels) if learnt else fits.alone))
        return target.predictions(cell, split, probe.predict(task.clips(split.test, whole)), probe.weights_hash())

    @staticmethod
    def _of_source(target: Target) -> SourceRegressions:
        """Return the fits to the source's clips: all those that HuMP-CAT has learnt from."""
        clips = target.task.source_clips("train").join(target.task.source_clips("valid"))
        return SourceRegressions(pooled(clips), clips.labels, len(target.task.space.classes))


EXPORT = (Probe(),)
