"""Windows of speech: where they lie, and what a model is given of them."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from humpcat.audio import SAMPLING_RATE
from humpcat.features.speech import at_level
from humpcat.inference import hearing
from humpcat.inference.over_time.blocks import Recording
from humpcat.inference.over_time.speech import Span

WINDOW_SECONDS = 3.0
"""What is answered at once: about a sentence, as the clips are that models learn from."""

STEP_SECONDS = 1.0
"""From the beginning of a window to that of the next."""

BATCH_WINDOWS = 16
"""Windows that are heard together."""


class WindowClassifier(Protocol):
    """What segmenting needs of the pipeline.

    Attributes:
        model: the model.
        feature_extractor: makes its inputs.
        device: where it computes.
    """

    model: Any
    feature_extractor: Any
    device: Any

    def heard_streams(self) -> Collection[str] | None:
        """Return the streams that the model's answers depend on; None for a model that has none."""


def windows_of(span: Span) -> list[Span]:
    """Return where windows lie within speech; the last ends where the speech does.

    Example:
        >>> windows_of((1.0, 2.5)), windows_of((0.0, 4.4))
        ([(1.0, 2.5)], [(0.0, 3.0), (1.0, 4.0), (1.4000000000000004, 4.4)])
    """
    start, end = span
    if end - start <= WINDOW_SECONDS:
        return [span]
    starts = np.arange(start, end - WINDOW_SECONDS, STEP_SECONDS).tolist()
    return [(begin, begin + WINDOW_SECONDS) for begin in [*starts, end - WINDOW_SECONDS]]


def inputs_of(classifier: WindowClassifier, recording: Recording, windows: Sequence[Span]) -> dict[str, Tensor]:
    """Return a model's inputs for some windows, each at the level of speech, on the device.

    Args:
        classifier: the pipeline.
        recording: what is heard.
        windows: beginnings and ends in seconds, in the order of time.

    Raises:
        AudioError: it cannot be decoded.
    """
    first, last = windows[0][0], windows[-1][1]
    heard = recording.part(first, last)
    places = [(round((begin - first) * SAMPLING_RATE), round((end - first) * SAMPLING_RATE)) for begin, end in windows]
    waveforms = [at_level(heard[begin:end]) for begin, end in places]
    return next(hearing.inputs_of(classifier, [waveforms], classifier.heard_streams()))
