"""The models of a draw: zero-shot, of the target alone and fine-tuned; and their answers to the test clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate.utils import set_seed

from humpcat.domain_adaptation.alignment import AlignedLoss
from humpcat.evaluation.predictions import Predictions
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.scopes import keep_to_scope
from humpcat.models.humpcat.standardization import Statistics
from humpcat.models.humpcat.tuning import Trainable
from humpcat.models.losses import Loss, make_loss
from humpcat.protocols import Split
from humpcat.self_training.branch_weights import likeliest_factor
from humpcat.training.adapter import Adapter
from humpcat.training.calibration import fit_temperature, weigh_and_calibrate, weigh_branches
from humpcat.training.checkpoint import CHECKPOINTS
from humpcat.training.data.batches import balanced_mix
from humpcat.training.data.examples import ClipDataset, joined
from humpcat.training.linear_branch import adapt_summary, fit_summary, summary_logits
from humpcat.training.scoring import as_believed, predicted, validation
from humpcat.training.source_model import ZeroShot
from humpcat.training.task import Task
from humpcat.training.trainable import chosen_scope
from humpcat.training.trainer.loop import Trainer
from humpcat.training.trainer.state import Checkpoints
from humpcat.training.unlabelled_weight import adapt_weighed


def started(task: Task, split: Split, folder: Path) -> HumpCatForAudioClassification:
    """Return the zero-shot model: the source's, aligned to and self-trained on the target's clips without labels."""
    model = source_model(task)
    if task.aligned:
        every = task.unlabelled((*split.adapt, *split.valid, *split.test, *task.unused(split)))
        align(model, task.source_parts("train"), every, task, folder)
        if task.self_training:
            _self_train(task, model, task.clips(()), task.unlabelled(sorted(task.prepared.rows)))
        else:
            weigh_and_calibrate(model, task.source_clips("valid"), task.accelerator)
    elif task.self_training and not task.origin.new_head:
        weights, model.doubted = _self_trained(task, model)
        model.load_state_dict(weights, strict=False)
    return model


def source_model(task: Task) -> HumpCatForAudioClassification:
    """Return the source model as it is, for the classes of the target."""
    return task.origin.model()


def answers(
    task: Task,
    model: HumpCatForAudioClassification,
    split: Split,
    draw: int,
    system: str,
    whole: Statistics | None = None,
) -> Predictions:
    """Return the predictions of a model on the test clips of a split."""
    test = task.clips(split.test, whole)
    said = as_believed(split, model)
    return predicted(model, test, task.prepared, task.space, said, task.accelerator, system=system, draw=draw)


def target_only(task: Task, split: Split, draw: int, folder: Path) -> Predictions:
    """Train the same network without the source, and return its predictions on the test clips."""
    set_seed(task.optimization.seed)
    model = HumpCatForAudioClassification(task.config)
    learnt = (*split.adapt, *split.valid)
    whole = task.prepared.statistics(learnt) if task.settings.normalization == "source" else task.statistics()
    adapt, valid = task.clips(split.adapt, whole), task.clips(split.valid, whole)
    _fit(task, model, Learnt(adapt, valid), folder, "target-only")
    return answers(task, model, split, draw, "target-only", whole)


def fine_tune(task: Task, model: HumpCatForAudioClassification, split: Split, folder: Path) -> None:
    """Fine-tune a model in place on the adaptation clips of a split.

    The model is what :func:`started` gave for this split; where nothing validates :func:`source_model` does as well.
    """
    set_seed(task.optimization.seed)
    if not task.by_gradients:
        # From the source's fusion, whatever it has learnt of clips without labels for the zero-shot model.
        origin = source_model(task)
        model.load_state_dict(origin.own_weights(origin.state_dict()), strict=False)
        memory, by_corpus = task.memories
        clips = task.to_adapt(split)
        adapter = Adapter(model, memory, clips, task.accelerator, task.student, by_corpus, before=task.origin.linear)
        adapt_weighed(adapter, task.optimization.seed)
        return
    keep_to_scope(model, chosen_scope(task.optimization.scope, task.config))
    whole = task.statistics((*split.adapt, *split.valid))
    model.standardise_by(whole)
    source = task.source_parts("train") if task.source_at_hand else []
    unlabelled = task.unlabelled((*split.test, *task.unused(split))) if task.self_training else None
    adapt, valid = task.clips(split.adapt, whole), task.clips(split.valid, whole)
    _fit(task, model, Learnt(adapt, valid, source, unlabelled), folder, "fine-tuned")
    model.forget()


def align(
    model: HumpCatForAudioClassification, source: Sequence[ClipDataset], unlabelled: ClipDataset, task: Task, out: Path
) -> None:
    """Train the fusion in place on source clips with their labels and target clips without, which are drawn together.

    Batches are as those of fine-tuning; there is nothing to validate on, so all epochs are run.
    """
    optimization, steps = task.optimization, task.settings.steps_per_epoch
    set_seed(optimization.seed)
    keep_to_scope(model, chosen_scope(optimization.scope, task.config))
    batches = optimization.epochs * max(steps // task.accelerator.num_processes, 1)
    loss = AlignedLoss(_loss(task), optimization.align, optimization.align_weight, batches)
    _train(task, model, unlabelled, source, loss, out, "aligned")


@dataclass(frozen=True)
class Learnt:
    """Clips that gradients learn from or choose by.

    Attributes:
        adapt: target clips to learn from.
        valid: target clips that choose the epoch.
        source: training clips of each source corpus that are mixed in, none for none.
        unlabelled: target clips that the summary trains itself on afterwards, None for none.
    """

    adapt: ClipDataset
    valid: ClipDataset
    source: Sequence[ClipDataset] = ()
    unlabelled: ClipDataset | None = None


def _fit(task: Task, model: HumpCatForAudioClassification, learnt: Learnt, folder: Path, name: str) -> None:
    """Train a model's fusion by gradients, as far as it is not frozen, and fit its summary."""
    adapt, valid, source = learnt.adapt, learnt.valid, learnt.source
    fit_summary(model, adapt, *source)
    score = validation(valid, task.space, task.accelerator) if len(valid) else None
    _train(task, model, adapt, source, _loss(task), folder, name, score)
    if learnt.unlabelled is not None:
        # Once the fusion is chosen, the summary may learn from validation too.
        _self_train(task, model, adapt.join(valid), learnt.unlabelled)
        return
    # Validation clips of the target share speakers with those that adapt, which flatters the branch that learns
    # voices by heart; the source's validation speakers are new to both.
    unheard = task.source_clips("valid") if source else valid
    weigh_branches(model, unheard, task.accelerator)
    # Before the summary learns from validation too, for clips that were learnt from look far too easy.
    fit_temperature(model, task.accelerator, *([unheard, valid] if source else [valid]))
    if len(valid):
        # Nothing is chosen for the summary, so once the fusion is chosen it may learn from validation too.
        fit_summary(model, adapt.join(valid), *source)


