"""The reverberation of a room."""

from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from humpcat.distortions.base import Distortion
from humpcat.recording import SAMPLING_RATE, Waveform

DECAY = 0.4
"""Seconds in which reverberation falls by 60 dB (T60): a living room or an office."""

DIRECT_RATIO = 0.0
"""Energy of the direct sound beside that of the reverberation, in dB: a speaker at the room's critical distance."""

GAP = 0.0025
"""Seconds from the direct sound to the first reflection."""


def room_response(generator: np.random.Generator, decay: float) -> npt.NDArray[np.float64]:
    """Return a synthetic impulse response: the direct sound, then Gaussian noise that decays exponentially.

    The diffuse tail is b(t) exp(-3 ln(10) t / T60) with white Gaussian b (Polack, La transmission de l'énergie sonore
    dans les salles, 1988; as in Habets, Single- and multi-microphone speech dereverberation, 2007, section 2.2): its
    energy falls by 60 dB in T60. It begins ``GAP`` after the direct sound and has its energy times ``DIRECT_RATIO``.

    Args:
        generator: draws the noise.
        decay: T60 in seconds.

    Returns:
        Shape (samples,) at 16 kHz, ``decay`` long; the direct sound is 1 and comes first.
    """
    samples, first = round(decay * SAMPLING_RATE), round(GAP * SAMPLING_RATE)
    time = np.arange(samples - first) / SAMPLING_RATE
    tail = generator.standard_normal(len(time)) * np.exp(-3 * np.log(10) * time / decay)
    tail *= 10 ** (-DIRECT_RATIO / 20) / np.sqrt(np.square(tail).sum())
    return np.concatenate([[1.0], np.zeros(first - 1), tail])


def in_room(waveform: Waveform, generator: np.random.Generator, *, decay: float) -> Waveform:
    """Return a clip as it sounds in a room, with what rings on after its end; each clip is said in a room of its own.

    Args:
        waveform: shape (samples,).
        generator: draws the room.
        decay: T60 in seconds.
    """
    return np.asarray(fftconvolve(waveform, room_response(generator, decay)), dtype=np.float32)


EXPORT = (
    Distortion(f"room-{DECAY:g}s", f"a room's reverberation, T60 {DECAY:g} s", "room", partial(in_room, decay=DECAY)),
)
