"""Adapt: read, cross-validate, draw the learning curve, fit to all clips, write model, card and report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from accelerate import Accelerator
from tqdm.auto import tqdm

from humpcat.arguments import chosen
from humpcat.corpora.labels import name_of_space
from humpcat.errors import CorpusError, SettingsError
from humpcat.evaluation.extrapolation import LearningCurve, learning_curve
from humpcat.evaluation.extrapolation_plot import draw_curve
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.report import report
from humpcat.evaluation.table import Summary
from humpcat.few_shot.clips import labelled_clips, unlabelled_clips, unlabelled_paths, unlabelled_remarks
from humpcat.few_shot.settings import AdaptSettings
from humpcat.files import resolved, write_json
from humpcat.keywords import named_further
from humpcat.models.card import Adaptation, encoder_training, write_card
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.scopes import DISTILLED
from humpcat.pretrained import place_of
from humpcat.protocols import Guarantee, Ledger, Split, check_unseen
from humpcat.protocols.cross_validation import DRAWS, few, learning_amounts, what_folds_tell
from humpcat.protocols.guarantee import DOUBTED
from humpcat.protocols.learnable import warnings
from humpcat.run_folder import renewed
from humpcat.training.adapter import Adapter
from humpcat.training.checkpoint import save_model, save_results
from humpcat.training.data.corpus import corpus_of, names_of
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.fusion_student import FusionStudent
from humpcat.training.idle import OWN_RULES, require_effect
from humpcat.training.left_out import LeftOut, left_out_answers
from humpcat.training.linear_branch import NOT_SELF_TRAINED
from humpcat.training.scoring import as_believed
from humpcat.training.settings import OptimizationSettings, TargetDataSettings
from humpcat.training.source_model import SourceModel
from humpcat.training.target_clips import TargetClips
from humpcat.training.trainable import chosen_scope
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.trainer.loop import predict
from humpcat.training.unlabelled_weight import weighed, weights_of

CURVE = "learning-curve.json"
ZERO_SHOT, SYSTEM = "zero-shot", "adapted"
"""How the source and the adapted model are called in tables."""

STUDIED = (
    "the fusion learns at the end what the linear branch says of clips without labels; what is expected is measured "
    "on the linear branch alone."
)


@dataclass(frozen=True)
class Adapted:
    """What adapting gave.

    Attributes:
        folder: where everything lies.
        summary: the result table: chance, the source as it is, and the adapted model, cross-validated.
        curve: the learning curve.
        warnings: what is to be known of the clips, and of what was made of them.
    """

    folder: Path
    summary: Summary
    curve: LearningCurve
    warnings: tuple[str, ...]


@named_further(lambda: [field.name for field in fields(AdaptSettings)])
def adapt(data: str | Path, *, out: str | Path, source: str | Path | None = None, **further: Any) -> Adapted:
    """Adapt a source model to labelled clips and write everything into a folder.

    What is expected of it is measured by cross-validation over speakers, each fold by the very procedure that makes
    the final model of all clips. Features are stored as they are made, so that the same call goes on from there
    after an interruption; all that follows takes seconds.

    Args:
        data: a folder, table or data set of your own clips, or the name of a registered corpus.
        out: folder for the model, its card and its report.
        source: folder of a source model; the one that comes with humpcat by default.
        **further: other fields of :class:`AdaptSettings`, such as ``lang="pl"``, ``labels=["froh=happiness"]``,
            ``speaker_level=1``, ``unlabelled="more"`` or ``label_space="seven"``.

    Raises:
        CorpusError: the clips cannot be read, or there is nothing to learn from.
        CheckpointError: the source is not a model that ``train_source`` wrote, or remembers nothing of its source.
        SettingsError: a setting or the label space is unknown, or ``out`` cannot be made a folder.
        KeywordError: ``further`` names no field of :class:`AdaptSettings`.
        EncoderError: the source's encoder is not to be had.
        AudioError: more than half of the clips are unusable.
    """
    given = {"data": str(data), "out": str(out), "source": place_of(source), **further}
    return adapt_with(*chosen([AdaptSettings], given, "adapt"))


def adapt_with(settings: AdaptSettings) -> Adapted:
    """Do what :func:`adapt` does by settings that are together already."""
    require_effect(OWN_RULES, settings)
    _require_own_folder(settings)
    # Made now, not after the minutes that extraction takes.
    with renewed(settings.out, overwrite=settings.overwrite) as out:
        return _adapt_into(out, settings)


def _adapt_into(out: Path, settings: AdaptSettings) -> Adapted:
    corpus, folder = corpus_of(settings.data, settings, settings.lang, settings.corpora), Path(settings.source)
    others = unlabelled_paths(settings.unlabelled) if settings.unlabelled else {}
    accelerator = make_accelerator(OptimizationSettings(), settings.out)
    space = name_of_space(settings.label_space, [corpus])
    data = TargetDataSettings(label_space=space)
    source = SourceModel(folder, data, accelerator, settings.encoder, settings.corpora)
    source.require_memory()
    prepared, copies = labelled_clips(settings, corpus, source.space, source.extractors, accelerator)
    labelled = prepared
    if settings.unlabelled:
        copies += unlabelled_remarks(settings.unlabelled)
        more = unlabelled_clips(others, settings.store, source.extractors, accelerator)
        prepared = prepared.merge(_new(more, labelled, accelerator))
    mode = "corpus" if others else "source"
    target = TargetClips(prepared, source.space.classes, tuple(labelled.rows), mode, source.statistics)
    scope = chosen_scope(settings.scope, source.config, self_training=bool(others))
    student = FusionStudent(accelerator) if scope == DISTILLED else None
    memory = source.memory(source.normalization)
    adapter = Adapter(source.model(), memory, target, accelerator, student, before=source.linear)
    unlabelled = len(target.unlabelled)
    folds = [_guarded(fold, labelled, source.ledger, unlabelled) for fold in target.folds(settings.seed)]
    told = what_folds_tell(list(labelled.rows.values()), labelled.classes)
    said = [*source.notes, *copies, *warnings(labelled.classes.values(), source.space, source.classes), *told]
    for sentence in said:
        accelerator.print(f"warning: {sentence}")

    before = predict(adapter.model, target.as_source(target.labelled), accelerator)
    zero_shot = _tested(adapter, folds, before, [adapter.weights_hash()] * len(folds), ZERO_SHOT)
    adapter, left_out, curve = _measured(adapter, folds, settings.seed)
    after = dict(zip(left_out.ids, left_out.probabilities().tolist(), strict=True))
    tested = [fold.adding(DOUBTED) if doubted else fold for fold, doubted in zip(folds, left_out.doubted, strict=True)]
    adapted = _tested(adapter, tested, after, left_out.hashes, SYSTEM)
    adapter.finish(left_out)
    if adapter.doubted:
        said.append(NOT_SELF_TRAINED.format(unlabelled))

    name, guarantee = folds[0].name.rpartition(" fold=")[0], folds[0].guarantee
    split = as_believed(Split(f"adapt {name}", settings.seed, guarantee, adapt=target.labelled), adapter.model)
    rows, fingerprints = list(prepared.rows.values()), prepared.features.fingerprints
    seen = source.ledger.merge(Ledger.of(rows, target.labelled, fingerprints, unlabelled=target.unlabelled))
    written = replace(settings, label_space=source.space.name)
    save_model(adapter.model, out, [written], seen, split, with_encoder=settings.with_encoder)
    classes = list(labelled.classes.values())
    notes = [
        curve.sentence(),
        *([STUDIED] if adapter.distils else []),
        *worse(zero_shot, adapted),
        *said,
        *source.ledger.notes,
    ]
    summary = save_results(Predictions.concat([zero_shot, adapted]), {0: classes}, out, accelerator, notes=notes)
    final = Path(settings.out)
    described = Adaptation(corpus.name, corpus.languages[0], Counter(classes), summary, SYSTEM, final, unlabelled)
    _describe(adapter.model.config, described, source.trained, curve, out)
    return Adapted(final, summary, curve, tuple(said))


def _describe(
    config: HumpCatConfig, adapted: Adaptation, trained: Mapping[str, Any], curve: LearningCurve, out: Path
) -> None:
    """Write the learning curve, the card and the report."""
    write_json(out / CURVE, curve.to_dict())
    chance, before = (row.figures["wa"].mean for row in adapted.summary.systems[:2])
    draw_curve(curve, {"chance": chance, "the source as it is": before}, adapted.summary.guarantee, out)
    write_card(out, config, names_of(trained), adapted, trained_on=encoder_training(out))
    report([out], out, names=[resolved(adapted.folder or out).name])


def _require_own_folder(settings: AdaptSettings) -> None:
    out = Path(settings.out)
    for what, place in (("clips", settings.data), ("source model", settings.source), ("encoder", settings.encoder)):
        if place is not None and resolved(out) == resolved(place):
            raise SettingsError(f"out {out}: is the folder of the {what}, expected one of its own: name another one.")


def worse(before: Predictions, after: Predictions) -> list[str]:
    """Say so if adapting answers fewer clips right than the source does."""
    was, is_ = (float((tested.predicted == tested.gold).mean()) for tested in (before, after))
    if is_ >= was:
        return []
    return [
        f"these clips show no gain: accuracy {100 * is_:.1f} %, and {100 * was:.1f} % with the source as it is: check "
        "labels and speakers, add clips, or use the source."
    ]


def _new(unlabelled: PreparedCorpus, labelled: PreparedCorpus, accelerator: Accelerator) -> PreparedCorpus:
    """Return the unlabelled clips without those that have a label too, which would be used before they test."""
    known = {labelled.features.fingerprints[clip_id] for clip_id in labelled.rows}
    rows = {
        clip_id: row
        for clip_id, row in unlabelled.rows.items()
        if unlabelled.features.fingerprints[clip_id] not in known
    }
    if not rows:
        raise CorpusError(
            f"unlabelled: all {len(unlabelled.rows)} clips have labels too, expected others: leave out --unlabelled, "
            "or name a folder of other clips."
        )
    accelerator.print(
        f"unlabelled: {len(rows)} clips, {len(unlabelled.rows) - len(rows)} of them left out as labelled."
    )
    return replace(unlabelled, rows=rows)


def _guarded(fold: Split, prepared: PreparedCorpus, ledger: Ledger, unlabelled: int) -> Split:
    """Return the fold with a guarantee that says how it is standardised, and what the source has learnt of it."""
    rows = list(prepared.rows.values())
    stamp = check_unseen(ledger, rows, prepared.rows, prepared.features.fingerprints, allow_leakage=True)
    guarantee = Guarantee.parse(fold.guarantee).without_validation()
    if stamp:
        guarantee = Guarantee.parse(f"{stamp} by the source").adding(*guarantee.clauses)
    how = "standardised by the labelled clips that are learnt from"
    if unlabelled:
        how = f"{how} and, without labels, by {unlabelled} others, from which it learns too"
    return replace(fold, guarantee=str(guarantee.standardised(how)))


def _measured(adapter: Adapter, folds: Sequence[Split], seed: int) -> tuple[Adapter, LeftOut, LearningCurve]:
    """Cross-validate with all clips, which says what those without labels count, then with fewer."""
    classes = adapter.target.prepared.classes
    amounts = learning_amounts(folds, classes)
    main = adapter.accelerator.is_main_process
    weighings = len(weights_of(adapter.target, folds))
    with tqdm(
        total=len(folds) * (weighings + 1 + DRAWS * len(amounts)),
        desc="cross-validation",
        unit="fit",
        disable=not main,
    ) as bar:
        adapter = weighed(adapter, folds, bar.update)
        left_out = left_out_answers(adapter, folds, done=bar.update)
        right = []
        for shots, clips in amounts.items():
            draws = []
            for draw in range(DRAWS):
                drawn = partial(few, classes=classes, shots=shots, rng=np.random.default_rng((seed, shots, draw)))
                draws.append(left_out_answers(adapter, folds, drawn, bar.update).right())
            right.append((clips, np.array(draws)))
    whole = float(np.mean([len(fold.train) for fold in folds]))
    right.append((whole, left_out.right()[None]))
    rows = adapter.target.prepared.rows
    units = [rows[clip_id]["speaker"] or clip_id for clip_id in left_out.ids]
    return adapter, left_out, learning_curve(right, units, len(adapter.target.classes), seed=seed)


def _tested(
    adapter: Adapter,
    folds: Sequence[Split],
    probabilities: Mapping[str, Sequence[float]],
    hashes: Sequence[str],
    system: str,
) -> Predictions:
    """Return the predictions of a system on each fold, each by the weights that made them."""
    prepared = adapter.target.prepared
    rows = [prepared.rows[clip_id] for clip_id in adapter.target.labelled]
    parts = [
        Predictions.build(
            rows,
            {clip_id: prepared.classes[clip_id] for clip_id in fold.test},
            {clip_id: probabilities[clip_id] for clip_id in fold.test},
            adapter.target.classes,
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
