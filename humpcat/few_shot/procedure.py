"""How a source model is fitted to labelled clips: the same for cross-validation and for the final model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from humpcat.features.extraction import StoredFeatures
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.standardization import Moments, Statistics, add_up, moments_of, statistics_of
from humpcat.self_training.ridge import UNLABELLED
from humpcat.training.branch_weights import FUSION_SHARE, MOST_WEIGHT
from humpcat.training.data.examples import ClipDataset
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.linear_branch import adapt_summary, remembered
from humpcat.training.trainer.loop import branch_logits

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Procedure:
    """Standardise by the labelled clips, fit the summary in closed form from the source's memory, keep the fusion.

    Attributes:
        model: the source model; each fit puts another summary into it.
        prepared: the labelled clips.
        classes: class names in the order of the model's outputs.
        unlabelled: further clips, heard without labels; None if there are none.
        accelerator: device and precision.
    """

    model: HumpCatForAudioClassification
    prepared: PreparedCorpus
    classes: Sequence[str]
    unlabelled: StoredFeatures | None
    accelerator: Accelerator

    def fit(self, ids: Sequence[str]) -> Statistics:
        """Fit the model's summary to labelled clips, and return what clips are to be standardised by.

        Args:
            ids: the clips.
        """
        labelled = add_up(self._by_clip[clip_id] for clip_id in ids)
        if self.unlabelled is None:
            statistics, further = blended(self._source_statistics, statistics_of([labelled])), None
        else:
            statistics = statistics_of([labelled, self._of_unlabelled])
            further = _without_labels(self.unlabelled, statistics)
        adapt_summary(self.model, remembered(self.model), self._labelled(ids, statistics), further)
        return statistics

    def answers(self, ids: Sequence[str], statistics: Statistics) -> tuple[Floats, Floats]:
        """Return the logits of fusion and summary, each of shape (clips, classes).

        Args:
            ids: labelled clips, whose labels are not looked at.
            statistics: what :meth:`fit` returned.
        """
        return branch_logits(self.model, self._labelled(ids, statistics), self.accelerator)

    def as_source(self, ids: Sequence[str]) -> ClipDataset:
        """Return labelled clips as the source model, not adapted, hears them.

        Args:
            ids: the clips.
        """
        return self._labelled(ids, self._source_statistics)

    def labels(self, ids: Iterable[str]) -> npt.NDArray[np.int64]:
        """Return the class indices of clips."""
        return np.array([self.classes.index(self.prepared.classes[clip_id]) for clip_id in ids])

    def _labelled(self, ids: Sequence[str], statistics: Statistics) -> ClipDataset:
        return self.prepared.clips(ids, self.classes, "source", statistics)

    @cached_property
    def _source_statistics(self) -> Statistics:
        return self.model.standardizer.held()

    @cached_property
    def _by_clip(self) -> Mapping[str, Mapping[str, Moments]]:
        """Moments of each labelled clip, read from disk once however many fits there are."""
        return {clip_id: moments_of(self.prepared.features[clip_id]) for clip_id in self.prepared.rows}

    @cached_property
    def _of_unlabelled(self) -> Mapping[str, Moments]:
        """Moments of all unlabelled clips together, which every fit hears."""
        if self.unlabelled is None:
            return {}
        return add_up(moments_of(self.unlabelled[clip_id]) for clip_id in sorted(self.unlabelled.files))


def blended(source: Statistics, target: Statistics) -> Statistics:
    """Return the target's means, and the geometric mean of the source's spreads and the target's.

    A mean is known from a few clips; a spread is not, and too small a one would blow its value up.

    Args:
        source: statistics of the source.
        target: statistics of a few clips.
    """
    return {
        name: torch.stack([target[name][0], (source[name][1] * target[name][1]).sqrt()]) for name in sorted(source)
    }


def weigh(fusion: Floats, summary: Floats, labels: npt.NDArray[np.int64]) -> Floats:
    """Return the weights of the branches: their ratio is ``FUSION_SHARE``, their scale the most likely.

    The scale is chosen by answers to clips that neither branch has heard, so that no temperature is left to fit. A few
    clips that are all right would ask for boundless certainty: of n clips the share 1 / (n + 2) counts as wrong, the
    rule of succession, by which Platt smooths labels (Probabilistic Outputs for Support Vector Machines, 1999).

    Args:
        fusion: logits of shape (clips, classes).
        summary: the same of the summary.
        labels: class indices, shape (clips,).

    Returns:
        The weights of fusion and summary.
    """
    n, classes = fusion.shape
    doubt = 1 / (n + 2)
    wanted = np.full((n, classes), doubt / (classes - 1))
    wanted[np.arange(n), labels] = 1 - doubt
    ratio = np.array([FUSION_SHARE, 1.0])
    logits = ratio[0] * fusion + ratio[1] * summary

    def loss(scale: float) -> float:
        return float(-(wanted * log_softmax(scale * logits, axis=1)).sum(axis=1).mean())

    weights: Floats = ratio * minimize_scalar(loss, bounds=(0.0, MOST_WEIGHT), options={"xatol": 1e-6}).x
    return weights


def _without_labels(features: StoredFeatures, statistics: Statistics) -> ClipDataset:
    ids = sorted(features.files)
    unknown = (UNLABELLED,) * len(ids)
    return ClipDataset(ids, unknown, (0.0,) * len(ids), features, {"whole": statistics}, dict.fromkeys(ids, "whole"))
