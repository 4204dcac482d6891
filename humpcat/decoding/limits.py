"""What audio may be at most, so that a small file or a wrong number cannot ask for all memory."""

from numbers import Real
from typing import Any

from humpcat.errors import AudioError

LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000
"""Samples per second that a recording of speech can have; 768 kHz is the highest rate of any converter."""

MOST_CHANNELS = 64

MOST_VALUES = 1 << 30
"""Samples of all channels that are decoded at once, 4 GB: six hours of one channel at 48 kHz, 18 hours at 16 kHz."""

MOST_SECONDS = 18 * 3600
"""Longest audio that is decoded at once: at a low rate it is small, and grows where it is resampled."""


def refuse_rate(name: str, rate: Any) -> None:
    """Refuse a sampling rate that no recording of speech has.

    Args:
        name: the source, as messages call it.
        rate: samples per second, as it was found.

    Raises:
        AudioError: it is no whole number, or out of range.

    Example:
        >>> refuse_rate("array", 1)
        Traceback (most recent call last):
        humpcat.errors.AudioError: array: sampling rate 1 found, expected a whole number of Hz from 1000 to 768000: ...
    """
    # Tables and NumPy make floats of rates.
    whole = isinstance(rate, Real) and not isinstance(rate, bool) and float(rate).is_integer()
    if not whole or not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise AudioError(
            f"{name}: sampling rate {rate!r} found, expected a whole number of Hz from {LOWEST_RATE} to "
            f"{HIGHEST_RATE}: say the rate that it was recorded at, or write it again."
        )


def refuse_size(name: str, frames: int, rate: int, channels: int) -> None:
    """Refuse more samples than are decoded at once.

    Args:
        name: the source, as messages call it.
        frames: samples a channel.
        rate: samples per second.
        channels: number of channels.

    Raises:
        AudioError: there are more channels or samples.
    """
    if channels > MOST_CHANNELS:
        raise AudioError(f"{name}: has {channels} channels, expected at most {MOST_CHANNELS}: write it with fewer.")
    most = most_frames(rate, channels)
    if frames > most:
        raise AudioError(
            f"{name}: lasts {frames / rate / 3600:.1f} h or more ({channels} x {rate} Hz), expected at most "
            f"{most / rate / 3600:.1f} h: cut it into parts."
        )


def most_frames(rate: int, channels: int) -> int:
    """Return how many samples a channel are decoded at once.

    Args:
        rate: samples per second.
        channels: number of channels.
    """
    return min(MOST_VALUES // max(channels, 1), MOST_SECONDS * rate)
