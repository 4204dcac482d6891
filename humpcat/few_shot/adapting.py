"""Adapt: read, cross-validate, draw the learning curve, fit to all clips, write model, card and report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from tqdm.auto import tqdm

from humpcat.corpora import Corpus, LabelSpace, label_space
from humpcat.errors import CheckpointError, CorpusError, SettingsError
from humpcat.evaluation.extrapolation import LearningCurve, learning_curve
from humpcat.evaluation.extrapolation_plot import draw_curve
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.report import report
from humpcat.evaluation.table import Summary
from humpcat.features.extraction import StoredFeatures
from humpcat.few_shot.card import CARD, SYSTEM, write_card
from humpcat.few_shot.clips import UNLABELLED_CORPUS, labelled_clips, unlabelled_clips, unlabelled_paths, warnings
from humpcat.few_shot.crossvalidation import DRAWS, LeftOut, cross_validate, folds_of, learning_amounts
from humpcat.few_shot.procedure import Procedure, weigh
from humpcat.few_shot.settings import AdaptSettings
from humpcat.files import write_json
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Ledger, Split, check_unseen
from humpcat.training.checkpoint import LEDGER, SETTINGS, read_settings, save_model, save_results
from humpcat.training.data.corpus import corpus_of
from humpcat.training.data.prepared_corpus import PreparedCorpus, absolute, extractors_for
from humpcat.training.settings import OptimizationSettings
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.trainer.loop import predict

CURVE = "learning-curve.json"
ZERO_SHOT = "zero-shot"


@dataclass(frozen=True)
class Adapted:
    """What adapting gave.

    Attributes:
        folder: where everything lies.
        summary: the result table: chance, the source as it is, and the adapted model, cross-validated.
        curve: the learning curve.
        warnings: what is to be known of the clips.
    """

    folder: Path
    summary: Summary
    curve: LearningCurve
    warnings: tuple[str, ...]


def adapt(settings: AdaptSettings) -> Adapted:
    """Adapt a source model to labelled clips and write everything into ``settings.out``.

    What is expected of it is measured by cross-validation over speakers, each fold by the very procedure that makes
    the final model of all clips. Features are stored as they are made, so that the same command goes on from there
    after an interruption; all that follows takes seconds.

    Args:
        settings: the clips, the source model, and where to write.

    Raises:
        CorpusError: the clips cannot be read, or there is nothing to learn from.
        CheckpointError: the source is not a model that ``train_source`` wrote, or remembers nothing of its source.
        SettingsError: the label space has other classes than the source, or ``out`` cannot be made a folder.
        EncoderError: the source's encoder is not to be had.
        AudioError: more than half of the clips are unusable.
    """
    corpus = corpus_of(settings.data, settings, settings.lang)
    out, source = _made(settings), Path(settings.source)
    others = unlabelled_paths(settings.unlabelled) if settings.unlabelled else {}
    trained = read_settings(source)
    model = HumpCatForAudioClassification.from_pretrained(source)
    if model.memory_factor is None:
        raise CheckpointError(
            f"{source}: has no memory of what it was trained on, expected a model that recipes/train_source.py wrote, "
            "with the summary branch and not adapted since: name such a model as --source."
        )
    space = _space(settings, trained, model)
    if settings.encoder:
        model.config.encoder = absolute(settings.encoder)
    accelerator = make_accelerator(OptimizationSettings(), settings.out)
    extractors = extractors_for(model.config, model.load_encoder().to(accelerator.device))
    prepared, copies = labelled_clips(settings, corpus, space, extractors, accelerator)
    unlabelled = None
    if others:
        heard = unlabelled_clips(others, settings.store, extractors, accelerator)
        unlabelled = _new(heard, prepared, accelerator)
    procedure = Procedure(model, prepared, space.classes, unlabelled, accelerator)
    folds, notes = folds_of(prepared, settings.seed)
    ledger = Ledger.load(source / LEDGER)
    folds = [_guarded(fold, prepared, ledger, unlabelled) for fold in folds]
    said = [*copies, *warnings(prepared.classes.values(), space), *notes]
    for sentence in said:
        accelerator.print(f"warning: {sentence}")

    before = predict(model, procedure.as_source(tuple(prepared.rows)), accelerator)
    zero_shot = _tested(procedure, folds, before, [model.weights_hash()] * len(folds), ZERO_SHOT)
    left_out, curve = _measured(procedure, folds, settings.seed)
    after = dict(zip(left_out.ids, left_out.probabilities().tolist(), strict=True))
    adapted = _tested(procedure, folds, after, left_out.hashes, SYSTEM)
    tested = Predictions.concat([zero_shot, adapted])
    _finish(procedure, left_out)

    name, guarantee = folds[0].name.rpartition(" fold=")[0], folds[0].guarantee
    split = Split(f"adapt {name}", settings.seed, guarantee, adapt=tuple(prepared.rows))
    described = replace(settings, label_space=space.name)
    save_model(model, out, [described], ledger.merge(_heard(prepared, unlabelled)), split)
    learnt = {0: list(prepared.classes.values())}
    summary = save_results(
        tested, learnt, out, accelerator, notes=[curve.sentence(), *worse(zero_shot, adapted), *said]
    )
    _describe(procedure, corpus, trained, summary, curve, out)
    return Adapted(out, summary, curve, tuple(said))


def _describe(
    procedure: Procedure, corpus: Corpus, trained: Mapping[str, Any], summary: Summary, curve: LearningCurve, out: Path
) -> None:
    """Write the learning curve, the card and the report."""
    write_json(out / CURVE, curve.to_dict())
    chance, before = (row.figures["wa"].mean for row in summary.systems[:2])
    draw_curve(curve, {"chance": chance, "the source as it is": before}, summary.guarantee, out)
    write_card(
        out,
        data=corpus.name,
        language=corpus.languages[0],
        classes=procedure.prepared.classes.values(),
        order=procedure.classes,
        encoder=procedure.model.config.encoder,
        source=trained,
        summary=summary,
    )
    report([out], out)


def _made(settings: AdaptSettings) -> Path:
    """Make the folder now, not after the minutes that extraction takes; nothing of the user's is lost there."""
    out = Path(settings.out)
    for what, place in (("clips", settings.data), ("source model", settings.source)):
        if out.resolve() == Path(place).resolve():
            raise SettingsError(f"out {out}: is the folder of the {what}, expected one of its own: name another one.")
    if (out / CARD).exists() and not (out / SETTINGS).exists():
        raise SettingsError(
            f"out {out}: holds a {CARD} that is no model's card and would be lost: name another folder."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"out {out}: cannot be made a folder ({error.strerror}): name another one.") from None
    return out


