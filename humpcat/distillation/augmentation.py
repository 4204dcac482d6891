"""What a crop is made into: another voice, which the teacher hears too, and another recording, which it does not.

The teacher's hidden states of a faster or mixed voice, or of one that pauses, are what they should be. Those of a
noisy or reverberant recording are not what is wanted: it hears the clean crop, and the student learns to answer alike
for any recording.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import lfilter

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.distortions.band import telephone
from humpcat.distortions.base import decibels, root_mean_square
from humpcat.distortions.edges import pink
from humpcat.distortions.noise import with_white_noise
from humpcat.distortions.room import in_room
from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.speech import at_level

SPEEDS = (0.75, 1.35)
"""Factors of the speed, drawn evenly on a logarithmic scale: pitch and formants move with it, as between voices."""

SPEED_SHARE, MIX_SHARE = 0.7, 0.15
"""Shares of crops that are played at another speed, and into which a second voice is mixed."""

MIX_RATIOS = (0.0, 12.0)
"""By how many decibels the second voice is quieter."""

PAUSE_SHARE = 0.2
"""Share of crops with a pause in them, which corpora of single sentences hardly know."""

PAUSE_SECONDS = (0.2, 2.0)
"""Length of a pause, drawn evenly on a logarithmic scale."""

PAUSE_BELOW = (30.0, 70.0)
"""By how many decibels what is heard in a pause is quieter than speech."""

NOISE_SHARE, ROOM_SHARE, BAND_SHARE, TILT_SHARE = 0.5, 0.35, 0.2, 0.3
"""Shares of recordings with noise, in a room, through a telephone, and by a microphone that is not flat."""

NOISE_RATIOS = (5.0, 35.0)
"""Ratios of signal to noise in decibels."""

DECAYS = (0.1, 0.8)
"""Seconds in which a room's reverberation falls by 60 dB."""

TILTS = (-0.6, 0.9)
"""Coefficient of a filter ``y[n] = x[n] - c x[n - 1]``, which makes a recording dull or sharp."""

GAINS = (-4.0, 4.0)
"""Decibels by which the level of speech is found wrongly, as it is under noise."""


def drawn_speed(generator: np.random.Generator) -> float:
    """Return the speed at which a crop is played, 1 for as it is.

    Args:
        generator: draws it.
    """
    if generator.random() >= SPEED_SHARE:
        return 1.0
    return float(np.exp(generator.uniform(*np.log(SPEEDS))))


def mixed(voice: Waveform, other: Callable[[], Waveform], generator: np.random.Generator) -> Waveform:
    """Return a crop with a second voice in some of its cases, at the level of speech.

    Args:
        voice: shape (samples,).
        other: gives the second voice where there is one, shape (any samples,); what is too long is cut.
        generator: draws whether there is one, how loud it is and where it begins.
    """
    if generator.random() < MIX_SHARE:
        second = other()[: len(voice)]
        start = int(generator.integers(len(voice) - len(second) + 1))
        level = (
            root_mean_square(voice) / max(root_mean_square(second), 1e-6) * decibels(-generator.uniform(*MIX_RATIOS))
        )
        voice = voice.copy()
        voice[start : start + len(second)] += np.float32(level) * second
    return at_level(voice)


def paused(voice: Waveform, generator: np.random.Generator) -> Waveform:
    """Return a crop, in some cases with a pause somewhere within, of a quiet room's noise.

    Args:
        voice: shape (samples,), whole frames.
        generator: draws whether there is one, where, how long and how quiet it is.
    """
    if generator.random() >= PAUSE_SHARE:
        return voice
    frames = round(float(np.exp(generator.uniform(*np.log(PAUSE_SECONDS)))) * SAMPLING_RATE / FRAME_SAMPLES)
    level = root_mean_square(voice) * decibels(-generator.uniform(*PAUSE_BELOW))
    pause = (level * pink(frames * FRAME_SAMPLES, generator)).astype(np.float32)
    place = int(generator.integers(1, max(2, len(voice) // FRAME_SAMPLES))) * FRAME_SAMPLES
    return np.concatenate([voice[:place], pause, voice[place:]])


def recorded(voice: Waveform, generator: np.random.Generator) -> Waveform:
    """Return a crop as it might have been recorded, as long as it was.

    Args:
        voice: shape (samples,).
        generator: draws what happens to it.
    """
    samples, waveform = len(voice), voice
    if generator.random() < ROOM_SHARE:
        waveform = in_room(waveform, generator, decay=generator.uniform(*DECAYS))[:samples]
    if generator.random() < TILT_SHARE:
        waveform = lfilter([1.0, -generator.uniform(*TILTS)], [1.0], waveform).astype(np.float32)
    if generator.random() < NOISE_SHARE:
        ratio = generator.uniform(*NOISE_RATIOS)
        if generator.random() < 0.5:
            waveform = with_white_noise(waveform, generator, ratio=ratio)
        else:
            level = root_mean_square(waveform) * decibels(-ratio)
            waveform = (waveform + level * pink(samples, generator)).astype(np.float32)
    if generator.random() < BAND_SHARE:
        waveform = telephone(waveform, generator)
    return at_level(waveform) * np.float32(decibels(generator.uniform(*GAINS)))
