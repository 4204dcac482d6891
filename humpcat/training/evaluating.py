"""Test a saved model on clips that it has not seen; ask it again about clips of its own split."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from humpcat.arguments import chosen
from humpcat.corpora import Corpus
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.summary import summarise
from humpcat.evaluation.table import Summary
from humpcat.keywords import named_further
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.pretrained import place_of
from humpcat.protocols import Ledger, Split, check_unseen, heard_before
from humpcat.protocols.guarantee import standardised_by
from humpcat.training.checkpoint import LEDGER, SPLIT, read_settings, save_results, with_encoder
from humpcat.training.data.corpus import corpus_of, space_of
from humpcat.training.data.prepared_corpus import PreparedCorpus, absolute, extractors_for, prepare_corpora
from humpcat.training.data.prepared_split import PreparedSplit
from humpcat.training.idle import OWN_RULES, require_effect
from humpcat.training.scoring import predicted
from humpcat.training.settings import (
    NORMALIZATIONS,
    DataSettings,
    OptimizationSettings,
    OwnDataSettings,
    require_normalization,
)
from humpcat.training.trainer.accelerator import make_accelerator

WHOLE, FUSION = "whole model", "fusion alone"


@dataclass
class EvaluationSettings(OwnDataSettings):
    """What a saved model is tested on; the fields of :class:`DataSettings` of the same names say what they mean."""

    data: str = ""
    lang: str | None = None
    corpora: list[str] | None = None
    data_dir: str | None = None
    encoder: str | None = None
    store: str | None = None
    normalization: str = "source"
    allow_leakage: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_normalization(self.normalization, NORMALIZATIONS)


@named_further(lambda: [field.name for field in fields(EvaluationSettings)])
def evaluate(
    data: str | Path, *, model: str | Path | None = None, out: str | Path | None = None, **further: Any
) -> Summary:
    """Test a saved model on labelled clips, none of whose recordings or speakers it has seen.

    Args:
        data: a registered corpus by its name, or a folder, table or data set of your own clips.
        model: folder of a model that ``train``, ``adapt`` or the recipes wrote; "mini", which comes with humpcat, by
            default.
        out: folder for predictions.parquet, results.json and results.md; nothing is written by default.
        **further: fields of :class:`EvaluationSettings`, such as ``data_dir="corpora"``, ``lang="pl"`` or
            ``labels=["froh=happiness"]``. ``normalization`` says what standardises: "source", what the model holds,
            as ``humpcat.pipeline`` does; "corpus" or "speaker", all clips tested or those of each speaker.

    Returns:
        The result table: chance and the model, with intervals that resample speakers.

    Raises:
        LeakageError: the model has seen a test speaker or recording, and ``allow_leakage`` is not set.
        CheckpointError: the model's folder is not one that humpcat wrote.
        CorpusError: the clips are not there, or none has a class of the model's.
        SettingsError: a setting is unknown.

    Example:
        >>> evaluate("emodb", corpse="emodb")
        Traceback (most recent call last):
        humpcat.errors.KeywordError: evaluate: keyword 'corpse' is unknown: did you mean 'corpora'? Known are ...
    """
    (settings,) = chosen([EvaluationSettings], {"data": str(data), **further}, "evaluate")
    require_effect(OWN_RULES, settings)
    folder = Path(place_of(model))
    space = space_of(read_settings(folder))
    accelerator = make_accelerator(OptimizationSettings(), str(out or folder))
    corpus = corpus_of(settings.data, settings, settings.lang, settings.corpora)
    read = DataSettings(data_dir=settings.data_dir, store=settings.store)
    prepared = prepared_for(folder, [corpus], read, accelerator, settings.encoder)
    loaded = HumpCatForAudioClassification.from_pretrained(folder)
    ledger = with_encoder(Ledger.load(folder / LEDGER), loaded.config)
    rows, ids = list(prepared.rows.values()), tuple(sorted(prepared.rows))
    fingerprints = prepared.features.fingerprints
    known = any(name in ledger.corpora for name in {row["corpus"] for row in rows})
    guarantee = "speaker-disjoint test" if known else "cross-corpus: no clip of the target is learnt from"
    split = Split(f"evaluate {corpus.name}", 0, guarantee, test=ids)
    stamp = check_unseen(ledger, rows, ids, fingerprints, allow_leakage=settings.allow_leakage)
    split = (split.stamped(stamp) if stamp else split).standardised(standardised_by(settings.normalization))
    split = split.adding(*heard_before(ledger, rows, ids, fingerprints))
    whole = loaded.standardizer.held() if settings.normalization == "source" else prepared.whole
    clips = prepared.clips(ids, space.classes, settings.normalization, whole)
    made = predicted(loaded, clips, prepared, space, split, accelerator, system="HuMP-CAT", draw=0)
    if out is not None:
        return save_results(made, None, Path(out), accelerator, notes=ledger.notes)
    summary = summarise(made)
    return replace(summary, notes=(*summary.notes, *ledger.notes))


def prepared_for(
    folder: Path, corpora: Sequence[Corpus], data: DataSettings, accelerator: Accelerator, encoder: str | None = None
) -> PreparedCorpus:
    """Return the clips of corpora with the features that a saved model reads."""
    model = HumpCatForAudioClassification.from_pretrained(folder)
    model.load_encoder(absolute(encoder) if encoder else None).to(accelerator.device)
    space = space_of(read_settings(folder))
    return prepare_corpora(corpora, space, data, extractors_for(model.config, model.load_encoder()), accelerator)


def predict_saved(
    folder: Path, prepared: PreparedCorpus, part: str, accelerator: Accelerator, *, draw: int = 0
) -> Predictions:
    """Return what a saved model says of a part of its split, as the systems ``WHOLE`` and ``FUSION``.

    A model without the summary branch says the same twice.
    """
    settings, split = read_settings(folder), Split.load(folder / SPLIT)
    space = space_of(settings)
    model = HumpCatForAudioClassification.from_pretrained(folder)
    learnt = PreparedSplit(prepared, split, space.classes, model.standardizer.held())
    clips = learnt.clips(part, settings["normalization"])
    found = []
    for system in (WHOLE, FUSION):
        if system == FUSION:
            model.branch_weights.copy_(torch.tensor([1.0, 0.0]))
        found.append(predicted(model, clips, prepared, space, split, accelerator, system=system, draw=draw))
    return Predictions.concat(found)
