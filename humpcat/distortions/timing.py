"""Another length: cut at the end, said twice, faster or slower."""

from functools import partial

import numpy as np
import soxr

from humpcat.distortions.base import Distortion
from humpcat.recording import SAMPLING_RATE, Waveform

CUT = 0.3
"""Seconds that are cut at the end."""

SPEEDS = (0.9, 1.1)
"""Factors of the speed."""


def cut(waveform: Waveform, generator: np.random.Generator, *, seconds: float) -> Waveform:
    """Return a clip without its end; a clip that is no longer than that is left without samples.

    Args:
        waveform: shape (samples,).
        generator: not used.
        seconds: what is cut.
    """
    return waveform[: max(0, len(waveform) - round(seconds * SAMPLING_RATE))]


def twice(waveform: Waveform, generator: np.random.Generator) -> Waveform:
    """Return a clip and the same clip once more, with nothing between.

    Args:
        waveform: shape (samples,).
        generator: not used.
    """
    return np.concatenate([waveform, waveform])


def at_speed(waveform: Waveform, generator: np.random.Generator, *, speed: float) -> Waveform:
    """Return a clip played faster or slower, pitch and formants with it, as a tape is; by soxr.

    Args:
        waveform: shape (samples,).
        generator: not used.
        speed: more than 1 is faster.
    """
    return np.asarray(soxr.resample(waveform, speed * SAMPLING_RATE, SAMPLING_RATE), dtype=np.float32)


EXPORT = (
    Distortion(f"cut-{CUT:g}s", f"the last {CUT:g} s cut", "length", partial(cut, seconds=CUT)),
    Distortion("twice", "said twice", "length", twice),
    *(
        Distortion(f"speed-{speed:g}", f"speed times {speed:g}, pitch too", "length", partial(at_speed, speed=speed))
        for speed in SPEEDS
    ),
)
