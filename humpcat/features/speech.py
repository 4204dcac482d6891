"""The door to the features: where the speech in a recording is, and that speech alone, at one level.

A recording begins and ends with what is not speech, and how long that lasts, and how loud all of it is, depends on who
recorded it. What features are computed of is therefore the recording from its first to its last speech, without its
constant part, at one level. Whatever is said of a feature then holds with silence around the speech or without, and at
any gain. Pauses between belong to how something is said and stay, of at most half a second: a mean over frames would
count more of a long silence than of the speech.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.voice_activity import CHUNK, speech_probabilities

SPEECH_LEVEL = 0.05
"""Standard deviation of speech after the door: 26 dB below full scale, to which speech is brought in telephony (ITU-T
P.56)."""

SPEECH_FROM = 0.5
"""Probability from which a chunk is speech: silero-vad's own."""

LEAST_CHUNKS = 3
"""Chunks in a row that make speech, unless no more are found: a click is shorter than a tenth of a second."""

MARGIN = int(0.03 * SAMPLING_RATE)
"""Samples that are kept around what was found: silero-vad's own, for the network is late at onsets."""

EDGE_BELOW = 35.0
"""Decibels below the loudest 20 ms at which the edges of speech lie, where the recording is as quiet as that: the
network goes on for a tenth of a second where a word breaks off."""

LONGEST_PAUSE = int(0.5 * SAMPLING_RATE)
"""Samples that are kept of a pause, half of them at either end: what is quieter than the edges of speech is one."""

SHORTEST = int(0.1 * SAMPLING_RATE)
"""Samples below which nothing is speech."""

ACTIVE_BELOW = 30.0
"""Decibels below the loudest 20 ms down to which a stretch counts for the level of speech, as pauses must not."""

_WINDOW = FRAME_SAMPLES
_AROUND = SAMPLING_RATE
_LOUDEST = 0.2

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Speech:
    """What features are computed of.

    Attributes:
        waveform: shape (samples,), float32 at 16 kHz, from the first to the last speech, pauses shortened to
            ``LONGEST_PAUSE``, at ``SPEECH_LEVEL``; of what is loud in the recording where no speech was found, as in
            some of a child's words.
        start: first sample of it within the recording.
        end: the sample after its last.
        found: whether there is speech; None where it was not looked for.
        left_out: of each pause that was shortened, the first sample within the recording that was left out, and the
            first that was kept again; in the order of time.
    """

    waveform: Waveform
    start: int
    end: int
    found: bool | None
    left_out: tuple[tuple[int, int], ...] = ()

    def in_recording(self, seconds: float) -> float:
        """Return where in the recording a time of the waveform is.

        Args:
            seconds: from the beginning of the waveform.

        Returns:
            Seconds from the beginning of the recording; where a pause was shortened, the end of what was kept before.

        Example:
            >>> speech = Speech(np.zeros(32_000, dtype=np.float32), 16_000, 64_000, True, ((24_000, 40_000),))
            >>> [speech.in_recording(time) for time in (0.25, 0.5, 0.75)]
            [1.25, 1.5, 2.75]
        """
        place = seconds + self.start / SAMPLING_RATE
        for first, after in self.left_out:
            if place > first / SAMPLING_RATE:
                place += (after - first) / SAMPLING_RATE
        return place


def find_speech(recording: Waveform) -> Speech:
    """Find the speech in a recording.

    Args:
        recording: shape (samples,), float32 at 16 kHz.

    Returns:
        From the first to the last speech, as float32, without the middles of long pauses.

    Raises:
        HumpcatError: silero-vad is not installed.

    Example:
        >>> find_speech(np.zeros(16_000, dtype=np.float32)).found
        False
    """
    # A little silence around it, for the loudness of a clip that is cut tight reaches beyond its edges.
    centred = np.pad(recording.astype(np.float64) - recording.mean(dtype=np.float64), _WINDOW)
    loudness = _loudness(centred)
    start, end, found = _edges(centred, loudness)
    if end - start < SHORTEST:
        start, end, found = _WINDOW, len(centred) - _WINDOW, False
    left_out = _middles_of_pauses(loudness, start, end)
    kept = np.ones(end - start, dtype=bool)
    for first, after in left_out:
        kept[first - start : after - start] = False
    return Speech(
        _at_level(centred[start:end][kept], loudness[start:end][kept]),
        max(0, start - _WINDOW),
        min(len(recording), end - _WINDOW),
        found,
        tuple((first - _WINDOW, after - _WINDOW) for first, after in left_out),
    )


