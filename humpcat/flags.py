"""What makes a signal unusable, as flags with reasons: a model answers silence as surely as it answers speech."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SILENT = "silent"
"""Name of the flag of a clip without sound."""

NO_SPEECH = "no speech"
"""Name of the flag of a clip in which no speech is found; :mod:`humpcat.features.speech` looks for it."""

SILENT_LEVEL = -70.0
"""Level in dBFS below which nothing is heard; the quietest speech that RAVDESS holds, pauses included, has -64."""

DEAD_BELOW = 50.0
"""By how many dB the channel of the others must be quieter than the loudest for it to hold nothing of its own."""

CANCELLED_BELOW = 20.0
"""By how many dB the mean of the channels must be quieter than the channels for them to cancel each other."""

SILENT_SHARE = 0.95
"""Share of digital zeros from which a clip is silent, whatever the rest of it holds."""

ZERO = 2.0**-16
"""Amplitude below which a sample is digital zero: half a step of 16 bits."""

QUIETEST_OFFSET = -50.0
"""Level in dBFS from which a constant that is stronger than the sound about it is told."""

CLIPPED_SHARE = 0.05
"""Share of samples at the limit from which a clip is told to be clipped; loud speech that clips at times has 0.01."""

CLIPPED_RUN = 3
"""Samples in a row at the limit that count as clipped."""

OVERSHOOT = 1.5
"""Amplitude beyond which floats are louder than full scale can be."""

_PART = 1 << 20

Samples = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Flag:
    """One thing that keeps an answer from being believed.

    Attributes:
        name: "silent", "no speech", "offset", "dead channel", "cancelled channels", "clipped" or "overshoot".
        reason: what was measured and what was expected, as a sentence without its full stop.
    """

    name: str
    reason: str


def flags_of(samples: Samples, heard: Samples) -> tuple[Flag, ...]:
    """Say what makes a recording unusable.

    Args:
        samples: what was decoded, shape (samples,) or (samples, channels).
        heard: what the model hears of it, shape (samples,): one channel, or the mean of all.

    Returns:
        Nothing for a sound recording.

    Example:
        >>> silence = np.zeros(16_000)
        >>> [flag.name for flag in flags_of(silence, silence)]
        ['silent']
        >>> voice = 0.1 * np.sin(np.arange(16_000) / 20)
        >>> flags_of(voice, voice)
        ()
        >>> flags_of(np.stack([voice, silence], axis=1), voice / 2)[0].reason
        'channel 1 of 2 is silent beside channel 0: what is heard is their mean; choose channel 0'
    """
    channels = [samples] if samples.ndim == 1 else list(samples.T)
    # What is heard of a lone channel at its own rate is that channel.
    levels = [level(channel) for channel in channels]
    of_heard = levels[0] if len(channels) == 1 else level(heard)
    limits = [(float(channel.min()), float(channel.max())) for channel in channels]
    found = [
        _silence(samples, levels, of_heard),
        _offset(float(np.mean(heard, dtype=np.float64)), of_heard),
        _clipping([_share_at_limit(channel, *limit) for channel, limit in zip(channels, limits, strict=True)]),
        _overshoot(max(max(abs(limit) for limit in pair) for pair in limits)),
    ]
    if len(channels) > 1:
        found += [_dead_channels(levels), _cancellation(levels, of_heard)]
    return tuple(flag for flag in found if flag is not None)


def is_silent(heard: Samples) -> bool:
    """Return whether what is heard holds no sound, so that nothing can be learnt from it.

    Args:
        heard: shape (samples,).

    Example:
        >>> is_silent(np.full(16_000, 0.3)), is_silent(0.1 * np.sin(np.arange(16_000) / 20))
        (True, False)
    """
    return any(flag.name == SILENT for flag in flags_of(heard, heard))


def level(samples: Samples) -> float:
    """Return the root mean square about the mean in dBFS, over time; minus infinity for a constant.

    Args:
        samples: shape (samples,).
    """
    mean = np.mean(samples, dtype=np.float64)
    # In parts, since a copy of an hour of samples in double precision would cost more than the model.
    parts = (samples[start : start + _PART] - mean for start in range(0, len(samples), _PART))
    power = sum(float(np.dot(part, part)) for part in parts) / len(samples)
    # A constant in floats has a variance of its rounding, far below that of half a step of 16 bits.
    return 10 * math.log10(power) if power > 1e-20 else -math.inf


def _silence(samples: Samples, levels: list[float], heard: float) -> Flag | None:
    if max(levels) >= SILENT_LEVEL:
        zeros = float(((samples < ZERO) & (samples > -ZERO)).mean())
        return Flag(SILENT, f"{100 * zeros:.1f} % of its samples are digital zero") if zeros >= SILENT_SHARE else None
    shown = "every sample is the same" if math.isinf(heard) else f"its level is {heard:.0f} dBFS"
    return Flag(SILENT, f"holds no sound: {shown}, expected {SILENT_LEVEL:.0f} dBFS or more")


def _offset(constant: float, heard: float) -> Flag | None:
    offset = 20 * math.log10(abs(constant)) if constant else -math.inf
    if offset < QUIETEST_OFFSET or offset <= heard:
        return None
    return Flag("offset", f"is a constant of {constant:.3g} (DC) more than it is sound: remove the offset")


def _clipping(shares: list[float]) -> Flag | None:
    share = max(shares)
    if share < CLIPPED_SHARE:
        return None
    return Flag("clipped", f"{100 * share:.0f} % of its samples are cut off at the limit: record it at a lower gain")


def _overshoot(peak: float) -> Flag | None:
    return Flag("overshoot", f"samples reach {peak:.3g}, expected -1 to 1") if peak > OVERSHOOT else None


def _dead_channels(levels: list[float]) -> Flag | None:
    loudest = max(range(len(levels)), key=levels.__getitem__)
    dead = [str(place) for place, found in enumerate(levels) if found < levels[loudest] - DEAD_BELOW]
    if not dead or levels[loudest] < SILENT_LEVEL:
        return None
    which = f"channel {dead[0]} of {len(levels)} is" if len(dead) == 1 else f"channels {', '.join(dead)} are"
    return Flag(
        "dead channel",
        f"{which} silent beside channel {loudest}: what is heard is their mean; choose channel {loudest}",
    )


def _cancellation(levels: list[float], heard: float) -> Flag | None:
    loudest = max(levels)
    if loudest < SILENT_LEVEL or heard >= loudest - CANCELLED_BELOW:
        return None
    gone = "nothing is left" if math.isinf(heard) else f"the mean is {loudest - heard:.0f} dB quieter than they are"
    return Flag("cancelled channels", f"its channels cancel each other, {gone}: choose one of them")


def _share_at_limit(channel: Samples, lowest: float, highest: float) -> float:
    """Return the share of samples in runs at the largest or the smallest value of a channel."""
    clipped = 0
    for limit, at_limit in ((highest, np.greater_equal), (lowest, np.less_equal)):
        # Nothing clips at a small value, and a constant is no clipping.
        if abs(limit) < 0.01 or highest == lowest:
            continue
        inwards = 1e-4 * abs(limit) * (-1 if limit == highest else 1)
        at = at_limit(channel, limit + inwards)
        if np.count_nonzero(at) < CLIPPED_SHARE / 10 * len(channel):
            continue
        edges = np.flatnonzero(np.diff(np.concatenate(([0], at.astype(np.int8), [0]))))
        runs = edges[1::2] - edges[::2]
        clipped += int(runs[runs >= CLIPPED_RUN].sum())
    return clipped / len(channel)
