"""Segments of a long recording: who it is does not matter, when which emotion is heard does."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

import numpy as np
import torch

from humpcat.audio import SAMPLING_RATE
from humpcat.features.speech import at_level
from humpcat.inference.over_time.blocks import Recording
from humpcat.inference.over_time.smoothing import CHANGE, Floats, likeliest_sequence
from humpcat.inference.over_time.speech import PAUSE_SECONDS, Span, speech_of

WINDOW_SECONDS = 3.0
"""What is answered at once: about a sentence, as the clips are that models learn from."""

STEP_SECONDS = 1.0
"""From the beginning of a window to that of the next."""

_BATCH = 16


@dataclass(frozen=True)
class EmotionSegment:
    """A stretch of speech with one emotion.

    Attributes:
        start: where it begins, in seconds.
        end: where it ends.
        label: the class.
        probabilities: class to mean probability over the stretch.
    """

    start: float
    end: float
    label: str
    probabilities: dict[str, float]

    @property
    def score(self) -> float:
        """Mean probability of the class."""
        return self.probabilities[self.label]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: start, end, label, score, probabilities."""
        return {
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "label": self.label,
            "score": self.score,
            "probabilities": self.probabilities,
        }


@dataclass(frozen=True)
class Step:
    """A stretch of speech of at most a step.

    Attributes:
        span: where it is, in seconds.
        log_probabilities: mean over the windows that hold it, shape (classes,).
    """

    span: Span
    log_probabilities: Floats


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


def segments_of(
    classifier: WindowClassifier, source: Any, channel: str | int | None = None, change: float = CHANGE
) -> list[EmotionSegment]:
    """Return the segments of a recording, in the order of time; nothing where there is no speech.

    Speech is found first. Windows of ``WINDOW_SECONDS`` begin every ``STEP_SECONDS`` within it, and each step is
    answered by all windows that hold it. Segments are runs of the likeliest sequence; what is said again after a short
    pause goes on.

    Args:
        classifier: the pipeline.
        source: as for :func:`humpcat.audio.load`; a file is read by parts.
        channel: which channel is heard; the mean of all by default.
        change: what a change of emotion costs, in nats.

    Raises:
        AudioError: it cannot be decoded.
    """
    recording = Recording.of(source, channel)
    labels = [classifier.model.config.id2label[place] for place in range(classifier.model.config.num_labels)]
    steps = [step for span in speech_of(recording) for step in _steps(classifier, recording, span)]
    if not steps:
        return []
    sequence = likeliest_sequence(np.stack([step.log_probabilities for step in steps]), change)
    return list(_runs(steps, sequence.tolist(), labels))


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


def _steps(classifier: WindowClassifier, recording: Recording, span: Span) -> Iterator[Step]:
    """Yield the steps of a stretch of speech with what is said of them."""
    windows = windows_of(span)
    said = np.concatenate(
        [_said(classifier, recording, windows[first : first + _BATCH]) for first in range(0, len(windows), _BATCH)]
    )
    middles = np.array([(first + last) / 2 for first, last in windows])
    for start in np.arange(span[0], span[1], STEP_SECONDS).tolist():
        end = min(start + STEP_SECONDS, span[1])
        near = np.abs(middles - (start + end) / 2)
        # The windows that hold the middle of the step; of a short stretch the only one.
        holding = near <= max(WINDOW_SECONDS / 2, near.min())
        yield Step((start, end), said[holding].mean(axis=0))


def _said(classifier: WindowClassifier, recording: Recording, windows: Sequence[Span]) -> Floats:
    """Return logarithms of probabilities, shape (windows, classes)."""
    first, last = windows[0][0], windows[-1][1]
    heard = recording.part(first, last)
    places = [(round((begin - first) * SAMPLING_RATE), round((end - first) * SAMPLING_RATE)) for begin, end in windows]
    waveforms = [at_level(heard[begin:end]) for begin, end in places]
    inputs = classifier.feature_extractor.inputs_of(waveforms, classifier.heard_streams())
    with torch.no_grad():
        logits = classifier.model(**{name: values.to(classifier.device) for name, values in inputs.items()}).logits
    found: Floats = logits.double().log_softmax(-1).cpu().numpy()
    return found


def _runs(steps: Sequence[Step], sequence: Sequence[int], labels: Sequence[str]) -> Iterator[EmotionSegment]:
    """Yield runs of one class, parted where there is a longer pause."""
    numbers, number = [], 0
    for place, step in enumerate(steps):
        if place and (
            sequence[place] != sequence[place - 1] or step.span[0] - steps[place - 1].span[1] > PAUSE_SECONDS
        ):
            number += 1
        numbers.append(number)
    for _, run in groupby(range(len(steps)), key=numbers.__getitem__):
        places = list(run)
        lengths = np.array([steps[place].span[1] - steps[place].span[0] for place in places])
        shares = np.exp(np.stack([steps[place].log_probabilities for place in places]))
        shares /= shares.sum(axis=1, keepdims=True)
        mean = np.average(shares, axis=0, weights=lengths)
        yield EmotionSegment(
            steps[places[0]].span[0],
            steps[places[-1]].span[1],
            labels[sequence[places[0]]],
            dict(zip(labels, mean.tolist(), strict=True)),
        )
