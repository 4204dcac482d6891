"""What makes speech hard to answer, as flags with reasons: too little of it, noise in it, no voice.

Each limit lies where fewer than one in a hundred clips of CREMA-D, EmoDB, MESD and RAVDESS would be flagged, single
words apart.
"""

import numpy as np
import numpy.typing as npt

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.flags import Flag

SHORTEST = 0.3
"""Seconds of speech below which there is hardly a syllable."""

LEAST_RISE = 8.0
"""Decibels by which the loudest of speech rises above the quietest: of EmoDB at least 22, of CREMA-D, which is noisy,
9. With noise as strong as the speech it is 7."""

LEAST_VOICED = 0.25
"""Share of voiced frames: of all four corpora at least 0.5; of whispered speech next to none."""

_LEVEL_FRAME = SAMPLING_RATE // 50
_VOICE_FRAME = SAMPLING_RATE // 25
_SHORTEST_PERIOD, _LONGEST_PERIOD = SAMPLING_RATE // 500, SAMPLING_RATE // 60
_VOWEL = 0.95
"""Voiced share from which speech may be nothing but a vowel."""
_VOICED_FROM = 0.45
"""Height of the autocorrelation from which a frame is voiced: Praat's default."""
_AUDIBLE = 1e-3
_LONGEST = 30 * SAMPLING_RATE


def flags_of_speech(speech: Waveform) -> tuple[Flag, ...]:
    """Say what makes speech hard to answer.

    Args:
        speech: shape (samples,), at 16 kHz, from the first to the last speech of a recording.

    Returns:
        Nothing for speech of the usual kind.

    Example:
        >>> time = np.arange(16_000) / 16_000
        >>> voice = (np.sin(2 * np.pi * 150 * time) * np.hanning(16_000)).astype(np.float32)
        >>> flags_of_speech(voice)
        ()
        >>> [flag.name for flag in flags_of_speech(voice[:3200])]
        ['short']
        >>> noise = np.random.default_rng(0).normal(size=16_000).astype(np.float32)
        >>> [flag.name for flag in flags_of_speech(noise)]
        ['noisy', 'unvoiced']
    """
    seconds = len(speech) / SAMPLING_RATE
    if seconds < SHORTEST:
        # Of so little nothing else can be told.
        return (Flag("short", f"holds {seconds:.2f} s of speech, expected {SHORTEST} s or more"),)
    found, heard = [], speech[:_LONGEST]
    voiced = voiced_share(heard)
    # One long vowel has no quiet parts, and no frame that noise could have made.
    if (rise := rise_of(heard)) < LEAST_RISE and voiced < _VOWEL:
        found.append(
            Flag("noisy", f"its speech rises {rise:.0f} dB above its quietest parts, expected {LEAST_RISE:.0f} dB")
        )
    if voiced < LEAST_VOICED:
        found.append(
            Flag(
                "unvoiced",
                f"{100 * voiced:.0f} % of it is voiced, expected {100 * LEAST_VOICED:.0f} % or more: is it whispered?",
            )
        )
    return tuple(found)


def rise_of(speech: Waveform) -> float:
    """Return by how many decibels the loudest 20 ms of speech rise above the quietest, the outer twentieths apart.

    Args:
        speech: shape (samples,).
    """
    whole = speech[: len(speech) // _LEVEL_FRAME * _LEVEL_FRAME].reshape(-1, _LEVEL_FRAME)
    levels = 10 * np.log10(np.square(whole, dtype=np.float64).mean(axis=1) + 1e-12)
    quietest, loudest = np.percentile(levels, [5, 95])
    return float(loudest - quietest)


def voiced_share(speech: Waveform) -> float:
    """Return the share of audible frames of 40 ms that are voiced, by their autocorrelation (Boersma, 1993).

    Args:
        speech: shape (samples,), a frame at least.
    """
    frames = speech[: len(speech) // _VOICE_FRAME * _VOICE_FRAME].reshape(-1, _VOICE_FRAME)
    frames = frames - frames.mean(axis=1, keepdims=True)
    power = np.square(frames).mean(axis=1)
    audible = frames[power >= _AUDIBLE * power.max()]
    window = np.hanning(_VOICE_FRAME).astype(np.float32)
    own = _autocorrelation(window[None])[0]
    correlation = _autocorrelation(audible * window)
    heights = correlation / np.maximum(correlation[:, :1], 1e-12) / (own / own[0])
    return float((heights[:, _SHORTEST_PERIOD:_LONGEST_PERIOD].max(axis=1) > _VOICED_FROM).mean())


def _autocorrelation(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the autocorrelation of each frame up to the longest period, shape (frames, lags)."""
    spectrum = np.fft.rfft(frames, 2 * _VOICE_FRAME)
    return np.fft.irfft(np.square(np.abs(spectrum)))[:, : _LONGEST_PERIOD + 1].astype(np.float32)
