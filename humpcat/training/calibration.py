"""The weights of the branches and the temperature of a model, by validation clips."""

import numpy as np
import torch
from accelerate import Accelerator

from humpcat.models.base import AudioClassifier
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.self_training.branch_weights import likeliest_scale, likeliest_weights
from humpcat.self_training.temperature import best_temperature
from humpcat.training.data.examples import ClipDataset, Examples
from humpcat.training.trainer.loop import branch_logits, final_logits


def weigh_branches(model: HumpCatForAudioClassification, clips: ClipDataset, accelerator: Accelerator) -> None:
    """Choose how much each branch counts, by the likelihood of validation clips.

    The fusion, trained to be right on few clips, is far too sure of itself elsewhere; clips that neither branch
    has learnt from tell how far to believe it. Nothing happens where the model has one branch or there is no clip.
    """
    if model.summary is None or not len(clips):
        return
    fusion, summary = branch_logits(model, clips, accelerator)
    model.calibrate(torch.from_numpy(likeliest_weights(fusion, summary, np.asarray(clips.labels))))


def weigh_and_calibrate(model: HumpCatForAudioClassification, clips: ClipDataset, accelerator: Accelerator) -> None:
    """Choose the scale of the branches, and with it the temperature, for answers to speakers of other corpora.

    How much the fusion counts beside the summary is not what validation clips of the source's own corpora say, where
    both branches are as good: see :data:`humpcat.self_training.branch_weights.FUSION_SHARE`.
    """
    if model.summary is None or not len(clips):
        fit_temperature(model, accelerator, clips)
        return
    fusion, summary = branch_logits(model, clips, accelerator)
    labels = np.asarray(clips.labels)
    weights = likeliest_scale(fusion, summary, labels)
    temperature = best_temperature(weights[0] * fusion + weights[1] * summary, labels)
    model.calibrate(torch.from_numpy(weights), temperature)


def fit_temperature(model: AudioClassifier, accelerator: Accelerator, *parts: Examples) -> float:
    """Fit and set a model's temperature on validation clips; without any clip it is one.

    The clips of all parts count alike. Each part flatters in its own way: the target's validation clips share their
    speakers with those that adapt, the source's are of the corpus that was learnt at length. There are few of the
    target's: a temperature of their own would follow a single mistake, or the lack of one.

    Returns:
        The temperature.
    """
    model.temperature.fill_(1.0)
    parts = tuple(clips for clips in parts if len(clips))
    if not parts:
        return 1.0
    logits = np.concatenate([final_logits(model, clips, accelerator) for clips in parts])
    temperature = best_temperature(logits, np.concatenate([np.asarray(clips.labels) for clips in parts]))
    model.temperature.fill_(temperature)
    return temperature