def worse(before: Predictions, after: Predictions) -> list[str]:
    """Say so if adapting answers fewer clips right than the source does.

    Args:
        before: answers of the source.
        after: answers of the adapted model to the same clips.
    """
    was, is_ = (float((tested.predicted == tested.gold).mean()) for tested in (before, after))
    if is_ >= was:
        return []
    return [
        f"these clips show no gain: accuracy {100 * is_:.1f} %, and {100 * was:.1f} % with the source as it is: check "
        "labels and speakers, add clips, or use the source."
    ]


def _space(settings: AdaptSettings, trained: Mapping[str, Any], model: HumpCatForAudioClassification) -> LabelSpace:
    """Return the label space, whose classes must be those that the source tells apart."""
    space = label_space(settings.label_space or trained["label_space"])
    if list(model.config.label2id) != list(space.classes):
        raise SettingsError(
            f"label space '{space.name}': its classes are {', '.join(space.classes)}, the source tells apart "
            f"{', '.join(model.config.label2id)}: leave out --label-space, or name another source."
        )
    return space


def _new(unlabelled: StoredFeatures, prepared: PreparedCorpus, accelerator: Accelerator) -> StoredFeatures:
    """Return the unlabelled clips without those that have a label too, which would be heard before they test."""
    known = {prepared.features.fingerprints[clip_id] for clip_id in prepared.rows}
    files = {
        clip_id: files for clip_id, files in unlabelled.files.items() if unlabelled.fingerprints[clip_id] not in known
    }
    if not files:
        raise CorpusError(
            f"unlabelled: all {len(unlabelled.files)} clips have labels too, expected others: leave out --unlabelled, "
            "or name a folder of other clips."
        )
    accelerator.print(
        f"unlabelled: {len(files)} clips, {len(unlabelled.files) - len(files)} of them left out as labelled."
    )
    return replace(unlabelled, files=files)


