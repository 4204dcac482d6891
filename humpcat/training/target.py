"""Fine-tune a source model to a target corpus: several draws of who adapts, each tested on everyone else."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor

from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.table import Summary
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.standardization import Statistics
from humpcat.protocols import Ledger, SentenceOverlap, Split, sentence_overlap
from humpcat.training.adapter import Adapter
from humpcat.training.aligning import AlignmentPlan, align
from humpcat.training.branch_weights import weigh_and_calibrate, weigh_branches
from humpcat.training.calibration import fit_temperature
from humpcat.training.checkpoint import claim, require_same_split, save_model, save_results
from humpcat.training.data.batches import balanced_mix
from humpcat.training.data.examples import ClipDataset, joined
from humpcat.training.linear_branch import adapt_summary, fit_summary
from humpcat.training.scoring import predicted, validation
from humpcat.training.settings import NO_ALIGNMENT, AdaptationSettings, DataSettings, TargetSettings
from humpcat.training.task import Task, draw_split, prepare
from humpcat.training.trainable import chosen_scope, keep_to_scope, require_used
from humpcat.training.trainer.loop import Trainer
from humpcat.training.trainer.losses import make_loss
from humpcat.training.trainer.state import Checkpoints


def finetune_target(
    settings: TargetSettings, data: DataSettings, optimization: AdaptationSettings, accelerator: Accelerator
) -> Summary:
    """Adapt a source model to a target in several draws and test each on the clips that did not adapt.

    Each draw's model lies in ``OUT/draw-N``; predictions, scores and the table of all draws in ``OUT``.

    Args:
        settings: target, source model, protocol.
        data: where corpora and features lie, and the classes.
        optimization: how to fit.
        accelerator: device, precision, processes.

    Returns:
        The result table: chance, zero-shot, target-only and fine-tuned.

    Raises:
        CheckpointError: the source folder is not one that ``train_source`` wrote.
        SettingsError: a setting was changed that the scope or the protocol does not use.
        LeakageError: test material was seen by the source model or stands in the adaptation clips too.
    """
    require_used(settings, optimization)
    task = prepare(settings, data, optimization, accelerator)
    out = Path(settings.out or f"runs/{task.corpus}")
    if not settings.resume and accelerator.is_main_process:
        for old in out.glob("draw-*"):
            shutil.rmtree(old)
    accelerator.wait_for_everyone()
    claim(out, (settings, task.data, task.optimization), accelerator, resume=settings.resume)
    parts, adaptation, overlaps = [], {}, []
    draws = len(settings.splits) if settings.splits else settings.draws
    for draw in range(draws):
        split = draw_split(task, draw)
        overlaps.append(sentence_overlap(list(task.prepared.rows.values()), split))
        folder = out / f"draw-{draw}"
        finished = folder / PREDICTIONS
        if finished.is_file():
            require_same_split(split, folder)
        else:
            accelerator.print(f"draw {draw + 1} of {draws}: {len(split.adapt)} clips adapt.")
            for note in (*split.notes, overlaps[-1].sentence()):
                accelerator.print(f"note: {note}")
            _one_draw(task, split, draw, folder)
        parts.append(Predictions.read(finished))
        adaptation[draw] = [task.prepared.classes[clip_id] for clip_id in (*split.adapt, *split.valid)]
    return save_results(
        Predictions.concat(parts), adaptation, out, accelerator, notes=[*task.notes, said_before(overlaps)]
    )


def said_before(overlaps: Sequence[SentenceOverlap]) -> str:
    """Say for all draws how many test clips say a sentence that adaptation said.

    Args:
        overlaps: of each draw's split.
    """
    shares = [overlap.share for overlap in overlaps if overlap.share is not None]
    if not shares:
        return overlaps[0].sentence()
    low, high = round(100 * min(shares)), round(100 * max(shares))
    return f"{low if low == high else f'{low} to {high}'} % of the test clips say a sentence that adaptation said too."


def _one_draw(task: Task, split: Split, draw: int, folder: Path) -> None:
    """Run zero-shot, target-only and fine-tuning on one split, and write the fine-tuned model."""
    settings, accelerator = task.settings, task.accelerator
    model = started(task, split, folder)
    tested = [answers(task, model, split, draw, "zero-shot")]
    if settings.baseline:
        tested.append(target_only(task, split, draw, folder))
    fine_tune(task, model, split, folder)
    tested.append(answers(task, model, split, draw, "fine-tuned", model.standardizer.held()))
    if accelerator.is_main_process:
        seen = Ledger.of(
            list(task.prepared.rows.values()), (*split.adapt, *split.valid), task.prepared.features.fingerprints
        )
        ledger = task.seen().merge(seen)
        save_model(model, folder, (settings, task.data, task.optimization), ledger, split)
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    save_results(
        Predictions.concat(tested),
        {draw: [task.prepared.classes[clip_id] for clip_id in (*split.adapt, *split.valid)]},
        folder,
        accelerator,
    )


def started(task: Task, split: Split, folder: Path) -> HumpCatForAudioClassification:
    """Return the zero-shot model: the source's, aligned to and self-trained on the target's clips without labels.

    Args:
        task: the target, which says which of both is done.
        split: the split of the draw, of which an alignment draws its batches.
        folder: for checkpoints.
    """
    model = source_model(task)
    if task.optimization.align != NO_ALIGNMENT:
        every = task.unlabelled((*split.adapt, *split.valid, *split.test, *task.unused(split)))
        plan = AlignmentPlan(task.loss, task.settings.source_per_batch, task.settings.steps_per_epoch)
        source = task.source_parts("train")
        align(model, source, every, plan, task.optimization, task.accelerator, folder / "checkpoints")
        if task.self_training:
            _self_train(task, model, task.clips(()), task.unlabelled(sorted(task.prepared.rows)))
        else:
            weigh_and_calibrate(model, task.source_clips("valid"), task.accelerator)
    elif task.self_training and not task.origin.new_head:
        model.load_state_dict(_self_trained(task, model), strict=False)
    return model


def _self_trained(task: Task, model: HumpCatForAudioClassification) -> dict[str, Tensor]:
    """Return the weights that self-training without any label changes, which all draws of a target share."""
    # Every clip of the target is heard, whatever part of a split it is in.
    key, fitted = (task.corpus, task.settings.normalization), task.origin.zero_shot
    if key not in fitted:
        _self_train(task, model, task.clips(()), task.unlabelled(sorted(task.prepared.rows)))
        changed = ("summary.", "branch_weights", "temperature")
        fitted[key] = {name: value.clone() for name, value in model.state_dict().items() if name.startswith(changed)}
    return fitted[key]


def source_model(task: Task) -> HumpCatForAudioClassification:
    """Return the source model as it is, for the classes of the target.

    Args:
        task: the target.
    """
    return task.origin.model()


def answers(
    task: Task,
    model: HumpCatForAudioClassification,
    split: Split,
    draw: int,
    system: str,
    whole: Statistics | None = None,
) -> Predictions:
    """Return the predictions of a model on the test clips of a split.

    Args:
        task: the target.
        model: the model.
        split: the split of the draw.
        draw: number of the draw.
        system: how the model is called in the table.
        whole: what clips are standardised by, as for :meth:`Task.clips`.
    """
    test = task.clips(split.test, whole)
    return predicted(model, test, task.prepared, task.space, split, task.accelerator, system=system, draw=draw)


def target_only(task: Task, split: Split, draw: int, folder: Path) -> Predictions:
    """Train the same network without the source, and return its predictions on the test clips.

    Args:
        task: the target.
        split: the split of the draw.
        draw: number of the draw.
        folder: for checkpoints.
    """
    set_seed(task.optimization.seed)
    model = HumpCatForAudioClassification(task.config)
    learnt = (*split.adapt, *split.valid)
    whole = task.prepared.statistics(learnt) if task.settings.normalization == "source" else task.statistics()
    adapt, valid = task.clips(split.adapt, whole), task.clips(split.valid, whole)
    _fit(task, model, Learnt(adapt, valid), folder, "target-only")
    return answers(task, model, split, draw, "target-only", whole)


def fine_tune(task: Task, model: HumpCatForAudioClassification, split: Split, folder: Path) -> None:
    """Fine-tune a model in place on the adaptation clips of a split.

    Args:
        task: the target.
        model: what :func:`started` gave for this split; where nothing validates :func:`source_model` does as well.
        split: the split of the draw.
        folder: for checkpoints.
    """
    set_seed(task.optimization.seed)
    if not task.by_gradients:
        memory = task.origin.memory(task.settings.normalization, clips=task.source_at_hand)
        Adapter(model, memory, task.to_adapt(split), task.accelerator).adapt(task.optimization.seed)
        return
    keep_to_scope(model, chosen_scope(task.optimization.scope, task.config))
    whole = task.statistics((*split.adapt, *split.valid))
    model.standardizer.hold(whole)
    source = task.source_parts("train") if task.source_at_hand else []
    unlabelled = task.unlabelled((*split.test, *task.unused(split))) if task.self_training else None
    adapt, valid = task.clips(split.adapt, whole), task.clips(split.valid, whole)
    _fit(task, model, Learnt(adapt, valid, source, unlabelled), folder, "fine-tuned")
    model.forget()


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
    optimization, adapt, valid, source = task.optimization, learnt.adapt, learnt.valid, learnt.source
    plan = balanced_mix(
        adapt.labels,
        [part.labels for part in source],
        target=optimization.batch_size,
        source=task.settings.source_per_batch if source else 0,
        batches=task.settings.steps_per_epoch,
        balanced=optimization.balanced,
    )
    classes = len(task.space.classes)
    fit_summary(model, adapt, *source)
    # Batches are balanced as they are drawn, so every class weighs alike.
    loss = make_loss(task.loss, torch.ones(classes), optimization.label_smoothing, task.config.scale)
    trainer = Trainer(
        optimization,
        task.accelerator,
        Checkpoints(folder / "checkpoints", save_last=False),
        name=f"{folder.name}/{name}/",
    )
    trainer.fit(
        model,
        adapt.join(joined(source)) if source else adapt,
        plan,
        loss,
        validation(valid, task.space, task.accelerator) if len(valid) else None,
    )
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


def _self_train(
    task: Task, model: HumpCatForAudioClassification, labelled: ClipDataset, unlabelled: ClipDataset
) -> None:
    """Fit the summary to all target clips; the source's validation speakers say what it and the fusion are worth.

    Where these are not at hand, the weights stay those that the source's training gave.
    """
    adapt_summary(
        model, task.origin.memory(task.settings.normalization, clips=task.source_at_hand), labelled, unlabelled
    )
    if task.source_at_hand:
        weigh_and_calibrate(model, task.source_clips("valid"), task.accelerator)
