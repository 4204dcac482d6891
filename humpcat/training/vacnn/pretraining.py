"""Pretrain a network on the pictures of several corpora."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

from humpcat.corpora import LabelSpace
from humpcat.device import fastest_dtype
from humpcat.evaluation.predictions import PREDICTIONS
from humpcat.models.vacnn.configuration import VACNN, VacnnConfig
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
from humpcat.models.vacnn.modeling import VacnnForAudioClassification
from humpcat.protocols import Ledger, Split, check_split, clip_folds, source_split
from humpcat.training.calibration import fit_temperature
from humpcat.training.checkpoint import SPLIT, binding, claim, require_same_split, save_model, save_results
from humpcat.training.data.batches import shuffled_by_length
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.scoring import predicted, validation
from humpcat.training.trainer.loop import Trainer
from humpcat.training.trainer.losses import CrossEntropy, class_weights
from humpcat.training.trainer.schedule import step_schedule
from humpcat.training.trainer.state import Checkpoints
from humpcat.training.vacnn.pictures import PictureDataset, pictures
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings
from humpcat.training.vacnn.systems import PictureSystem

SPLIT_SPEAKERS = 3
"""Speakers whom a split by speaker takes at least: one each to train, validate and test."""


def pretraining_split(prepared: PreparedCorpus, kept_out: Collection[str], *, seed: int) -> Split:
    """Return who is pretrained on.

    Args:
        prepared: the clips of all corpora.
        kept_out: speakers (``corpus/speaker``) of whom nothing is heard, the others being split by speaker; a corpus
            that has fewer than three of them left, as TESS, only trains. Where there is none of ``kept_out`` in the
            material it is the paper's split: 80 % of the clips, whoever speaks them, stamped SPEAKER-DEPENDENT, so
            that folds and protocols share one pretraining where that is safe.
        seed: the draw.
    """
    rows = list(prepared.rows.values())
    speakers = {clip_id: prepared.speaker_of(clip_id) for clip_id in prepared.rows}
    if set(speakers.values()).isdisjoint(kept_out):
        split = clip_folds(rows, prepared.classes, k=5, seed=seed)[0]
        return check_split(rows, split, prepared.features.fingerprints, allow_leakage=True)
    left = {clip_id: speaker for clip_id, speaker in speakers.items() if speaker not in kept_out}
    # A speaker's name begins with that of the corpus.
    count = Counter(speaker.partition("/")[0] for speaker in set(left.values()))
    parts: dict[bool, list[str]] = {True: [], False: []}
    for clip_id, speaker in left.items():
        parts[count[speaker.partition("/")[0]] >= SPLIT_SPEAKERS].append(clip_id)
    split = source_split(rows, seed=seed, ids=parts[True])
    split = replace(split, train=(*split.train, *parts[False]))
    return check_split(rows, split, prepared.features.fingerprints)


def pretraining_name(
    system: PictureSystem,
    space: LabelSpace,
    split: Split,
    settings: PictureSettings,
    optimization: PictureOptimization,
) -> str:
    """Return a name for the folder of a pretraining, which another one of its network does not share.

    Args:
        system: says which network.
        space: the classes.
        split: who is pretrained on.
        settings: what networks are made of; what only a target's model is made of does not matter.
        optimization: how to fit.
    """
    config = _config(system, space, settings).to_dict()
    del config["transformers_version"]
    made_with = [split.hash, config, settings.imagenet, binding([optimization])]
    digest = hashlib.blake2b(json.dumps(made_with, sort_keys=True).encode(), digest_size=4).hexdigest()
    return f"{system.pretraining(settings)}-{digest}"


def pretrain(
    system: PictureSystem,
    prepared: PreparedCorpus,
    space: LabelSpace,
    split: Split,
    settings: PictureSettings,
    optimization: PictureOptimization,
    accelerator: Accelerator,
    folder: Path,
) -> VacnnForAudioClassification:
    """Pretrain a system's network and test it, or load it where that is done.

    Args:
        system: says which network.
        prepared: the clips of all corpora.
        space: the classes.
        split: who is pretrained on.
        settings: what networks are made of.
        optimization: how to fit.
        accelerator: device, precision, processes.
        folder: for model, predictions and results; an interrupted run goes on from what lies there.

    Raises:
        SettingsError: the folder was begun with other settings or another split.
    """
    require_same_split(split, folder)
    if (folder / PREDICTIONS).is_file():
        loaded: VacnnForAudioClassification = VacnnForAudioClassification.from_pretrained(folder)
        return loaded
    claim(folder, (settings, optimization), accelerator, resume=True)
    if accelerator.is_main_process:
        split.save(folder / SPLIT)
    accelerator.print(f"pretraining {system.pretraining(settings)} on {len(split.train)} clips.")
    set_seed(optimization.seed)
    model = VacnnForAudioClassification(_config(system, space, settings))
    if settings.imagenet:
        _begin_with_imagenet(model, accelerator)
    train, valid, test = (
        pictures(prepared, getattr(split, part), space.classes, describe=False) for part in ("train", "valid", "test")
    )
    fit_pictures(model, train, valid, space, optimization, accelerator, folder / "checkpoints")
    if accelerator.is_main_process:
        ledger = Ledger.of(list(prepared.rows.values()), split.seen, prepared.features.fingerprints)
        save_model(model, folder, (settings, optimization), ledger, split, VacnnFeatureExtractor())
    made = predicted(model, test, prepared, space, split, accelerator, system="pretraining", draw=0)
    learnt = {0: [prepared.classes[clip_id] for clip_id in split.train]}
    save_results(made, learnt, folder, accelerator, notes=split.notes)
    if accelerator.is_main_process:
        # Last: a run that is killed before goes on from here.
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return model


def fit_pictures(
    model: VacnnForAudioClassification,
    train: PictureDataset,
    valid: PictureDataset,
    space: LabelSpace,
    optimization: PictureOptimization,
    accelerator: Accelerator,
    checkpoints: Path,
) -> None:
    """Train a model by the paper's schedule, and fit its temperature.

    Args:
        model: the model, changed in place.
        train: training clips.
        valid: clips that choose the best epoch; without any the last one is taken.
        space: the classes.
        optimization: how to fit.
        accelerator: device, precision, processes.
        checkpoints: folder for checkpoints; an interrupted run goes on from what lies there.
    """
    classes = len(space.classes)
    weights = class_weights(torch.tensor(train.labels), classes) if optimization.balanced else torch.ones(classes)
    trainer = Trainer(
        optimization,
        accelerator,
        Checkpoints(checkpoints, resume=True),
        name=f"{checkpoints.parent.parent.name}/{checkpoints.parent.name}/",
        optimizer=torch.optim.Adam,
        schedule=step_schedule(optimization.epochs, optimization.decay_every, optimization.decay),
        bf16=optimization.bf16 and fastest_dtype(accelerator.device) == torch.bfloat16,
    )
    trainer.fit(
        model,
        train,
        # Pictures are of one size: none is sorted by length.
        shuffled_by_length([0.0] * len(train), optimization.batch_size),
        CrossEntropy(weights, optimization.label_smoothing),
        validation(valid, space, accelerator) if len(valid) else None,
    )
    fit_temperature(model, accelerator, valid)


def _config(system: PictureSystem, space: LabelSpace, settings: PictureSettings) -> VacnnConfig:
    # The head is left behind, so that one pretraining serves every pooling of the target's models.
    return system.config(replace(settings, pooling="mean"), space)


def _begin_with_imagenet(model: VacnnForAudioClassification, accelerator: Accelerator) -> None:
    """Take over weights from the hub where it can be reached; VACNN has none."""
    name = model.config.backbone
    if name == VACNN:
        return
    import timm

    try:
        found = timm.create_model(name, pretrained=True, in_chans=1, num_classes=0)
    except (OSError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        accelerator.print(f"{name}: no weights from ImageNet, for the hub does not answer ({reason}): random ones.")
        return
    model.trunk.load_state_dict(found.state_dict())
