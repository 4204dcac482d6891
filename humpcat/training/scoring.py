"""Predictions of a model as a table, and its score on validation clips."""

from collections.abc import Callable

from accelerate import Accelerator

from humpcat.corpora import LabelSpace
from humpcat.evaluation.metrics import unweighted_average_recall
from humpcat.evaluation.predictions import Predictions
from humpcat.models.base import AudioClassifier
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.tuning import Trainable
from humpcat.protocols import Split
from humpcat.protocols.guarantee import DOUBTED
from humpcat.training.data.examples import Examples
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.trainer.loop import predict


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
    """Return the predictions table of a model on some clips."""
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


def as_believed(split: Split, model: HumpCatForAudioClassification) -> Split:
    """Return a split whose guarantee says so if a model was to train itself on clips without labels, and did not.

    Args:
        split: who is learnt from and who is tested.
        model: the model that was made on it.
    """
    return split.adding(DOUBTED) if model.doubted else split


def validation(clips: Examples, space: LabelSpace, accelerator: Accelerator) -> Callable[[Trainable], float]:
    """Return a function that gives a model's UAR on validation clips."""
    gold = {clip_id: space.classes[label] for clip_id, label in zip(clips.ids, clips.labels, strict=True)}

    def score(model: Trainable) -> float:
        found = predict(model, clips, accelerator)
        answers = [space.classes[row.index(max(row))] for row in found.values()]
        return unweighted_average_recall([gold[clip_id] for clip_id in found], answers, space.classes)

    return score
