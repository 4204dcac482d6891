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
from humpcat.corpora import Corpus, LabelSpace, label_space
from humpcat.corpora.base import DATA_VARIABLE
from humpcat.errors import CheckpointError, SettingsError
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.table import Summary
from humpcat.features.base import Extractor
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
from humpcat.training.losses import classifier_for, make_loss
from humpcat.training.material import Material, absolute, extractors_for, gather, require_usable, with_toys
from humpcat.training.scope import keep_to_scope
from humpcat.training.settings import (
    AdaptationSettings,
    DataSettings,
    NetworkSettings,
    TargetSettings,
)
from humpcat.training.source import STANDARDIZED_BY, predicted, require_same_split, standardized, validation


@dataclass(frozen=True)
class Task:
    """A target, the source model that is adapted to it and how: what all draws share.

    Attributes:
        settings: protocol and standardisation.
        data: where things lie.
        optimization: how to fit.
        accelerator: device, precision, processes.
        corpus: name of the target corpus.
        space: the classes.
        config: configuration of the model.
        loss: the source model's loss.
        source: folder of the source model.
        source_material: the source's clips, None where they are not mixed in.
        source_split: the source's split.
        source_normalization: what the source's clips were standardised by.
        source_statistics: statistics that the source model holds.
        extractors: what features are made by.
        material: the target's clips.
    """

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
    extractors: Sequence[Extractor]
    material: Material

    def under(self, **changes: Any) -> "Task":
        """Return the same target under other :class:`TargetSettings`; what was read and measured is shared.

        Args:
            **changes: such as ``normalization="speaker"``, or ``protocol="shots", shots=5``.
        """
        return replace(self, settings=replace(self.settings, **changes))

    def toward(self, corpus: Corpus) -> "Task":
        """Return the same for another target; what was read and measured of the source is shared.

        Args:
            corpus: the other target.

        Raises:
            CorpusError: the corpus is not there, or no clip of it has a class.
            AudioError: too many clips are unusable.
        """
        material = gather(corpus, self.space, self.data, self.extractors, self.accelerator)
        return replace(self.under(corpus=corpus.name, lang=None), corpus=corpus.name, material=material)

    @property
    def target_statistics(self) -> Statistics:
        """What target clips are standardised by where each speaker's own do not do it."""
        return self.source_statistics if self.settings.normalization == "source" else self.material.whole

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
    task = prepare(settings, data, optimization, accelerator)
    out = Path(settings.out or f"runs/{task.corpus}")
    if not settings.resume and accelerator.is_main_process:
        for old in out.glob("draw-*"):
            shutil.rmtree(old)
    accelerator.wait_for_everyone()
    claim(out, (settings, data, optimization), accelerator, resume=settings.resume)
    parts, adaptation, overlaps = [], {}, []
    draws = len(settings.splits) if settings.splits else settings.draws
    for draw in range(draws):
        split = draw_split(task, draw)
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
    return save_results(Predictions.concat(parts), adaptation, out, accelerator, notes=[said_before(overlaps)])


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
    model = started(task, split)
    tested = [answers(task, model, split, draw, "zero-shot")]
    if settings.baseline:
        tested.append(target_only(task, split, draw, folder))
    fine_tune(task, model, split, folder)
    tested.append(answers(task, model, split, draw, "fine-tuned"))
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


def started(task: Task, split: Split) -> HumpCatForAudioClassification:
    """Return the zero-shot model: the source's as it is, or self-trained on the split's clips without labels.

    Args:
        task: the target.
        split: the split of the draw.
    """
    model = source_model(task)
    if task.self_training:
        every = task.unlabelled((*split.adapt, *split.valid, *split.test, *task.unused(split)))
        _self_train(task, model, task.clips(()), every)
    return model


def source_model(task: Task) -> HumpCatForAudioClassification:
    """Return the source model as it is.

    Args:
        task: the target.
    """
    model = HumpCatForAudioClassification.from_pretrained(task.source)
    # The encoder may have moved since.
    model.config.encoder = task.config.encoder
    return model


def answers(
    task: Task,
    model: HumpCatForAudioClassification,
    split: Split,
    draw: int,
    system: str,
    *,
    alone: Sequence[str] | None = None,
) -> Predictions:
    """Return the predictions of a model on the test clips of a split.

    Args:
        task: the target.
        model: the model.
        split: the split of the draw.
        draw: number of the draw.
        system: how the model is called in the table.
        alone: the clips to measure where nothing may be known of the others.
    """
    test = task.clips(split.test, alone=alone)
    return predicted(model, test, task.material, task.space, split, task.accelerator, system=system, draw=draw)


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
    adapt, valid = task.clips(split.adapt, alone=learnt), task.clips(split.valid, alone=learnt)
    _fit(task, model, adapt, valid, None, folder, "target-only")
    return answers(task, model, split, draw, "target-only", alone=learnt)


