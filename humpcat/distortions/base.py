"""What a distortion is: something that a recording may have done to it, as a named function of a waveform."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from humpcat.recording import SAMPLING_RATE, Waveform

Change = Callable[[Waveform, np.random.Generator], Waveform]
"""From a waveform of shape (samples,), float32 at 16 kHz, and a seeded generator to the distorted one."""


@dataclass(frozen=True)
class Distortion:
    """One thing that a recording may have done to it.

    Attributes:
        name: how it is asked for.
        title: what it does, in a few words, for tables and drawings.
        family: what it has in common with others, a heading above them.
        change: what it does.
        sampling_rate: rate of what comes out, in Hz.
        version: raised whenever it gives other samples: features of distorted copies are then computed anew.

    Example:
        >>> half = Distortion("half", "half as loud", "level", lambda waveform, _: 0.5 * waveform)
        >>> half(np.ones(2, dtype=np.float32), np.random.default_rng(0)).tolist()
        [0.5, 0.5]
    """

    name: str
    title: str
    family: str
    change: Change
    sampling_rate: int = SAMPLING_RATE
    version: int = 1

    def __call__(self, waveform: Waveform, generator: np.random.Generator) -> Waveform:
        """Return the distorted waveform, of shape (samples,), float32 at :attr:`sampling_rate`; not clipped to 1.

        Args:
            waveform: shape (samples,), float32 at 16 kHz; it is left as it is.
            generator: what is drawn at random is drawn from it.
        """
        return np.ascontiguousarray(self.change(waveform, generator), dtype=np.float32)


def generator_of(seed: int, *names: str) -> np.random.Generator:
    """Return a generator that depends on a seed and on what it is for, and not on what was drawn before.

    Args:
        seed: from 0.
        *names: what it is for, such as a distortion and a clip.

    Example:
        >>> draws = [int(generator_of(0, name).integers(1000)) for name in ("room", "room", "telephone")]
        >>> draws[0] == draws[1], draws[0] == draws[2]
        (True, False)
    """
    return np.random.default_rng([seed, *(zlib.crc32(name.encode("utf-8", "surrogateescape")) for name in names)])


def root_mean_square(waveform: Waveform) -> float:
    """Return the root mean square of a waveform about its mean; 0 for an empty one.

    Args:
        waveform: shape (samples,).
    """
    return float(np.std(waveform, dtype=np.float64)) if len(waveform) else 0.0


def decibels(value: float) -> float:
    """Return the factor of amplitudes that a number of decibels is, 10 to the power of a twentieth of it.

    Example:
        >>> decibels(-20)
        0.1
    """
    return float(10 ** (value / 20))
