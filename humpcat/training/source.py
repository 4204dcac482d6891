"""Train a source model: scan, split, extract, fit, test, save."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

from humpcat.corpora import CORPORA, Corpus, LabelSpace, label_space
from humpcat.errors import SettingsError
from humpcat.evaluation.metrics import unweighted_average_recall
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.table import Summary
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import resolve_layers
from humpcat.models.base import AudioClassifier
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.tuning import Trainable
from humpcat.protocols import Ledger, Split, check_split, sentence_overlap, source_split
from humpcat.training.branch_weights import weigh_and_calibrate
from humpcat.training.checkpoint import SPLIT, claim, save_model, save_results
from humpcat.training.data.batches import alike, shuffled_by_length
from humpcat.training.data.corpus import corpora_of
from humpcat.training.data.examples import Examples, joined
from humpcat.training.data.prepared_corpus import (
    PreparedCorpus,
    absolute,
    extractors_for,
    prepare_corpora,
    require_usable,
    with_toys,
)
from humpcat.training.data.prepared_split import PreparedSplit
from humpcat.training.encoder_tuning import state_below, state_clips, tune_encoder
from humpcat.training.guarantee import STANDARDIZED_BY, standardized
from humpcat.training.linear_branch import fit_summary, remember_source
from humpcat.training.settings import DataSettings, NetworkSettings, OptimizationSettings, SourceSettings
from humpcat.training.trainer.loop import fit, predict
from humpcat.training.trainer.losses import class_weights, classifier_for, make_loss


def train_source(
    source: SourceSettings,
    data: DataSettings,
    network: NetworkSettings,
    optimization: OptimizationSettings,
    accelerator: Accelerator,
) -> Summary:
    """Train on one or several source corpora, test on their unseen speakers, write the model into ``source.out``.

    Args:
        source: corpora and folder.
        data: where corpora and features lie.
        network: encoder and network.
        optimization: how to fit.
        accelerator: device, precision, processes.

    Returns:
        The result table on the test speakers.
    """
    if data.toy:
        with_toys(data, network, accelerator)
    network.encoder = absolute(network.encoder)
    data.data_dir = absolute(data.data_dir) if data.data_dir else None
    source.corpus = [name if name in CORPORA else absolute(name) for name in source.corpus]
    if not source.resume and accelerator.is_main_process:
        # Now: a run that is killed before it trains must not be resumed from the states of the one before.
        shutil.rmtree(Path(source.out, "checkpoints"), ignore_errors=True)
        Path(source.out, SPLIT).unlink(missing_ok=True)
    accelerator.wait_for_everyone()
    claim(Path(source.out), (source, data, network, optimization), accelerator, resume=source.resume)
    space = label_space(data.label_space)
    # Before the encoder is loaded: a mistyped path is told at once.
    corpora = corpora_of(source.corpus, data, source.lang)
    set_seed(optimization.seed)

    encoder = SpeechEncoder.from_pretrained(network.encoder, network.encoder_revision).to(accelerator.device)
    config = network_config(network, encoder, space)
    if config.tuned_layers:
        _tune(encoder, config, corpora, space, source, data, optimization, accelerator)
    prepared = prepare_corpora(corpora, space, data, extractors_for(config, encoder), accelerator)
    split = _split(source, data, optimization.seed, prepared)
    out = Path(source.out)
    if source.resume:
        require_same_split(split, out)
    if accelerator.is_main_process:
        split.save(out / SPLIT)
    accelerator.wait_for_everyone()
    statistics = prepared.statistics(split.train)
    learnt = PreparedSplit(prepared, split, space.classes, statistics)
    parts = learnt.parts("train", source.normalization)
    sizes, train = [len(part) for part in parts], joined(parts)
    valid, test = learnt.clips("valid", source.normalization), learnt.clips("test", source.normalization)
    model = HumpCatForAudioClassification(config)
    if config.tuned_layers:
        model.encoder = encoder
    model.standardizer.hold(statistics)
    classes = len(space.classes)
    loss = make_loss(
        network.loss,
        class_weights(torch.tensor(train.labels), classes, torch.from_numpy(alike(sizes)))
        if optimization.balanced
        else torch.ones(classes),
        optimization.label_smoothing,
        config.scale,
    )
    fit_summary(model, *parts)
    fit(
        model,
        train,
        shuffled_by_length(train.lengths, optimization.batch_size, sizes),
        loss,
        optimization,
        accelerator,
        out / "checkpoints",
        score=validation(valid, space, accelerator) if split.valid else None,
        resume=source.resume,
    )
    weigh_and_calibrate(model, valid, accelerator)
    remember_source(model, train)
    if accelerator.is_main_process:
        ledger = Ledger.of(list(prepared.rows.values()), (*split.train, *split.valid), prepared.features.fingerprints)
        save_model(model, out, (source, data, network, optimization), ledger, split)
    predictions = predicted(model, test, prepared, space, split, accelerator, system="HuMP-CAT", draw=0)
    notes = [*split.notes, sentence_overlap(list(prepared.rows.values()), split).sentence()]
    return save_results(predictions, {0: [prepared.classes[i] for i in split.train]}, out, accelerator, notes=notes)


def _tune(
    encoder: SpeechEncoder,
    config: HumpCatConfig,
    corpora: Sequence[Corpus],
    space: LabelSpace,
    source: SourceSettings,
    data: DataSettings,
    optimization: OptimizationSettings,
    accelerator: Accelerator,
) -> None:
    """Tune the encoder in place on the very clips that the model will be trained on, and name its new weights."""
    out = Path(source.out)
    prepared = prepare_corpora(corpora, space, data, [state_below(config, encoder)], accelerator)
    split = _split(source, data, optimization.seed, prepared)
    if source.resume:
        require_same_split(split, out)
    tune_encoder(
        encoder,
        config,
        state_clips(prepared, split.train, space.classes),
        optimization,
        accelerator,
        out / "checkpoints/encoder",
        resume=source.resume,
    )
    config.encoder_hash = encoder.weights_hash()
    # A resumed run, which may have had nothing left to tune, goes on with the same random numbers.
    set_seed(optimization.seed)


def _split(source: SourceSettings, data: DataSettings, seed: int, prepared: PreparedCorpus) -> Split:
    """Read or draw the split, and guard it; one that says itself that it is SPEAKER-DEPENDENT is taken as it is."""
    rows = list(prepared.rows.values())
    if source.split is not None:
        split = Split.load(source.split)
    else:
        split = source_split(
            rows, seed=seed, valid_share=source.valid_share, test_share=source.test_share, ids=prepared.classes
        )
    require_usable(split, prepared, "train")
    allowed = data.allow_leakage or split.speaker_dependent
    split = check_split(rows, split, prepared.features.fingerprints, allow_leakage=allowed)
    return standardized(split, STANDARDIZED_BY["speaker"] if source.normalization == "speaker" else None)


def require_same_split(split: Split, folder: Path) -> None:
    """Refuse to go on from what was learnt on another split, whose training clips may test now.

    Args:
        split: the split of this run.
        folder: what is gone on from; it may hold no split yet.

    Raises:
        SettingsError: the folder's split has other clips.
    """
    if not (folder / SPLIT).is_file():
        return
    before = Split.load(folder / SPLIT)
    for part in ("train", "adapt", "valid", "test", "unlabelled"):
        old, new = set(getattr(before, part)), set(getattr(split, part))
        if old != new:
            raise SettingsError(
                f"{folder / SPLIT}: '{part}' was begun with {len(old)} clips, now there are {len(new)}, of which "
                f"{len(new - old)} are new: resume with the same split and corpus, or begin anew without --resume."
            )


def network_config(network: NetworkSettings, encoder: SpeechEncoder, space: LabelSpace) -> HumpCatConfig:
    """Return the configuration of a new model on an encoder.

    Args:
        network: what was asked for.
        encoder: the encoder that was loaded for it.
        space: the classes.
    """
    settings: dict[str, Any] = {
        "encoder": network.encoder,
        "encoder_revision": network.encoder_revision,
        "encoder_hash": encoder.weights_hash(),
        "encoder_normalize": encoder.normalize,
        "encoder_layers": resolve_layers(network.encoder_layers, encoder.depth),
        "encoder_width": encoder.width,
        "fusion": network.fusion,
        "pooling": network.pooling,
        "encoder_config": encoder.model.config.to_dict() if network.tuned_layers else None,
        "tuned_layers": network.tuned_layers,
        "classifier": classifier_for(network.loss),
        "label2id": {name: index for index, name in enumerate(space.classes)},
        "id2label": dict(enumerate(space.classes)),
    }
    for name in ("streams", "summary_streams"):
        if (chosen := getattr(network, name)) is not None:
            settings[name] = chosen
    if not network.paper:
        return HumpCatConfig(**settings)
    if network.encoder_layers is None:
        settings["encoder_layers"] = [encoder.depth]
    return HumpCatConfig.paper(**settings)


def predicted(
    model: AudioClassifier,
    clips: Examples,
    prepared: PreparedCorpus,
    space: LabelSpace,
    split: Split,
    accelerator: Accelerator,
    *,
    system: str,
    draw: int,
) -> Predictions:
    """Return the predictions table of a model on some clips.

    Args:
        model: the model.
        clips: the clips.
        prepared: where they come from.
        space: the classes.
        split: the split that they are a part of; its guarantee goes into the table.
        accelerator: device, precision, processes.
        system: how the model is called in the table.
        draw: number of the draw.
    """
    return Predictions.build(
        list(prepared.rows.values()),
        {clip_id: prepared.classes[clip_id] for clip_id in clips.ids},
        predict(model, clips, accelerator),
        space.classes,
        system=system,
        draw=draw,
        model_hash=model.weights_hash(),
        guarantee=split.guarantee,
        fingerprints=prepared.features.fingerprints,
    )


def validation(clips: Examples, space: LabelSpace, accelerator: Accelerator) -> Callable[[Trainable], float]:
    """Return a function that gives a model's UAR on validation clips.

    Args:
        clips: the clips.
        space: the classes.
        accelerator: device, precision, processes.
    """
    gold = {clip_id: space.classes[label] for clip_id, label in zip(clips.ids, clips.labels, strict=True)}

    def score(model: Trainable) -> float:
        found = predict(model, clips, accelerator)
        answers = [space.classes[row.index(max(row))] for row in found.values()]
        return unweighted_average_recall([gold[clip_id] for clip_id in found], answers, space.classes)

    return score
