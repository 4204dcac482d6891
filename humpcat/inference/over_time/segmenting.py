"""Segments of a long recording: when which emotion is heard, and of whom where that is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch import Tensor

from humpcat.inference.over_time.blocks import Recording
from humpcat.inference.over_time.own_speech import statistics_of
from humpcat.inference.over_time.smoothing import Floats, likeliest_sequence
from humpcat.inference.over_time.speech import PAUSE_SECONDS, Span
from humpcat.inference.over_time.turns import Turns
from humpcat.inference.over_time.voices import Voice, voices_of
from humpcat.inference.over_time.windows import (
    BATCH_WINDOWS,
    STEP_SECONDS,
    WINDOW_SECONDS,
    WindowClassifier,
    inputs_of,
    windows_of,
)


@dataclass(frozen=True)
class EmotionSegment:
    """A stretch of speech with one emotion.

    Attributes:
        start: where it begins, in seconds.
        end: where it ends.
        label: the class.
        probabilities: class to mean probability over the stretch.
        speaker: who speaks, None where that is not known.
    """

    start: float
    end: float
    label: str
    probabilities: dict[str, float]
    speaker: str | None = None

    @property
    def score(self) -> float:
        """Mean probability of the class."""
        return self.probabilities[self.label]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: start, end, speaker, label, score, probabilities."""
        return {
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "speaker": self.speaker,
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
        turn: number of the turn that it is of.
    """

    span: Span
    log_probabilities: Floats
    turn: int = 0


def segments_of(
    classifier: WindowClassifier,
    source: Any,
    channel: str | int | None = None,
    change: float | None = None,
    turns: Turns | None = None,
    by_own_speech: bool = True,
) -> list[EmotionSegment]:
    """Return the segments of a recording, in the order of time; nothing where there is no speech.

    Speech is found first. Windows of ``WINDOW_SECONDS`` begin every ``STEP_SECONDS`` within it, and each step is
    answered by all windows that hold it. Segments are runs of the likeliest sequence; what is said again after a short
    pause goes on. Where speakers are known, windows and segments lie within one turn of one speaker, and the turns of
    each speaker are a sequence of their own.

    Args:
        classifier: the pipeline.
        source: as for :func:`humpcat.audio.load`; a file is read by parts.
        channel: which channel is heard, or "each" for a speaker a channel; the mean of all by default.
        change: what a change of emotion costs, in nats; what was chosen for the model by default.
        turns: who speaks when; nobody knows by default.
        by_own_speech: whether a speaker who is known is standardised by all that he says in the recording; by what the
            checkpoint holds otherwise, as who is not known always is.

    Raises:
        AudioError: it cannot be decoded.
        SettingsError: the turns cannot be used.
    """
    config = classifier.model.config
    labels = [config.id2label[place] for place in range(config.num_labels)]
    cost = config.change_cost if change is None else change
    found: list[EmotionSegment] = []
    for voice in voices_of(source, channel, turns):
        own = by_own_speech and voice.speaker is not None
        statistics = statistics_of(classifier, voice) if own else None
        steps = list(_steps(classifier, voice, statistics))
        if steps:
            sequence = likeliest_sequence(np.stack([step.log_probabilities for step in steps]), cost)
            found.extend(_runs(steps, sequence.tolist(), labels, voice.speaker))
    return sorted(found, key=lambda each: (each.start, each.end))


def _steps(classifier: WindowClassifier, voice: Voice, statistics: Mapping[str, Tensor] | None) -> Iterator[Step]:
    """Yield the steps of a voice with what is said of them."""
    for turn, spans in enumerate(voice.turns):
        for span in spans:
            windows = windows_of(span)
            batches = [windows[first : first + BATCH_WINDOWS] for first in range(0, len(windows), BATCH_WINDOWS)]
            said = np.concatenate([_said(classifier, voice.recording, batch, statistics) for batch in batches])
            middles = np.array([(first + last) / 2 for first, last in windows])
            for start in np.arange(span[0], span[1], STEP_SECONDS).tolist():
                end = min(start + STEP_SECONDS, span[1])
                near = np.abs(middles - (start + end) / 2)
                # The windows that hold the middle of the step; of a short stretch the only one.
                holding = near <= max(WINDOW_SECONDS / 2, near.min())
                yield Step((start, end), said[holding].mean(axis=0), turn)


def _said(
    classifier: WindowClassifier,
    recording: Recording,
    windows: Sequence[Span],
    statistics: Mapping[str, Tensor] | None,
) -> Floats:
    """Return logarithms of probabilities, shape (windows, classes)."""
    inputs = inputs_of(classifier, recording, windows)
    with torch.no_grad():
        own = {} if statistics is None else {"statistics": statistics}
        logits = classifier.model(**inputs, **own).logits
    found: Floats = logits.double().log_softmax(-1).cpu().numpy()
    return found


def _runs(
    steps: Sequence[Step], sequence: Sequence[int], labels: Sequence[str], speaker: str | None = None
) -> Iterator[EmotionSegment]:
    """Yield runs of one class, parted where there is a longer pause or another turn."""
    numbers, number = [], 0
    for place, step in enumerate(steps):
        if place and (
            sequence[place] != sequence[place - 1]
            or step.turn != steps[place - 1].turn
            or step.span[0] - steps[place - 1].span[1] > PAUSE_SECONDS
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
            speaker,
        )
