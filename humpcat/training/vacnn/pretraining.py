"""Pretrain a network on the pictures of several corpora."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

from humpcat.corpora import LabelSpace
from humpcat.device import fastest_dtype
from humpcat.evaluation.predictions import PREDICTIONS
from humpcat.models.losses import CrossEntropy, class_weights
from humpcat.models.vacnn.configuration import VACNN, VacnnConfig
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
from humpcat.models.vacnn.modeling import VacnnForAudioClassification
from humpcat.protocols import Ledger, Split
from humpcat.run_folder import remove
from humpcat.training.calibration import fit_temperature
from humpcat.training.checkpoint import (
    CHECKPOINTS,
    MODEL_FILES,
    RESULT_FILES,
    SPLIT,
    binding,
    claim,
    require_same_split,
    save_model,
    save_results,
)
from humpcat.training.data.batches import shuffled_by_length
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.scoring import predicted, validation
from humpcat.training.trainer.loop import Trainer
from humpcat.training.trainer.schedule import step_schedule
from humpcat.training.trainer.state import Checkpoints
from humpcat.training.vacnn.pictures import PictureDataset, pictures
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings
from humpcat.training.vacnn.systems import PictureSystem


def pretraining_name(
    system: PictureSystem,
    space: LabelSpace,
    split: Split,
    settings: PictureSettings,
    optimization: PictureOptimization,
) -> str:
    """Return a name for the folder of a pretraining, which another one of its network does not share."""
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

    An interrupted run goes on from what lies in the folder.

    Raises:
        SettingsError: the folder was begun with other settings or another split.
    """
    require_same_split(split, folder)
    if (folder / PREDICTIONS).is_file():
        loaded: VacnnForAudioClassification = VacnnForAudioClassification.from_pretrained(folder)
        return loaded
    claim(folder, (settings, optimization), accelerator, resume=True, names=(*RESULT_FILES, *MODEL_FILES))
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
    fit_pictures(model, train, valid, space, optimization, accelerator, folder / CHECKPOINTS)
    if accelerator.is_main_process:
        ledger = Ledger.of(list(prepared.rows.values()), split.seen, prepared.features.fingerprints)
        save_model(model, folder, (settings, optimization), ledger, split, VacnnFeatureExtractor())
    made = predicted(model, test, prepared, space, split, accelerator, system="pretraining", draw=0)
    learnt = {0: [prepared.classes[clip_id] for clip_id in split.train]}
    save_results(made, learnt, folder, accelerator, notes=split.notes)
    if accelerator.is_main_process:
        # Last: a run that is killed before goes on from here.
        remove(folder, CHECKPOINTS)
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

    An interrupted run goes on from what lies in its folder; where nothing validates, the last epoch is taken.
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
