"""What a speaker of a recording is standardised by: all that he says in it, heard before anything is answered."""

from typing import Any

import numpy as np
from torch import Tensor

from humpcat.inference.hearing import clip_arrays
from humpcat.inference.over_time.voices import Voice
from humpcat.inference.over_time.windows import BATCH_WINDOWS, WINDOW_SECONDS, WindowClassifier, inputs_of
from humpcat.models.humpcat.running import RunningStatistics
from humpcat.models.humpcat.standardization import pooled_of


def statistics_of(classifier: WindowClassifier, voice: Voice) -> dict[str, Tensor] | None:
    """Return what a speaker's windows are standardised by; None, which is what the checkpoint holds, without speech.

    His speech is cut into pieces of at most a window that do not overlap, each of which counts as a clip of
    :class:`humpcat.inference.listener.Listener`. Only sums over the pieces are kept, so that memory does not grow with
    the length of the recording.

    Args:
        classifier: the pipeline, whose model is HuMP-CAT.
        voice: the speaker.

    Returns:
        For each stream shape (1, 2, ...), mean and standard deviation, on the model's device.

    Raises:
        AudioError: the recording cannot be decoded.
    """
    model = classifier.model
    held = model.standardizer.held()
    running: RunningStatistics | None = None
    for span in (span for turn in voice.turns for span in turn):
        edges = np.linspace(*span, 1 + int(np.ceil((span[1] - span[0]) / WINDOW_SECONDS - 1e-9)))
        pieces = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
        for first in range(0, len(pieces), BATCH_WINDOWS):
            features = inputs_of(classifier, voice.recording, pieces[first : first + BATCH_WINDOWS])
            if running is None:
                # What answers do not depend on is not computed, and stays as the checkpoint has it.
                running = RunningStatistics({name: held[name] for name in held if _is_there(name, features)})
            for row in range(len(features["lengths"])):
                running = running.hear(clip_arrays(features, row, model.config.encoder_group))
    if running is None:
        return None
    return {name: value[None].to(model.device) for name, value in (held | running.statistics()).items()}


def _is_there(name: str, features: dict[str, Any]) -> bool:
    return (pooled_of(name) or name) in features
