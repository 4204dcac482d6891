"""Fine-tune a source model to a target corpus: several draws of who adapts, each tested on everyone else."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

from humpcat.adaptation.self_training import UNLABELLED
from humpcat.corpora import LabelSpace, label_space
from humpcat.corpora.base import DATA_VARIABLE
from humpcat.errors import CheckpointError
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.table import Summary
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.standardization import Statistics
from humpcat.protocols import (
    Ledger,
    SentenceOverlap,
    Split,
    check_split,
    check_unseen,
    clip_share_split,
    sentence_overlap,
    shots_split,
    speaker_share_split,
)
from humpcat.training.branches import fit_summary, self_train_summary, weigh_branches
from humpcat.training.calibration import fit_temperature
from humpcat.training.checkpoint import LEDGER, SPLIT, claim, read_settings, save_model, save_results
from humpcat.training.clips import ClipDataset, balanced_mix
from humpcat.training.corpus import source_of, target_of
from humpcat.training.loop import fit
from humpcat.training.losses import make_loss
from humpcat.training.material import Material, absolute, extractors_for, gather, require_usable, with_toys
from humpcat.training.settings import (
    AdaptationSettings,
    DataSettings,
    NetworkSettings,
    TargetSettings,
)
from humpcat.training.source import STANDARDIZED_BY, predicted, require_same_split, standardized, validation


@dataclass(frozen=True)
class _Task:
    """What all draws share."""

    settings: TargetSettings
    data: DataSettings
    optimization: AdaptationSettings
    accelerator: Accelerator
    corpus: str
    space: LabelSpace
    config: HumpCatConfig
    loss: str
    source: Path
    source_material: Material | None
    source_split: Split
    source_normalization: str
    source_statistics: Statistics
    material: Material
    target_statistics: Statistics

    def clips(self, ids: Sequence[str], *, alone: Sequence[str] | None = None) -> ClipDataset:
        """Return target clips; ``alone`` are the clips to measure where nothing may be known of the others."""
        normalization = self.settings.normalization
        inductive_alone = normalization == "source" and alone is not None
        whole = self.material.statistics(alone) if inductive_alone else self.target_statistics
        return self.material.clips(ids, self.space.classes, normalization, whole)

    def source_clips(self, part: str) -> ClipDataset:
        """Return clips of a part of the source's split, "train" or "valid"."""
        assert self.source_material is not None
        return self.source_material.clips(
            getattr(self.source_split, part),
            self.space.classes,
            # Where each target speaker is standardised by its own clips, the source's speakers are too.
            "speaker" if self.settings.normalization == "speaker" else self.source_normalization,
            self.source_statistics,
        )

    @property
    def self_training(self) -> bool:
        """Whether target clips are learnt from without their labels."""
        settings = self.settings
        return settings.self_training and settings.normalization != "source" and self.source_material is not None

    def unlabelled(self, ids: Sequence[str]) -> ClipDataset:
        """Return target clips without their classes, for what may hear them and not know them."""
        return replace(self.clips(ids), labels=(UNLABELLED,) * len(ids))

    def unused(self, split: Split) -> list[str]:
        """Return target clips of no part of a split, such as those that a few shots leave of the adapting speakers."""
        return sorted(set(self.material.rows) - {*split.adapt, *split.valid, *split.test})

    def seen(self) -> Ledger:
        """Return what the source model has seen, and the source clips that are mixed in as they lie there now."""
        ledger = Ledger.load(self.source / LEDGER)
        if self.source_material is None:
            return ledger
        rows, ids = list(self.source_material.rows.values()), (*self.source_split.train, *self.source_split.valid)
        return ledger.merge(Ledger.of(rows, ids, self.source_material.features.fingerprints))


def finetune_target(
    settings: TargetSettings, data: DataSettings, optimization: AdaptationSettings, accelerator: Accelerator
) -> Summary:
    """Adapt a source model to a target in several draws and test each on the clips that did not adapt.

    Each draw's model lies in ``OUT/draw-N``; predictions, scores and the table of all draws in ``OUT``.

    Args:
        settings: target, source model, protocol.
        data: where corpora and features lie; ``label_space`` is the source model's.
        optimization: how to fit.
        accelerator: device, precision, processes.

    Returns:
        The result table: chance, zero-shot, target-only and fine-tuned.

    Raises:
        CheckpointError: the source folder is not one that ``train_source`` wrote.
        LeakageError: test material was seen by the source model or stands in the adaptation clips too.
    """
    task = _prepare(settings, data, optimization, accelerator)
    out = Path(settings.out or f"runs/{task.corpus}")
    if not settings.resume and accelerator.is_main_process:
        for old in out.glob("draw-*"):
            shutil.rmtree(old)
    accelerator.wait_for_everyone()
    claim(out, (settings, data, optimization), accelerator, resume=settings.resume)
    parts, adaptation, overlaps = [], {}, []
    draws = len(settings.splits) if settings.splits else settings.draws
    for draw in range(draws):
        split = _split(task, draw)
        overlaps.append(sentence_overlap(list(task.material.rows.values()), split))
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
        adaptation[draw] = [task.material.classes[clip_id] for clip_id in (*split.adapt, *split.valid)]
    return save_results(Predictions.concat(parts), adaptation, out, accelerator, notes=[_said_before(overlaps)])


