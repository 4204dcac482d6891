"""Noise over the whole clip."""

from functools import partial

import numpy as np

from humpcat.distortions.base import Distortion, decibels, root_mean_square
from humpcat.recording import Waveform

RATIO = 20.0
"""Ratio of signal to noise in dB."""


def with_white_noise(waveform: Waveform, generator: np.random.Generator, *, ratio: float) -> Waveform:
    """Return a clip with white Gaussian noise over all of it.

    The ratio is that of the root mean squares of the clip, pauses included, and of the noise.

    Args:
        waveform: shape (samples,).
        generator: draws the noise.
        ratio: signal to noise in dB.
    """
    level = root_mean_square(waveform) * decibels(-ratio)
    return (waveform + level * generator.standard_normal(len(waveform))).astype(np.float32)


EXPORT = (
    Distortion(
        f"white-noise-{RATIO:g}dB",
        f"white noise, {RATIO:g} dB below the clip",
        "noise over it",
        partial(with_white_noise, ratio=RATIO),
    ),
)
