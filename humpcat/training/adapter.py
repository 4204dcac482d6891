"""The few-shot adapter: how a source model becomes a target's by labelled clips, whichever command asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.standardization import Statistics
from humpcat.self_training import SourceMemory
from humpcat.self_training.branch_weights import FUSION_SHARE, Floats
from humpcat.training.data.examples import ClipDataset
from humpcat.training.fusion_student import FusionStudent
from humpcat.training.left_out import LeftOut
from humpcat.training.linear_branch import Linear, adapt_summary, summary_logits
from humpcat.training.target_clips import TargetClips
from humpcat.training.trainer.loop import branch_logits


@dataclass(frozen=True)
class Adapter:
    """Fits a source model to the labelled clips of a target, without the source's clips.

    The model holds the target's statistics, its summary is fitted in closed form from what is remembered of the
    source, and how sure both branches are is what answers to labelled clips that were left out say. Where clips
    without labels are learnt from, the fusion then learns what the summary's regressions say of those that they left
    out; else it stays as it is. Equal clips and equal settings give equal weights, whatever the clips are called and
    in whatever order they come.

    Attributes:
        model: the source model, with the summary branch; each fit puts another summary into it.
        memory: what is remembered of the source.
        target: the clips.
        accelerator: device and precision.
        student: how the fusion learns; None where it stays as it is.
        by_corpus: what is remembered of the source as its clips were standardised together, for a target by speaker.
        unlabelled_weight: what a clip without a label counts beside a labelled one, 0 to 1.
        before: the source's summary, from which labelled clips alone go on; they do without it by default.
    """

    model: HumpCatForAudioClassification
    memory: SourceMemory
    target: TargetClips
    accelerator: Accelerator
    student: FusionStudent | None = None
    by_corpus: SourceMemory | None = None
    unlabelled_weight: float = 1.0
    before: Linear | None = None

    def fit(self, ids: Sequence[str]) -> Statistics:
        """Fit the summary to labelled clips, and return what clips are to be standardised by.

        Other labelled clips are as if they were not there.
        """
        return self._fit(ids)[0]

    def _fit(self, ids: Sequence[str]) -> tuple[Statistics, Floats]:
        """Fit the summary; return statistics, and what is said of each clip, labelled ones first, by the others."""
        statistics = self.target.statistics(ids)
        labelled = self.target.clips(self.target.by_content(ids), statistics)
        unlabelled = self.target.without_labels(statistics)
        return statistics, self._fit_summary(labelled, unlabelled)

    def _fit_summary(self, labelled: ClipDataset, unlabelled: ClipDataset | None) -> Floats:
        return adapt_summary(
            self.model,
            self.memory,
            labelled,
            unlabelled,
            self.by_corpus,
            unlabelled_weight=self.unlabelled_weight,
            before=self.before,
        )

    def answers_to_heard(self, learnt: Sequence[str], heard: Sequence[str]) -> Floats:
        """Fit the summary to labelled clips and, without their labels, to others, and return what is said of these.

        Args:
            learnt: labelled clips to learn from.
            heard: labelled clips that are heard as all that have no label.

        Returns:
            Logits of shape (clips heard, classes), of each clip by the others.

        Raises:
            ValueError: nothing is heard without its label.
        """
        statistics = self.target.prepared.whole
        unlabelled = self.target.without_labels(statistics, heard)
        if unlabelled is None:
            raise ValueError("heard: nothing is heard without its label here, expected a target that self-trains.")
        labelled = self.clips(self.target.by_content(learnt), statistics)
        answers = self._fit_summary(labelled, unlabelled)[len(labelled) :]
        place = {clip_id: number for number, clip_id in enumerate(unlabelled.ids)}
        return answers[[place[clip_id] for clip_id in heard]]

    def finish(self, left_out: LeftOut | None) -> None:
        """Make the final model of all labelled clips; it is no source any more and forgets what it remembered.

        There are no answers of left-out clips where there is one clip only.
        """
        ids = self.target.labelled
        statistics, answers = self._fit(ids)
        self.model.standardise_by(statistics)
        unlabelled = self.target.without_labels(statistics)
        if self.student is None or unlabelled is None:
            weights = np.array([FUSION_SHARE, 1.0]) if left_out is None else left_out.weights()
            self.model.calibrate(torch.from_numpy(weights))
        else:
            self.student.learn(self.model, self.clips(ids, statistics), unlabelled, answers[len(ids) :])
            # The fusion learns to be as sure as the summary, whose answers to left-out clips are known.
            factor = 1.0 if left_out is None else left_out.factor()
            self.model.calibrate(factor * self.model.branch_weights)
        self.model.forget()

    def clips(self, ids: Sequence[str], statistics: Statistics) -> ClipDataset:
        """Return labelled clips, standardised."""
        return self.target.clips(ids, statistics)

    def summary(self, clips: ClipDataset) -> Floats:
        """Return the logits of the summary that was fitted last, shape (clips, classes)."""
        return summary_logits(self.model, clips)

    def fusion(self, clips: ClipDataset) -> Floats:
        """Return the logits of the fusion as the source left it, shape (clips, classes).

        They are all zero where the fusion is yet to learn what the summary says: nothing of its own is known then.
        """
        if self.distils:
            return np.zeros((len(clips), len(self.target.classes)))
        return branch_logits(self.model, clips, self.accelerator)[0]

    @property
    def distils(self) -> bool:
        """Whether the fusion learns from clips without labels."""
        return self.student is not None and self.target.self_training

    @property
    def doubted(self) -> bool:
        """Whether self-training was not believed in the last fit."""
        return self.model.doubted

    def labels(self, ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the class indices of labelled clips."""
        classes, labels = self.target.classes, self.target.prepared.classes
        return np.array([classes.index(labels[clip_id]) for clip_id in ids], np.int64)

    def weights_hash(self) -> str:
        """Return the hash of the weights that were fitted last."""
        return self.model.weights_hash()
