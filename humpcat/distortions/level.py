"""Another level: a microphone further away or turned up, and a constant that cheap converters add."""

from functools import partial

import numpy as np

from humpcat.distortions.base import Distortion, decibels
from humpcat.recording import Waveform

GAINS = (-40, -20, -10, 10)
"""Gains in dB."""

OFFSET = 0.05
"""Constant that is added, where full scale is 1."""


def with_gain(waveform: Waveform, generator: np.random.Generator, *, gain: float) -> Waveform:
    """Return a clip multiplied by 10 to the power of a twentieth of the gain; what exceeds 1 is not clipped.

    Args:
        waveform: shape (samples,).
        generator: not used.
        gain: in dB.
    """
    return (decibels(gain) * waveform).astype(np.float32)


def with_offset(waveform: Waveform, generator: np.random.Generator) -> Waveform:
    """Return a clip with ``OFFSET`` added.

    Args:
        waveform: shape (samples,).
        generator: not used.
    """
    return (waveform + OFFSET).astype(np.float32)


EXPORT = (
    *(Distortion(f"gain{gain:+d}dB", f"gain {gain:+d} dB", "level", partial(with_gain, gain=gain)) for gain in GAINS),
    Distortion(f"offset-{OFFSET:g}", f"a constant of {OFFSET:g} added", "level", with_offset),
)