def _guarded(fold: Split, prepared: PreparedCorpus, ledger: Ledger, unlabelled: StoredFeatures | None) -> Split:
    """Return the fold with a guarantee that says how it is standardised, and what the source has heard of it."""
    rows = list(prepared.rows.values())
    stamp = check_unseen(ledger, rows, prepared.rows, prepared.features.fingerprints, allow_leakage=True)
    guarantee = fold.guarantee.replace("; no validation", "")
    if stamp:
        guarantee = f"{stamp} by the source; {guarantee}"
    how = "standardised by the labelled clips that are learnt from"
    if unlabelled is not None:
        how = f"{how} and, without labels, by {len(unlabelled.files)} others, from which it learns too"
    return replace(fold, guarantee=f"{guarantee}; {how}")


def _measured(procedure: Procedure, folds: Sequence[Split], seed: int) -> tuple[LeftOut, LearningCurve]:
    """Cross-validate with all clips, then with fewer."""
    classes = procedure.prepared.classes
    amounts = learning_amounts(folds, classes)
    main = procedure.accelerator.is_main_process
    with tqdm(
        total=len(folds) * (1 + DRAWS * len(amounts)), desc="cross-validation", unit="fit", disable=not main
    ) as bar:
        left_out = cross_validate(procedure, folds, bar.update)
        right = []
        for shots, clips in amounts.items():
            draws = [
                cross_validate(procedure, folds, bar.update, np.random.default_rng((seed, shots, draw)), shots).right()
                for draw in range(DRAWS)
            ]
            right.append((clips, np.array(draws)))
    whole = float(np.mean([len(fold.train) for fold in folds]))
    right.append((whole, left_out.right()[None]))
    rows = procedure.prepared.rows
    units = [rows[clip_id]["speaker"] or clip_id for clip_id in left_out.ids]
    return left_out, learning_curve(right, units, len(classes), seed=seed)


def _finish(procedure: Procedure, left_out: LeftOut) -> None:
    """Make the final model of all clips; how sure it is, is told by the answers to clips that were left out."""
    model = procedure.model
    model.standardizer.hold(procedure.fit(tuple(procedure.prepared.rows)))
    model.branch_weights.copy_(torch.from_numpy(weigh(left_out.fusion, left_out.summary, left_out.labels)))
    model.temperature.fill_(1.0)
    model.forget()


def _heard(prepared: PreparedCorpus, unlabelled: StoredFeatures | None) -> Ledger:
    """Return the ledger of the clips that the model has heard, with labels or without."""
    ledger = Ledger.of(list(prepared.rows.values()), prepared.rows, prepared.features.fingerprints)
    if unlabelled is None:
        return ledger
    rows = [{"id": clip_id, "corpus": UNLABELLED_CORPUS, "speaker": None} for clip_id in unlabelled.files]
    return ledger.merge(Ledger.of(rows, unlabelled.files, unlabelled.fingerprints))


def _tested(
    procedure: Procedure,
    folds: Sequence[Split],
    probabilities: Mapping[str, Sequence[float]],
    hashes: Sequence[str],
    system: str,
) -> Predictions:
    """Return the predictions of a system on each fold, each by the weights that made them."""
    prepared = procedure.prepared
    parts = [
        Predictions.build(
            list(prepared.rows.values()),
            {clip_id: prepared.classes[clip_id] for clip_id in fold.test},
            {clip_id: probabilities[clip_id] for clip_id in fold.test},
            procedure.classes,
            system=system,
            draw=0,
            model_hash=model_hash,
            guarantee=fold.guarantee,
            fingerprints=prepared.features.fingerprints,
            fold=number,
        )
        for number, (fold, model_hash) in enumerate(zip(folds, hashes, strict=True), 1)
    ]
    return Predictions.concat(parts)