def _said_before(overlaps: Sequence[SentenceOverlap]) -> str:
    """Say for all draws how many test clips say a sentence that adaptation said."""
    shares = [overlap.share for overlap in overlaps if overlap.share is not None]
    if not shares:
        return overlaps[0].sentence()
    low, high = round(100 * min(shares)), round(100 * max(shares))
    return f"{low if low == high else f'{low} to {high}'} % of the test clips say a sentence that adaptation said too."


def _one_draw(task: _Task, split: Split, draw: int, folder: Path) -> None:
    """Run zero-shot, target-only and fine-tuning on one split, and write the fine-tuned model."""
    settings, accelerator = task.settings, task.accelerator
    adapt, valid, test = task.clips(split.adapt), task.clips(split.valid), task.clips(split.test)
    tested: list[Predictions] = []

    def evaluate(model: HumpCatForAudioClassification, clips: ClipDataset, system: str) -> None:
        tested.append(predicted(model, clips, task.material, task.space, split, accelerator, system=system, draw=draw))

    model = HumpCatForAudioClassification.from_pretrained(task.source)
    # The encoder may have moved since.
    model.config.encoder = task.config.encoder
    if task.self_training:
        every = task.unlabelled((*split.adapt, *split.valid, *split.test, *task.unused(split)))
        _self_train(task, model, task.clips(()), every)
    evaluate(model, test, "zero-shot")
    if settings.baseline:
        set_seed(task.optimization.seed)
        alone = HumpCatForAudioClassification(task.config)
        learnt = (*split.adapt, *split.valid)
        _fit(
            task,
            alone,
            task.clips(split.adapt, alone=learnt),
            task.clips(split.valid, alone=learnt),
            None,
            folder,
            "target-only",
        )
        evaluate(alone, task.clips(split.test, alone=learnt), "target-only")
    set_seed(task.optimization.seed)
    model.standardizer.hold(task.target_statistics)
    source = task.source_clips("train") if task.source_material else None
    unlabelled = task.unlabelled((*split.test, *task.unused(split))) if task.self_training else None
    _fit(task, model, adapt, valid, source, folder, "fine-tuned", unlabelled=unlabelled)
    evaluate(model, test, "fine-tuned")
    if accelerator.is_main_process:
        seen = Ledger.of(
            list(task.material.rows.values()), (*split.adapt, *split.valid), task.material.features.fingerprints
        )
        ledger = task.seen().merge(seen)
        save_model(model, folder, (settings, task.data, task.optimization), ledger, split)
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    save_results(
        Predictions.concat(tested),
        {draw: [task.material.classes[clip_id] for clip_id in (*split.adapt, *split.valid)]},
        folder,
        accelerator,
    )


def _fit(
    task: _Task,
    model: HumpCatForAudioClassification,
    adapt: ClipDataset,
    valid: ClipDataset,
    source: ClipDataset | None,
    folder: Path,
    name: str,
    *,
    unlabelled: ClipDataset | None = None,
) -> None:
    optimization = task.optimization
    plan = balanced_mix(
        adapt.labels,
        source.labels if source else (),
        target=optimization.batch_size,
        source=task.settings.source_per_batch if source else 0,
        batches=task.settings.steps_per_epoch,
    )
    classes, rest = len(task.space.classes), [source] if source else []
    fit_summary(model, adapt, *rest)
    # Batches are balanced as they are drawn, so every class weighs alike.
    loss = make_loss(task.loss, torch.ones(classes), optimization.label_smoothing, task.config.scale)
    fit(
        model,
        adapt.join(source) if source else adapt,
        plan,
        loss,
        optimization,
        task.accelerator,
        folder / "checkpoints",
        score=validation(valid, task.space, task.accelerator) if len(valid) else None,
        save_last=False,
        name=f"{folder.name}/{name}/",
    )
    if unlabelled is not None:
        # Once the fusion is chosen, the summary may learn from validation too.
        _self_train(task, model, adapt.join(valid), unlabelled)
        return
    # Validation clips of the target share speakers with those that adapt, which flatters the branch that learns
    # voices by heart; the source's validation speakers are heard by neither.
    unheard = task.source_clips("valid") if source else valid
    weigh_branches(model, unheard, task.accelerator)
    # Before the summary learns from validation too, for clips that were learnt from look far too easy.
    fit_temperature(model, task.accelerator, *([unheard, valid] if source else [valid]))
    if len(valid):
        # Nothing is chosen for the summary, so once the fusion is chosen it may learn from validation too.
        fit_summary(model, adapt.join(valid), *rest)


