"""Train a source model: one call that does everything, and the steps from a split to a result."""

from dataclasses import replace
from typing import Any

import torch
from accelerate import Accelerator

from humpcat.arguments import chosen
from humpcat.domain_adaptation.logistic import alike
from humpcat.evaluation.predictions import Predictions
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
from humpcat.training.left_out_corpora import (
    LearntCorpus,
    Tries,
    learn_all,
    left_out_in_turn,
    trust,
)
from humpcat.training.linear_branch import (
    ONE_INVERSE_PENALTIES,
    SEVERAL_INVERSE_PENALTIES,
    SummaryFit,
    fit_mean_summary,
    hold,
    remember_source,
)
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
    left_out = fit(run, model, clips)
    save(run, model, clips)
    return evaluate(run, model, clips, left_out)


def build(run: SourceRun, clips: PreparedSplit) -> HumpCatForAudioClassification:
    """Return a new model, which standardises by the training clips."""
    model = HumpCatForAudioClassification(run.config)
    if run.config.tuned_layers:
        model.encoder = run.encoder
    model.standardise_by(clips.held)
    return model


def fit(run: SourceRun, model: HumpCatForAudioClassification, clips: PreparedSplit) -> Tries | None:
    """Fit the linear branch in closed form and the fusion by gradients, weigh both, and remember the source.

    No test clip is looked at.

    Returns:
        What linear branches of the other corpora say of each corpus' training clips; None of a single corpus.
    """
    optimization, accelerator, classes = run.optimization, run.accelerator, len(run.space.classes)
    parts, valid = learnt_parts(run, clips), clips.clips("valid", run.source.normalization)
    sizes, learnt = [len(part) for part in parts], joined(parts)
    weights = torch.ones(classes)
    if optimization.balanced:
        weights = class_weights(torch.tensor(learnt.labels), classes, torch.from_numpy(alike(sizes)))
    several = len(parts) > 1 and model.summary is not None
    summary = SummaryFit(stretches=run.source.stretches, seed=optimization.seed)
    tries = None
    if several:
        whole = clips.parts("train", run.source.normalization)
        measured = clips.statistics
        corpora = [LearntCorpus(*each) for each in zip(measured, parts, whole, measured.values(), strict=True)]
        ways = [replace(summary, inverse_penalty=penalty, several=True) for penalty in SEVERAL_INVERSE_PENALTIES]
        tries = left_out_in_turn(run.config, corpora, ways, run.source.left_out)
        hold(model, *learn_all(run.config, corpora, tries))
    else:
        fit_mean_summary(model, parts, ONE_INVERSE_PENALTIES, summary)
    trainer = Trainer(optimization, accelerator, Checkpoints(run.out / CHECKPOINTS, run.source.resume))
    trainer.fit(
        model,
        learnt,
        shuffled_by_length(learnt.lengths, optimization.batch_size, sizes),
        make_loss(run.network.loss, weights, optimization.label_smoothing, run.config.scale),
        validation(valid, run.space, accelerator) if len(valid) else None,
    )
    if tries is not None:
        trust(model, tries.left_out)
    else:
        weigh_and_calibrate(model, valid, accelerator)
    # Adapting standardises by the target's own recordings; of copies that are not, it would remember what is not so.
    remember_source(model, clips.clips("train", run.source.normalization))
    return tries


def save(run: SourceRun, model: HumpCatForAudioClassification, clips: PreparedSplit) -> None:
    """Write the model, the settings, and what it has seen."""
    if run.accelerator.is_main_process:
        rows, split = list(clips.prepared.rows.values()), clips.split
        seen = Ledger.of(rows, (*split.train, *split.valid), clips.prepared.features.fingerprints)
        ledger = seen.merge(Ledger(encoder=run.trained_on))
        save_model(model, run.out, run.settings, ledger, split, with_encoder=run.source.with_encoder)


def evaluate(
    run: SourceRun, model: HumpCatForAudioClassification, clips: PreparedSplit, left_out: Tries | None = None
) -> Summary:
    """Predict the test clips, and write predictions and results.

    Where no clip tests, the results are of corpora that were left out in turn.

    Args:
        run: the run.
        model: the model.
        clips: the clips and their split.
        left_out: what was said of corpora that were left out; needed where no clip tests.

    Returns:
        The result table on the test speakers.
    """
    prepared, split = clips.prepared, clips.split
    notes = [*split.notes, run.trained_on.sentence]
    if split.test:
        tested = clips.clips("test", run.source.normalization)
        predictions = predicted(model, tested, prepared, run.space, split, run.accelerator, system="HuMP-CAT", draw=0)
        notes.insert(-1, sentence_overlap(list(prepared.rows.values()), split).sentence())
        learnt = {0: [prepared.classes[clip_id] for clip_id in split.train]}
        return save_results(predictions, learnt, run.out, run.accelerator, notes=notes)
    # A single corpus of which no clip tests is refused before anything is trained.
    assert left_out is not None
    said = left_out.probabilities()
    predictions = Predictions.build(
        list(prepared.rows.values()),
        {clip_id: prepared.classes[clip_id] for clip_id in said},
        said,
        run.space.classes,
        system="linear branch of the other corpora",
        draw=0,
        model_hash=model.weights_hash(),
        guarantee=_cross_corpus(run),
        fingerprints=prepared.features.fingerprints,
    )
    return save_results(predictions, None, run.out, run.accelerator, notes=notes)


def _cross_corpus(run: SourceRun) -> str:
    """Return the guarantee of answers to corpora that were left out; an encoder may have heard them all the same."""
    heard = [corpus.name for corpus in run.corpora if run.trained_on.holds(corpus.name)]
    guarantee = "cross-corpus: no clip of the target is learnt from"
    return f"{guarantee}; but the encoder was trained on audio of {', '.join(heard)}" if heard else guarantee
