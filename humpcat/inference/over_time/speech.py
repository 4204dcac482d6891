"""Where speech is in a long recording."""

import numpy as np
import numpy.typing as npt

from humpcat.audio import SAMPLING_RATE
from humpcat.features.speech import SPEECH_FROM
from humpcat.features.voice_activity import CHUNK, speech_probabilities
from humpcat.inference.over_time.blocks import Recording

PAUSE_SECONDS = 0.5
"""Pauses up to this long are within speech."""

SHORTEST_SECONDS = 0.25
"""Speech that is shorter is none: a click or a breath."""

MARGIN_SECONDS = 0.1
"""What is kept around speech, for the network is late at onsets."""

LOUDEST = 0.5
"""Amplitude that recordings are brought to, whose level says nothing of their speech."""

PIECE, AROUND = 960, 64
"""Chunks of a piece, and of what is heard before and after it: half a minute, and two seconds."""

Span = tuple[float, float]


def speech_of(recording: Recording) -> list[Span]:
    """Return beginnings and ends of speech in seconds, in the order of time.

    The network hears pieces of one length that begin at fixed times, each with what is around it, since it remembers
    what it heard before: how a recording is read makes no difference.

    Args:
        recording: the recording.

    Raises:
        AudioError: it cannot be decoded.
    """
    peak = recording.peak()
    if peak == 0:
        return []
    gain = np.float32(LOUDEST / peak)
    pieces = range(0, int(np.ceil(recording.seconds * SAMPLING_RATE / CHUNK)), PIECE)
    spans = spans_of(np.concatenate([_probabilities(recording, first, gain) for first in pieces]))
    # The last chunk may be longer than what is left of the recording.
    return [(first, min(last, recording.seconds)) for first, last in spans]


def _probabilities(recording: Recording, first: int, gain: np.float32) -> npt.NDArray[np.float32]:
    """Return how probable speech is in the chunks of a piece, of which the last may have fewer."""
    before = min(AROUND, first)
    start, end = ((first - before) * CHUNK, (first + PIECE + AROUND) * CHUNK)
    heard = recording.part(start / SAMPLING_RATE, min(end / SAMPLING_RATE, recording.seconds))
    return speech_probabilities(heard * gain)[before : before + PIECE]


def spans_of(probabilities: npt.NDArray[np.float32]) -> list[Span]:
    """Return beginnings and ends of speech in seconds, pauses closed.

    Args:
        probabilities: of each chunk of ``CHUNK`` samples.

    Example:
        >>> spans_of(np.array([0, 0.9, 0.9, 0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0], np.float32))
        [(0.0, 0.384)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], probabilities >= SPEECH_FROM, [0]])))
    length = len(probabilities) * CHUNK / SAMPLING_RATE
    spans: list[Span] = []
    for first, last in zip(edges[::2] * CHUNK / SAMPLING_RATE, edges[1::2] * CHUNK / SAMPLING_RATE, strict=True):
        if spans and first - spans[-1][1] <= PAUSE_SECONDS:
            spans[-1] = (spans[-1][0], float(last))
        else:
            spans.append((float(first), float(last)))
    kept = [span for span in spans if span[1] - span[0] >= SHORTEST_SECONDS]
    return [(max(0.0, first - MARGIN_SECONDS), min(length, last + MARGIN_SECONDS)) for first, last in kept]