def fine_tune(task: Task, model: HumpCatForAudioClassification, split: Split, folder: Path) -> None:
    """Fine-tune a model in place on the adaptation clips of a split.

    Args:
        task: the target.
        model: what :func:`started` gave for this split; where nothing validates :func:`source_model` does as well.
        split: the split of the draw.
        folder: for checkpoints.
    """
    set_seed(task.optimization.seed)
    keep_to_scope(model, task.optimization.scope)
    model.standardizer.hold(task.target_statistics)
    source = task.source_clips("train") if task.source_material else None
    unlabelled = task.unlabelled((*split.test, *task.unused(split))) if task.self_training else None
    adapt, valid = task.clips(split.adapt), task.clips(split.valid)
    _fit(task, model, adapt, valid, source, folder, "fine-tuned", unlabelled=unlabelled)
    model.forget()


def _fit(
    task: Task,
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
        balanced=optimization.balanced,
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
    task: Task, model: HumpCatForAudioClassification, labelled: ClipDataset, unlabelled: ClipDataset
) -> None:
    """Fit the summary to all target clips; the source's unheard speakers say what it and the fusion are worth."""
    self_train_summary(model, task.source_clips("train"), labelled, unlabelled)
    unheard = task.source_clips("valid")
    weigh_branches(model, unheard, task.accelerator)
    fit_temperature(model, task.accelerator, unheard)


def prepare(
    settings: TargetSettings, data: DataSettings, optimization: AdaptationSettings, accelerator: Accelerator
) -> Task:
    """Read a source model, and make the features of its target and of the source clips that are mixed in.

    Args:
        settings: target, source model, protocol.
        data: where corpora and features lie; ``label_space`` is the source model's.
        optimization: how to fit.
        accelerator: device, precision, processes.

    Raises:
        CheckpointError: the source folder is not one that ``train_source`` wrote.
        CorpusError: a corpus is not there, or no clip of it has a class.
        AudioError: too many clips are unusable.
    """
    source = Path(settings.source)
    trained = read_settings(source)
    if "source" in trained:
        raise CheckpointError(
            f"{source}: is itself fine-tuned from {trained.get('source')}, expected a model that "
            "recipes/train_source.py wrote: pass that one as --source."
        )
    data = located(data, trained, accelerator)
    space = label_space(data.label_space)
    corpus = target_of(settings, data)
    model = HumpCatForAudioClassification.from_pretrained(source)
    config: HumpCatConfig = model.config
    if list(config.label2id) != list(space.classes):
        raise CheckpointError(
            f"{source}: its classes are {', '.join(config.label2id)}, the label space '{space.name}' has "
            f"{', '.join(space.classes)}: train the source again."
        )
    loss = _loss(optimization.loss or trained["loss"], config)
    # This model is not trained: a scope that is unknown is told before anything is computed.
    keep_to_scope(model, optimization.scope)
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
    return Task(
        settings=settings,
        data=data,
        optimization=optimization,
        accelerator=accelerator,
        corpus=corpus.name,
        space=space,
        config=config,
        loss=loss,
        source=source,
        source_material=source_material,
        source_split=source_split,
        source_normalization=trained["normalization"],
        source_statistics=source_statistics,
        extractors=extractors,
        material=material,
    )


def _loss(name: str, config: HumpCatConfig) -> str:
    """Return the loss, which the source's classifier must be able to serve."""
    # Cross-entropy serves either classifier.
    if classifier_for(name) == "cosine" != config.classifier:
        raise SettingsError(
            f"loss '{name}' with a {config.classifier} classifier: a margin is one of cosines: train the source with "
            f"--loss {name} too, or fine-tune with cross-entropy."
        )
    return name


def located(data: DataSettings, trained: dict[str, Any], accelerator: Accelerator) -> DataSettings:
    """Return settings that say where a target lies, and tell the source model's classes apart.

    Args:
        data: as they were asked for.
        trained: the settings beside the source model.
        accelerator: the main process makes the toy corpora, if they are asked for.
    """
    if data.toy:
        with_toys(data, NetworkSettings(), accelerator)
    # Where nothing else is said, the target lies beside the source.
    data_dir = data.data_dir or os.environ.get(DATA_VARIABLE) or trained["data_dir"]
    return replace(data, label_space=trained["label_space"], data_dir=data_dir)


def draw_split(task: Task, draw: int) -> Split:
    """Read or make the split of one draw, and guard it; what it says of standardisation goes with every number.

    Args:
        task: the target.
        draw: number of the draw.

    Raises:
        ProtocolError: there are too few speakers or clips.
        LeakageError: test material was seen by the source model or stands in the adaptation clips too.
    """
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


def _drawn(task: Task, rows: list[Mapping[str, Any]], draw: int) -> Split:
    classes, settings = task.material.classes, task.settings
    anonymous = all(row["speaker"] is None for row in rows)
    if settings.protocol == "clips" or (settings.protocol == "speakers" and anonymous):
        return clip_share_split(rows, classes, share=settings.share, seed=draw)
    if settings.protocol == "speakers":
        return speaker_share_split(rows, classes, share=settings.share, seed=draw)
    return shots_split(rows, classes, settings.shots, seed=draw, share=settings.share)
