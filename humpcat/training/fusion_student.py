"""Adapt the fusion: it learns what the summary's regressions say of clips that they have not learnt from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.scopes import keep_to_scope
from humpcat.models.losses import SoftCrossEntropy
from humpcat.self_training.branch_weights import even_weights
from humpcat.self_training.soft_labels import sharpened
from humpcat.training.data.batches import Batches, balanced_mix
from humpcat.training.data.examples import ClipDataset
from humpcat.training.settings import AdaptationSettings, OptimizationSettings
from humpcat.training.trainer.loop import Trainer, branch_logits
from humpcat.training.trainer.state import Checkpoints

SOFTNESS = 0.5
"""How soft the answers are that the fusion learns, in units of their spread: a little softer than the last soft labels
of the regressions themselves."""

CROP = 32
"""Steps of 80 ms that a clip of a batch has at most, two and a half seconds."""


@dataclass(frozen=True)
class FusionStudent:
    """How the fusion is adapted to a target: distillation from answers that leave each clip out.

    A fusion that is trained on its own answers confirms its errors. The summary's regressions give for each clip what
    all others say of it, and this the fusion learns, from all three streams, beside the labels that are known.

    Attributes:
        accelerator: device, precision, processes.
        settings: how gradient steps are taken.
        steps_per_epoch: gradient steps of an epoch.
    """

    accelerator: Accelerator
    settings: OptimizationSettings = field(default_factory=AdaptationSettings)
    steps_per_epoch: int = 20

    def learn(
        self,
        model: HumpCatForAudioClassification,
        labelled: ClipDataset,
        unlabelled: ClipDataset,
        answers: npt.NDArray[np.float64],
    ) -> None:
        """Train the fusion of a model in place, and give both branches the same voice.

        Args:
            model: the model, whose summary is fitted to the same clips already.
            labelled: clips with labels; there may be none.
            unlabelled: clips without.
            answers: what is said of the unlabelled ones, logits of shape (clips, classes).
        """
        set_seed(self.settings.seed)
        keep_to_scope(model, "all")
        classes = model.config.num_labels
        known = np.eye(classes)[np.asarray(labelled.labels, np.int64)]
        wanted = np.concatenate([known, sharpened(answers, SOFTNESS)])
        clips = labelled.join(unlabelled) if len(labelled) else unlabelled
        # The label of a clip is its row among what is wanted.
        clips = replace(clips, labels=tuple(range(len(clips))))
        self._trainer().fit(model, clips, self._plan(labelled.labels, len(unlabelled)), self._loss(wanted))
        fusion, summary = branch_logits(model, clips, self.accelerator)
        model.branch_weights.copy_(torch.from_numpy(even_weights(fusion, summary)))

    def _plan(self, labels: Sequence[int], unlabelled: int) -> Callable[[np.random.Generator], Batches]:
        size = self.settings.batch_size
        if not labels:
            return balanced_mix([0] * unlabelled, [], target=2 * size, source=0, batches=self.steps_per_epoch)
        return balanced_mix(labels, [[0] * unlabelled], target=size, source=size, batches=self.steps_per_epoch)

    def _trainer(self) -> Trainer:
        # Nothing validates, so nothing is written.
        states = Checkpoints(Path(), save_last=False)
        return Trainer(self.settings, self.accelerator, states, name="distilled/", crop=CROP)

    @staticmethod
    def _loss(wanted: npt.NDArray[np.float64]) -> SoftCrossEntropy:
        return SoftCrossEntropy(torch.from_numpy(wanted).float())
