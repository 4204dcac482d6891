"""Train a source model: one call that does everything, and the steps from a split to a result."""

from typing import Any

import torch
from accelerate import Accelerator

from humpcat.arguments import chosen
from humpcat.domain_adaptation.logistic import alike
from humpcat.evaluation.table import Summary
from humpcat.keywords import named_keywords
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.losses import class_weights, make_loss
from humpcat.protocols import Ledger, sentence_overlap
from humpcat.training.calibration import weigh_and_calibrate
from humpcat.training.checkpoint import CHECKPOINTS, save_model, save_results
from humpcat.training.data.batches import shuffled_by_length
from humpcat.training.data.examples import joined
from humpcat.training.data.prepared_split import PreparedSplit
from humpcat.training.linear_branch import OTHERS_INVERSE_PENALTY, fit_summary, remember_source
from humpcat.training.scoring import predicted, validation
from humpcat.training.settings import DataSettings, NetworkSettings, OptimizationSettings, SourceSettings
from humpcat.training.source_run import SourceRun, checked, learnt_parts, make_split, prepare, tune
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.trainer.loop import Trainer
from humpcat.training.trainer.state import Checkpoints

KINDS = (SourceSettings, DataSettings, NetworkSettings, OptimizationSettings)


def train(**settings: Any) -> Summary:
    """Train a source model and test it on speakers whom it has not seen, as ``recipes/train_source.py`` does.

    Args:
        **settings: fields of :class:`SourceSettings`, :class:`DataSettings`, :class:`NetworkSettings` and
            :class:`OptimizationSettings`, such as ``corpus=["cremad"], data_dir="corpora", out="runs/source"``.

    Returns:
        The result table on the test speakers; the model lies in ``out``.

    Raises:
        SettingsError: a setting is out of range, or would do nothing.
        KeywordError: a setting is unknown.

    Example:
        >>> train(corpse=["cremad"])
        Traceback (most recent call last):
        humpcat.errors.KeywordError: train: keyword 'corpse' is unknown: did you mean 'corpus'? Known are ...
    """
    source, data, network, optimization = chosen(KINDS, settings, "train")
    accelerator = make_accelerator(optimization, source.out)
    summary = train_source(source, data, network, optimization, accelerator)
    accelerator.end_training()
    return summary


@named_keywords
def train_source(
    source: SourceSettings,
    data: DataSettings,
    network: NetworkSettings,
    optimization: OptimizationSettings,
    accelerator: Accelerator,
) -> Summary:
    """Train on one or several source corpora, test on their unseen speakers, write the model into ``source.out``.

    Returns:
        The result table on the test speakers.
    """
    run = checked(source, data, network, optimization, accelerator)
    if network.tuned_layers:
        tune(run)
    clips = make_split(run, prepare(run))
    model = build(run, clips)
    fit(run, model, clips)
    save(run, model, clips)
    return evaluate(run, model, clips)


def build(run: SourceRun, clips: PreparedSplit) -> HumpCatForAudioClassification:
    """Return a new model, which standardises by the training clips."""
    model = HumpCatForAudioClassification(run.config)
    if run.config.tuned_layers:
        model.encoder = run.encoder
    model.standardizer.hold(clips.held)
    return model


def fit(run: SourceRun, model: HumpCatForAudioClassification, clips: PreparedSplit) -> None:
    """Fit the linear branch in closed form and the fusion by gradients, weigh both, and remember the source.

    No test clip is looked at.
    """
    optimization, accelerator, classes = run.optimization, run.accelerator, len(run.space.classes)
    parts, valid = learnt_parts(run, clips), clips.clips("valid", run.source.normalization)
    sizes, learnt = [len(part) for part in parts], joined(parts)
    weights = torch.ones(classes)
    if optimization.balanced:
        weights = class_weights(torch.tensor(learnt.labels), classes, torch.from_numpy(alike(sizes)))
    fit_summary(model, *parts, inverse_penalty=OTHERS_INVERSE_PENALTY)
    trainer = Trainer(optimization, accelerator, Checkpoints(run.out / CHECKPOINTS, run.source.resume))
    trainer.fit(
        model,
        learnt,
        shuffled_by_length(learnt.lengths, optimization.batch_size, sizes),
        make_loss(run.network.loss, weights, optimization.label_smoothing, run.config.scale),
        validation(valid, run.space, accelerator) if len(valid) else None,
    )
    weigh_and_calibrate(model, valid, accelerator)
    # Adapting standardises by the target's own recordings; of copies that are not, it would remember what is not so.
    remember_source(model, clips.clips("train", run.source.normalization))


def save(run: SourceRun, model: HumpCatForAudioClassification, clips: PreparedSplit) -> None:
    """Write the model, the settings, and what it has seen."""
    if run.accelerator.is_main_process:
        rows, split = list(clips.prepared.rows.values()), clips.split
        seen = Ledger.of(rows, (*split.train, *split.valid), clips.prepared.features.fingerprints)
        ledger = seen.merge(Ledger(encoder=run.trained_on))
        save_model(model, run.out, run.settings, ledger, split, with_encoder=run.source.with_encoder)


def evaluate(run: SourceRun, model: HumpCatForAudioClassification, clips: PreparedSplit) -> Summary:
    """Predict the test clips, and write predictions and results.

    Args:
        run: the run.
        model: the model.
        clips: the clips and their split.

    Returns:
        The result table on the test speakers.
    """
    prepared, split = clips.prepared, clips.split
    tested = clips.clips("test", run.source.normalization)
    predictions = predicted(model, tested, prepared, run.space, split, run.accelerator, system="HuMP-CAT", draw=0)
    notes = [*split.notes, sentence_overlap(list(prepared.rows.values()), split).sentence(), run.trained_on.sentence]
    learnt = {0: [prepared.classes[clip_id] for clip_id in split.train]}
    return save_results(predictions, learnt, run.out, run.accelerator, notes=notes)