def at_level(waveform: Waveform) -> Waveform:
    """Bring what is speech from its first to its last sample to ``SPEECH_LEVEL``, as :func:`find_speech` does.

    Args:
        waveform: shape (samples,), float32 at 16 kHz.

    Returns:
        Shape (samples,), float32, without its constant part; silence as it is.

    Example:
        >>> tone = np.sin(np.arange(16_000) / 5).astype(np.float32)
        >>> round(float(at_level(tone).std()), 2)
        0.05
    """
    centred = np.pad(waveform.astype(np.float64) - waveform.mean(dtype=np.float64), _WINDOW)
    return _at_level(centred[_WINDOW:-_WINDOW], _loudness(centred)[_WINDOW:-_WINDOW])


def _edges(centred: Samples, loudness: Samples) -> tuple[int, int, bool]:
    """Return where speech begins and ends, and whether the network found it; the loud part where it did not."""
    loudest = loudness.max()
    if loudest == 0:
        return 0, 0, False
    loud = loudness >= loudest * 10 ** (-EDGE_BELOW / 20)
    first, last = _outermost(loud, 0, len(centred))
    # The speech itself chooses where chunks and frames begin, and what lies outside is replaced by as much silence:
    # the network remembers what it heard before, and what that was must not depend on the recording.
    peak = int(np.argmax(np.abs(centred)))
    before = _AROUND + (first - peak - _AROUND) % CHUNK
    heard = np.pad(centred[first:last] * (_LOUDEST / loudest), (before, _AROUND)).astype(np.float32)
    found = _first_and_last(speech_probabilities(heard))
    start, end = first, last
    if found is not None:
        start, end = (first - before + round(place) for place in found)
        start, end = _outermost(loud, max(first, start - MARGIN), min(last, end + MARGIN))
    start, end = (peak + int((place - peak) / FRAME_SAMPLES) * FRAME_SAMPLES for place in (start, end))
    return start, end, found is not None


def _outermost(loud: npt.NDArray[np.bool_], start: int, end: int) -> tuple[int, int]:
    """Return the first loud sample of a stretch, and the one after its last; an empty stretch where there is none."""
    places = np.flatnonzero(loud[start:end])
    return (start + int(places[0]), start + int(places[-1]) + 1) if len(places) else (start, start)


def _middles_of_pauses(loudness: Samples, start: int, end: int) -> list[tuple[int, int]]:
    """Return what is left out of pauses that are too long: whole frames, for all that follows to keep its grid."""
    quiet = loudness[start:end] < loudness.max() * 10 ** (-EDGE_BELOW / 20)
    edges = start + np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]])))
    found = []
    for first, after in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        left_out = (after - first - LONGEST_PAUSE) // FRAME_SAMPLES * FRAME_SAMPLES
        if left_out > 0:
            begins = first + LONGEST_PAUSE // 2
            found.append((begins, begins + left_out))
    return found


def _first_and_last(probabilities: npt.NDArray[np.float32]) -> tuple[float, float] | None:
    """Return where speech begins and ends, in samples, between chunks by a straight line through their middles."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], probabilities >= SPEECH_FROM, [0]])))
    begins, ends = edges[::2], edges[1::2] - 1
    if len(begins) == 0:
        return None
    long = ends - begins + 1 >= LEAST_CHUNKS
    if long.any():
        begins, ends = begins[long], ends[long]
    places = np.arange(0.5, len(probabilities), dtype=np.float64) * CHUNK
    return _crossing(places, probabilities, begins[0], -1) - CHUNK / 2, (
        _crossing(places, probabilities, ends[-1], 1) + CHUNK / 2
    )


def _crossing(places: Samples, probabilities: npt.NDArray[np.float32], inside: int, step: int) -> float:
    """Return where the line from a chunk of speech to its neighbour crosses ``SPEECH_FROM``."""
    outside = inside + step
    if not 0 <= outside < len(places):
        return float(places[inside])
    share = (probabilities[inside] - SPEECH_FROM) / (probabilities[inside] - probabilities[outside])
    return float(places[inside] + share * (places[outside] - places[inside]))


def _loudness(centred: Samples) -> Samples:
    """Return the standard deviation of the 20 ms around each sample, with zeros beyond the ends."""
    samples = np.pad(centred, (_WINDOW // 2, _WINDOW - _WINDOW // 2))
    # Of sums over all samples, whose differences may be a little below zero since they are rounded.
    power = np.maximum(_moving_mean(np.square(samples)) - np.square(_moving_mean(samples)), 0.0)
    return np.sqrt(power)


def _moving_mean(values: Samples) -> Samples:
    sums = np.cumsum(np.concatenate([[0.0], values]))
    return (sums[_WINDOW:-1] - sums[: -_WINDOW - 1]) / _WINDOW


def _at_level(speech: Samples, loudness: Samples) -> Waveform:
    """Return speech without its constant part, at ``SPEECH_LEVEL``; silence as it is."""
    centred = speech - speech.mean()
    active = loudness >= loudness.max() * 10 ** (-ACTIVE_BELOW / 20)
    level = float(np.sqrt(np.mean(np.square(centred[active]))))
    return np.asarray(centred * (SPEECH_LEVEL / level) if level > 0 else centred, dtype=np.float32)
