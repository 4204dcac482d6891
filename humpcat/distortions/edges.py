"""Silence and noise around a clip, as a recording has that is switched on before the words and off after them.

The clip itself stays as it is. Room noise has a level of -60 dB relative to full scale, what a quiet room leaves on a
phone or a headset. How loud it is beside the speech depends on the clip's own level; therefore a hiss that is always
30 dB below the clip's root mean square stands beside it.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from humpcat.distortions.base import Distortion, decibels, root_mean_square
from humpcat.recording import SAMPLING_RATE, Waveform

ROOM_LEVEL = -60.0
"""Root mean square of room noise, in dB relative to a full scale of 1."""

HISS_BELOW_CLIP = 30.0
"""By how many dB a hiss is quieter than the clip."""

LOWEST = 20.0
"""Frequency in Hz below which room noise rises no more."""

SIDES = {"before": (1, 0), "after": (0, 1), "both": (1, 1)}
_WORDS = {"before": "before", "after": "after", "both": "before and after"}


def with_silence(waveform: Waveform, generator: np.random.Generator, *, seconds: float, side: str) -> Waveform:
    """Return a clip with digital silence around it.

    Args:
        waveform: shape (samples,).
        generator: not used.
        seconds: length of the silence on each side that has one.
        side: a key of ``SIDES``.
    """
    return _around(waveform, seconds, side, np.zeros)


def with_room_noise(waveform: Waveform, generator: np.random.Generator, *, seconds: float, side: str) -> Waveform:
    """Return a clip with pink noise of ``ROOM_LEVEL`` around it, as :func:`pink` draws it.

    Args:
        waveform: shape (samples,).
        generator: draws the noise.
        seconds: length of the noise on each side that has some.
        side: a key of ``SIDES``.
    """
    level = decibels(ROOM_LEVEL)
    return _around(waveform, seconds, side, lambda samples: level * pink(samples, generator))


def with_hiss(waveform: Waveform, generator: np.random.Generator, *, seconds: float, side: str) -> Waveform:
    """Return a clip with white noise around it that is ``HISS_BELOW_CLIP`` quieter than the clip.

    Args:
        waveform: shape (samples,).
        generator: draws the noise.
        seconds: length of the noise on each side that has some.
        side: a key of ``SIDES``.
    """
    level = root_mean_square(waveform) * decibels(-HISS_BELOW_CLIP)
    return _around(waveform, seconds, side, lambda samples: level * generator.standard_normal(samples))


def pink(samples: int, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return Gaussian noise whose power falls by 3 dB an octave, as the noise of rooms falls with frequency.

    The spectrum of white noise is divided by the square root of frequency (Timmer and König, On generating power law
    noise, Astronomy and Astrophysics 300, 1995), from ``LOWEST`` up.

    Args:
        samples: how many.
        generator: draws the noise.

    Returns:
        Shape (samples,), of root mean square 1.
    """
    spectrum = np.fft.rfft(generator.standard_normal(samples))
    frequency = np.fft.rfftfreq(samples, 1 / SAMPLING_RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, LOWEST)), samples)
    return np.asarray(noise / np.sqrt(np.mean(np.square(noise))))


def _around(
    waveform: Waveform, seconds: float, side: str, drawn: Callable[[int], npt.NDArray[np.float64]]
) -> Waveform:
    samples = round(seconds * SAMPLING_RATE)
    before, after = (drawn(samples) if wanted else np.zeros(0) for wanted in SIDES[side])
    return np.concatenate([before, waveform, after]).astype(np.float32)


def _silence(seconds: float, side: str) -> Distortion:
    change = partial(with_silence, seconds=seconds, side=side)
    return Distortion(f"silence-{seconds:g}s-{side}", f"{seconds:g} s of silence {_WORDS[side]}", "silence", change)


def _noise(seconds: float, side: str) -> Distortion:
    change = partial(with_room_noise, seconds=seconds, side=side)
    title = f"{seconds:g} s of room noise, {ROOM_LEVEL:g} dB, {_WORDS[side]}"
    return Distortion(f"noise-{seconds:g}s-{side}", title, "noise around", change)


EXPORT = (
    _silence(0.5, "both"),
    *(_silence(seconds, side) for seconds in (2, 5, 20) for side in SIDES),
    _noise(0.5, "both"),
    *(_noise(seconds, side) for seconds in (2, 5, 20) for side in SIDES),
    Distortion(
        "hiss-5s-both",
        f"5 s of hiss, {HISS_BELOW_CLIP:g} dB below the clip, before and after",
        "noise around",
        partial(with_hiss, seconds=5, side="both"),
    ),
)
