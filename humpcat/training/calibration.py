"""Fit the temperature that turns a model's logits into probabilities that can be believed."""

import numpy as np
from accelerate import Accelerator

from humpcat.models.base import AudioClassifier
from humpcat.self_training.temperature import best_temperature
from humpcat.training.data.examples import Examples
from humpcat.training.trainer.loop import final_logits


def fit_temperature(model: AudioClassifier, accelerator: Accelerator, *parts: Examples) -> float:
    """Fit and set a model's temperature on validation clips; without any clip it is one.

    The clips of all parts count alike. Each part flatters in its own way: the target's validation clips share their
    speakers with those that adapt, the source's are of the corpus that was learnt at length. There are few of the
    target's: a temperature of their own would follow a single mistake, or the lack of one.

    Args:
        model: the model, changed in place; its branch weights are chosen already.
        accelerator: device, precision, processes; all processes find the same.
        *parts: validation clips, such as those of the source and those of the target.

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
