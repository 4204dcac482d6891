"""Align the fusion of a zero-shot model to a target that has no labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.training.data.batches import balanced_mix
from humpcat.training.data.examples import ClipDataset, joined
from humpcat.training.settings import AdaptationSettings
from humpcat.training.trainable import keep_to_scope
from humpcat.training.trainer.loop import Trainer
from humpcat.training.trainer.losses import AlignedLoss, make_loss
from humpcat.training.trainer.state import Checkpoints


@dataclass(frozen=True)
class AlignmentPlan:
    """What an alignment minimises beside the distance, and how many batches of how many source clips it takes.

    Attributes:
        loss: name of the loss of the source clips.
        source_per_batch: source clips in each batch.
        steps_per_epoch: batches of an epoch.
    """

    loss: str
    source_per_batch: int
    steps_per_epoch: int


def align(
    model: HumpCatForAudioClassification,
    source: Sequence[ClipDataset],
    unlabelled: ClipDataset,
    schedule: AlignmentPlan,
    optimization: AdaptationSettings,
    accelerator: Accelerator,
    folder: Path,
) -> None:
    """Train a model in place on source clips with their labels and target clips without, which are drawn together.

    Batches are as those of fine-tuning; there is nothing to validate on, so all epochs are run. The summary is not
    touched.

    Args:
        model: the source model.
        source: training clips of each source corpus.
        unlabelled: target clips, their labels being ``UNLABELLED``.
        schedule: the loss of the source clips, and the batches.
        optimization: how; its scope is named.
        accelerator: device, precision, processes.
        folder: for checkpoints.
    """
    assert optimization.scope is not None
    set_seed(optimization.seed)
    keep_to_scope(model, optimization.scope)
    plan = balanced_mix(
        # Nothing is known of their classes: every clip is as likely as the others.
        [0] * len(unlabelled),
        [part.labels for part in source],
        target=optimization.batch_size,
        source=schedule.source_per_batch,
        batches=schedule.steps_per_epoch,
        balanced=optimization.balanced,
    )
    plain = make_loss(
        schedule.loss, torch.ones(model.config.num_labels), optimization.label_smoothing, model.config.scale
    )
    batches = optimization.epochs * max(schedule.steps_per_epoch // accelerator.num_processes, 1)
    trainer = Trainer(
        optimization, accelerator, Checkpoints(folder, save_last=False), name=f"{folder.parent.name}/aligned/"
    )
    trainer.fit(
        model,
        unlabelled.join(joined(source)),
        plan,
        AlignedLoss(plain, optimization.align, optimization.align_weight, batches),
    )
