"""Prosody in plain figures with units, of a clip by itself and beside how its speaker speaks otherwise."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.prosody import FRAME_VALUES, FUNCTIONALS, PAUSE_BELOW_PEAK, SEMITONE_REFERENCE, Prosody, Vector
from humpcat.flags import level

PAUSE_SECONDS = 0.25
"""Shortest pause: shorter silences are stops within words (de Jong and Bosker, Choosing a threshold for silent pauses
to measure second language fluency, 2013)."""

LEAST_CLIPS = 3
"""Clips of a speaker from which their spread says what is unusual."""

SMALLEST_SPREAD = 1e-3
"""Standard deviation, in the unit of any figure, below which the clips of a speaker are all alike to any ear."""

FULL_SCALE = 20 * math.log10(1 / 2e-5)
"""What Praat, for which an amplitude of 1 is one pascal, calls full scale, in dB."""

_ENDS = (5, 95)

Figures = dict[str, float | None]
"""Figures by name, which ends in the unit; None where a clip has none, as a pitch without a voice."""

Usual = Mapping[str, tuple[float, float, int]]
"""Mean and standard deviation of a figure over the clips of a speaker, and the number of clips that have it."""


@dataclass(frozen=True)
class Voice:
    """The prosody of one clip.

    Attributes:
        figures: ``speech_seconds``; ``f0_median_hz``, ``f0_low_hz`` and ``f0_high_hz`` (5th and 95th percentile),
            ``f0_median_semitones`` (above 100 Hz) and ``f0_range_semitones`` (between the percentiles);
            ``intensity_mean_dbfs`` (0 is full scale) and ``intensity_range_db`` (5th to 95th percentile), both without
            pauses; ``syllables_per_second``; ``pause_count``, ``pause_share`` and ``pause_mean_seconds``;
            ``voiced_share``.
        f0: time from the beginning of the speech in seconds and F0 in Hz of each voiced frame of 20 ms.
    """

    figures: Figures
    f0: list[tuple[float, float]]


@dataclass(frozen=True)
class Difference:
    """A figure beside what is usual for a speaker.

    Attributes:
        difference: how far it lies above, in the unit of the figure.
        z: the same in standard deviations of the speaker's clips; None where these are too few or all alike.
        clips: clips of the speaker that have the figure.
    """

    difference: float
    z: float | None
    clips: int


def voice_of(speech: Waveform, recorded: Waveform) -> Voice:
    """Measure the prosody of a clip.

    F0, intensity and voicing are those of :class:`humpcat.features.prosody.Prosody`. Syllables are counted by their
    nuclei, peaks of intensity that are voiced and have dips of 2 dB around them (de Jong and Wempe, Praat script to
    detect syllable nuclei and measure speech rate automatically, 2009). A pause is what lies 25 dB or more below the
    loudest frame for a quarter of a second or longer.

    Args:
        speech: what a model hears, from the first to the last speech and at one level, shape (samples,), 16 kHz.
        recorded: the same stretch as it was recorded, for its level.

    Example:
        >>> time = np.arange(16_000) / 16_000
        >>> buzz = np.sign(np.sin(2 * np.pi * 200 * time)).astype(np.float32)
        >>> figures = voice_of(buzz, 0.1 * buzz).figures
        >>> round(figures["f0_median_hz"]), round(figures["f0_median_semitones"]), round(figures["voiced_share"], 1)
        (200, 12, 1.0)
        >>> round(figures["intensity_mean_dbfs"]), figures["pause_count"], figures["pause_mean_seconds"]
        (-20, 0.0, None)
    """
    arrays = Prosody().extract([speech])[0]
    frames = dict(zip(FRAME_VALUES, arrays["prosody"].astype(np.float64).T, strict=True))
    whole = dict(zip(FUNCTIONALS, arrays["functionals"].tolist(), strict=True))
    voiced = frames["voicing"] > 0.5
    times = (np.flatnonzero(voiced) + 0.5) * FRAME_SAMPLES / SAMPLING_RATE
    hertz = SEMITONE_REFERENCE * 2 ** (frames["f0"][voiced] / 12)
    figures: Figures = {
        "speech_seconds": len(speech) / SAMPLING_RATE,
        **_pitch(frames["f0"][voiced]),
        # The door brings speech to one level, and moves nothing else of it.
        **_intensity(frames["intensity"], level(recorded) - level(speech) - FULL_SCALE),
        "syllables_per_second": whole["speech_rate"],
        **_pauses(frames["intensity"]),
        "voiced_share": whole["voiced_share"],
    }
    return Voice(figures, list(zip(times.tolist(), hertz.tolist(), strict=True)))


def usual_of(clips: Sequence[Figures]) -> Usual:
    """Return what is usual for a speaker.

    Args:
        clips: figures of clips of the speaker, at least one.

    Returns:
        Mean and standard deviation of each figure that can be compared between clips; not of lengths and counts,
        and of F0 in semitones only.

    Example:
        >>> usual_of([{"f0_median_semitones": 2.0}, {"f0_median_semitones": 4.0}, {"f0_median_semitones": None}])
        {'f0_median_semitones': (3.0, 1.41..., 2)}
    """
    usual = {}
    for name in clips[0]:
        values = [value for each in clips if (value := each[name]) is not None]
        if values and not name.endswith("_hz") and name not in ("speech_seconds", "pause_count"):
            usual[name] = (float(np.mean(values)), float(np.std(values, ddof=min(1, len(values) - 1))), len(values))
    return usual


def beside(figures: Figures, usual: Usual) -> dict[str, Difference]:
    """Return figures beside what is usual for a speaker; those that both have.

    Args:
        figures: of a clip.
        usual: of the speaker.

    Example:
        >>> beside({"f0_median_semitones": 6.0}, {"f0_median_semitones": (3.0, 2.0, 9)})
        {'f0_median_semitones': Difference(difference=3.0, z=1.5, clips=9)}
    """
    found = {}
    for name, (mean, spread, clips) in usual.items():
        value = figures[name]
        if value is not None:
            known = clips >= LEAST_CLIPS and spread >= SMALLEST_SPREAD
            found[name] = Difference(value - mean, (value - mean) / spread if known else None, clips)
    return found


def _pitch(semitones: Vector) -> Figures:
    names = ("f0_low", "f0_median", "f0_high")
    if not len(semitones):
        return {**{f"{name}_hz": None for name in names}, "f0_median_semitones": None, "f0_range_semitones": None}
    low, median, high = np.percentile(semitones, (_ENDS[0], 50, _ENDS[1])).tolist()
    hertz = {
        f"{name}_hz": SEMITONE_REFERENCE * 2 ** (value / 12)
        for name, value in zip(names, (low, median, high), strict=True)
    }
    return {**hertz, "f0_median_semitones": median, "f0_range_semitones": high - low}


def _intensity(decibels: Vector, above: float) -> Figures:
    spoken = decibels[_spoken(decibels)]
    low, high = np.percentile(spoken, _ENDS).tolist()
    return {"intensity_mean_dbfs": float(spoken.mean()) + above, "intensity_range_db": high - low}


def _pauses(decibels: Vector) -> Figures:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], ~_spoken(decibels), [0]])))
    lengths = (edges[1::2] - edges[::2]) * FRAME_SAMPLES / SAMPLING_RATE
    pauses = lengths[lengths >= PAUSE_SECONDS]
    return {
        "pause_count": float(len(pauses)),
        "pause_share": float(pauses.sum()) / (len(decibels) * FRAME_SAMPLES / SAMPLING_RATE),
        "pause_mean_seconds": float(pauses.mean()) if len(pauses) else None,
    }


def _spoken(decibels: Vector) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return decibels > decibels.max() - PAUSE_BELOW_PEAK
