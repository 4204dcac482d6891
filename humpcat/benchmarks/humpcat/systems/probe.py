"""The linear probe: what a sceptic would do in an afternoon, for HuMP-CAT to be compared with."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from humpcat.benchmarks.cells import Cell
from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Learner, Target, TargetSystem
from humpcat.domain_adaptation.logistic import regression
from humpcat.evaluation.predictions import Predictions
from humpcat.protocols import Split
from humpcat.training.data.examples import ClipDataset
from humpcat.training.linear_branch import pooled

Read = tuple[npt.NDArray[np.float32], Sequence[int]]
"""Standardised values of some clips, shape (clips, values), and their class indices."""


@dataclass(frozen=True)
class LinearProbe:
    """Mean and standard deviation of the encoder's layers, standardised, under one logistic regression.

    Attributes:
        weight: shape (classes, values).
        bias: shape (classes,).
    """

    weight: npt.NDArray[np.float64]
    bias: npt.NDArray[np.float64]

    @staticmethod
    def read(clips: ClipDataset) -> Read:
        """Read clips to learn from, once for several fits.

        Args:
            clips: the clips, which say what they are standardised by.
        """
        return pooled(clips), clips.labels

    @classmethod
    def fit(cls, *corpora: Read, classes: int, start: "LinearProbe | None" = None) -> "LinearProbe":
        """Fit the regression to the clips of one or several corpora, each of which weighs alike.

        Args:
            *corpora: what :meth:`read` gives for each.
            classes: number of classes.
            start: a probe that is near already, which spares time.

        Example:
            >>> near = np.array([[-1.0], [1.0]], dtype=np.float32)
            >>> LinearProbe.fit((near, [0, 1]), classes=2).probabilities(np.zeros((1, 1))).tolist()
            [[0.5, 0.5]]
        """
        return cls(*regression(corpora, classes, None if start is None else (start.weight, start.bias)))

    def predict(self, clips: ClipDataset) -> dict[str, list[float]]:
        """Return clip id to one probability a class.

        Args:
            clips: the clips; their labels are not used.
        """
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

    def answers(self, target: Target, cell: Cell[Learner], split: Split) -> Predictions:
        """See :class:`TargetSystem`."""
        task = target.task
        # Nothing is chosen, so the probe may learn from validation clips like from any others.
        learnt = () if cell.system.amount == ZERO_SHOT else (*split.adapt, *split.valid)
        whole, classes, source = task.statistics(learnt), len(task.space.classes), self._source(target)
        probe = target.run(("probe", target.by_speaker), lambda: LinearProbe.fit(source, classes=classes))
        if learnt:
            # Few clips of the target leave much of what the source's say as it is: from there it is not far.
            probe = LinearProbe.fit(LinearProbe.read(task.clips(learnt, whole)), source, classes=classes, start=probe)
        return target.predictions(cell, split, probe.predict(task.clips(split.test, whole)), probe.weights_hash())

    @staticmethod
    def _source(target: Target) -> Read:
        """Return the source's clips: all those that HuMP-CAT has learnt from."""
        task = target.task
        return target.run(
            ("source", target.by_speaker),
            lambda: LinearProbe.read(task.source_clips("train").join(task.source_clips("valid"))),
        )


EXPORT = (Probe(),)
