"""Ask a saved model again about clips of its own split: the whole of it, and the fusion alone."""

from collections.abc import Sequence
from pathlib import Path

import torch
from accelerate import Accelerator

from humpcat.corpora import Corpus, label_space
from humpcat.evaluation.predictions import Predictions
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Split
from humpcat.training.checkpoint import SPLIT, read_settings
from humpcat.training.data.prepared_corpus import PreparedCorpus, extractors_for, prepare_corpora
from humpcat.training.data.prepared_split import PreparedSplit
from humpcat.training.scoring import predicted
from humpcat.training.settings import DataSettings

WHOLE, FUSION = "whole model", "fusion alone"


def prepared_for(
    folder: Path, corpora: Sequence[Corpus], data: DataSettings, accelerator: Accelerator
) -> PreparedCorpus:
    """Return the clips of corpora with the features that a saved model reads.

    Args:
        folder: a model that ``train_source`` or ``finetune_target`` wrote.
        corpora: the corpora that its split is of.
        data: where corpora and features lie.
        accelerator: spreads the work over its processes.
    """
    model = HumpCatForAudioClassification.from_pretrained(folder)
    space = label_space(read_settings(folder)["label_space"])
    return prepare_corpora(corpora, space, data, extractors_for(model.config, model.load_encoder()), accelerator)


def predict_saved(
    folder: Path, prepared: PreparedCorpus, part: str, accelerator: Accelerator, *, draw: int = 0
) -> Predictions:
    """Return what a saved model says of a part of its split, as the systems ``WHOLE`` and ``FUSION``.

    A model without the summary branch says the same twice.

    Args:
        folder: a model that ``train_source`` or ``finetune_target`` wrote.
        prepared: clips of the corpora that its split is of.
        part: "valid" or "test".
        accelerator: device, precision, processes.
        draw: number of the draw.
    """
    settings, split = read_settings(folder), Split.load(folder / SPLIT)
    space = label_space(settings["label_space"])
    model = HumpCatForAudioClassification.from_pretrained(folder)
    learnt = PreparedSplit(prepared, split, space.classes, model.standardizer.held())
    clips = learnt.clips(part, settings["normalization"])
    found = []
    for system in (WHOLE, FUSION):
        if system == FUSION:
            model.branch_weights.copy_(torch.tensor([1.0, 0.0]))
        found.append(predicted(model, clips, prepared, space, split, accelerator, system=system, draw=draw))
    return Predictions.concat(found)