def _self_train(
    task: _Task, model: HumpCatForAudioClassification, labelled: ClipDataset, unlabelled: ClipDataset
) -> None:
    """Fit the summary to all target clips; the source's unheard speakers say what it and the fusion are worth."""
    self_train_summary(model, task.source_clips("train"), labelled, unlabelled)
    unheard = task.source_clips("valid")
    weigh_branches(model, unheard, task.accelerator)
    fit_temperature(model, task.accelerator, unheard)


def _prepare(
    settings: TargetSettings, data: DataSettings, optimization: AdaptationSettings, accelerator: Accelerator
) -> _Task:
    source = Path(settings.source)
    trained = read_settings(source)
    if "loss" not in trained:
        raise CheckpointError(
            f"{source}: is itself fine-tuned from {trained.get('source')}, expected a model that "
            "recipes/train_source.py wrote: pass that one as --source."
        )
    if data.toy:
        with_toys(data, NetworkSettings(), accelerator)
    # Where nothing else is said, the target lies beside the source.
    data_dir = data.data_dir or os.environ.get(DATA_VARIABLE) or trained["data_dir"]
    data = replace(data, label_space=trained["label_space"], data_dir=data_dir)
    space = label_space(data.label_space)
    corpus = target_of(settings, data)
    model = HumpCatForAudioClassification.from_pretrained(source)
    config: HumpCatConfig = model.config
    if list(config.label2id) != list(space.classes):
        raise CheckpointError(
            f"{source}: its classes are {', '.join(config.label2id)}, the label space '{space.name}' has "
            f"{', '.join(space.classes)}: train the source again."
        )
    if settings.encoder:
        config.encoder = absolute(settings.encoder)
    encoder = model.load_encoder().to(accelerator.device)
    extractors = extractors_for(config, encoder)
    material = gather(corpus, space, data, extractors, accelerator)
    source_statistics = model.standardizer.held()
    source_split, source_material = Split.load(source / SPLIT), None
    if settings.source_per_batch > 0:
        source_material = gather(source_of(trained), space, data, extractors, accelerator)
        require_usable(source_split, source_material, "train")
    return _Task(
        settings=settings,
        data=data,
        optimization=optimization,
        accelerator=accelerator,
        corpus=corpus.name,
        space=space,
        config=config,
        loss=trained["loss"],
        source=source,
        source_material=source_material,
        source_split=source_split,
        source_normalization=trained["normalization"],
        source_statistics=source_statistics,
        material=material,
        target_statistics=source_statistics if settings.normalization == "source" else material.statistics(),
    )


def _split(task: _Task, draw: int) -> Split:
    """Read or make the split of one draw, and guard it; what it says of standardisation goes with every number."""
    rows, settings = list(task.material.rows.values()), task.settings
    split = Split.load(settings.splits[draw]) if settings.splits else _drawn(task, rows, draw)
    require_usable(split, task.material, "adapt")
    fingerprints = task.material.features.fingerprints
    # A split that says of itself that it is SPEAKER-DEPENDENT stamps its numbers already.
    allowed = task.data.allow_leakage or split.speaker_dependent
    split = check_split(rows, split, fingerprints, allow_leakage=allowed)
    stamp = check_unseen(task.seen(), rows, split.test, fingerprints, allow_leakage=task.data.allow_leakage)
    if stamp and split.speaker_dependent:
        what = f"by the source: {stamp.partition(': ')[2]}"
        stamp = split.guarantee if what in split.guarantee else f"{split.guarantee}; {what}"
    split = split.stamped(stamp) if stamp else split
    mode = f"{settings.normalization}, self-trained" if task.self_training else settings.normalization
    return standardized(split, STANDARDIZED_BY[mode])


def _drawn(task: _Task, rows: list[Mapping[str, Any]], draw: int) -> Split:
    classes, settings = task.material.classes, task.settings
    anonymous = all(row["speaker"] is None for row in rows)
    if settings.protocol == "clips" or (settings.protocol == "speakers" and anonymous):
        return clip_share_split(rows, classes, share=settings.share, seed=draw)
    if settings.protocol == "speakers":
        return speaker_share_split(rows, classes, share=settings.share, seed=draw)
    return shots_split(rows, classes, settings.shots, seed=draw, share=settings.share)