def _loss(task: Task) -> Loss:
    # Batches are balanced as they are drawn, so every class weighs alike.
    weights = torch.ones(len(task.space.classes))
    return make_loss(task.loss, weights, task.optimization.label_smoothing, task.config.scale)


def _train(
    task: Task,
    model: HumpCatForAudioClassification,
    target: ClipDataset,
    source: Sequence[ClipDataset],
    loss: Loss,
    folder: Path,
    name: str,
    score: Callable[[Trainable], float] | None = None,
) -> None:
    """Take gradient steps on batches of target clips and, as far as there are any, source clips."""
    optimization = task.optimization
    plan = balanced_mix(
        # Nothing is known of the classes of clips without a label: every clip is as likely as the others.
        [max(label, 0) for label in target.labels],
        [part.labels for part in source],
        target=optimization.batch_size,
        source=task.settings.source_per_batch if source else 0,
        batches=task.settings.steps_per_epoch,
        balanced=optimization.balanced,
    )
    states = Checkpoints(folder / CHECKPOINTS, save_last=False)
    trainer = Trainer(optimization, task.accelerator, states, name=f"{folder.name}/{name}/")
    trainer.fit(model, target.join(joined(source)) if source else target, plan, loss, score)


def _self_train(
    task: Task, model: HumpCatForAudioClassification, labelled: ClipDataset, unlabelled: ClipDataset
) -> None:
    """Fit the summary to all target clips; the source's validation speakers say what it and the fusion are worth.

    Where these are not at hand, the weights stay those that the source's training gave. Of a fusion that learns from
    the same clips they say nothing: it has the summary's own weight.
    """
    memory, by_corpus = task.memories
    answers = adapt_summary(model, memory, labelled, unlabelled, by_corpus)
    valid = task.source_clips("valid") if task.source_at_hand else None
    if valid is not None and not len(valid):
        # A source that kept nothing back.
        valid = None
    if task.student is not None:
        before = float(model.branch_weights[1] / model.temperature)
        task.student.learn(model, labelled, unlabelled, answers[len(labelled) :])
        factor = before if valid is None else likeliest_factor(summary_logits(model, valid), np.asarray(valid.labels))
        model.calibrate(factor * model.branch_weights)
    elif valid is not None:
        weigh_and_calibrate(model, valid, task.accelerator)


def _self_trained(task: Task, model: HumpCatForAudioClassification) -> ZeroShot:
    """Return what self-training without any label makes of a model, which all draws of the same clips share."""
    # Every clip that lies there is used, whatever part of a split it is in.
    key, fitted = (task.corpus, task.settings.normalization, task.pool), task.origin.zero_shot
    if key not in fitted:
        _self_train(task, model, task.clips(()), task.unlabelled(sorted(task.prepared.rows)))
        own = model.own_weights(model.state_dict())
        weights = {name: value.clone() for name, value in own.items() if not name.startswith("memory_")}
        fitted[key] = weights, model.doubted
    return fitted[key]
