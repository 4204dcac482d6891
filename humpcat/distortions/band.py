"""Another band or sampling rate: telephone, 8 kHz, 44.1 kHz."""

from functools import partial

import numpy as np
import soxr
from scipy.signal import butter, sosfiltfilt

from humpcat.distortions.base import Distortion
from humpcat.recording import SAMPLING_RATE, Waveform

TELEPHONE = (300.0, 3400.0)
"""Pass band of a telephone channel in Hz (ITU-T Recommendation G.712)."""

ORDER = 4
"""Order of the Butterworth filter, which is applied twice."""

RATES = {"8kHz": 8_000, "44.1kHz": 44_100}


def telephone(waveform: Waveform, generator: np.random.Generator) -> Waveform:
    """Return what a telephone passes: a Butterworth band-pass, forwards and backwards, so that nothing is delayed.

    Args:
        waveform: shape (samples,).
        generator: not used.
    """
    filters = butter(ORDER, TELEPHONE, "bandpass", fs=SAMPLING_RATE, output="sos")
    # What scipy extends a signal by, where the signal is as long as that.
    extension = min(3 * (2 * len(filters) + 1), max(len(waveform) - 1, 0))
    filtered = sosfiltfilt(filters, waveform.astype(np.float64), padlen=extension)
    return np.asarray(filtered, dtype=np.float32)


def at_rate(waveform: Waveform, generator: np.random.Generator, *, rate: int) -> Waveform:
    """Return a clip at another sampling rate, by soxr at high quality.

    Args:
        waveform: shape (samples,).
        generator: not used.
        rate: in Hz.
    """
    return np.asarray(soxr.resample(waveform, SAMPLING_RATE, rate), dtype=np.float32)


EXPORT = (
    Distortion("telephone", "telephone band, 300 to 3400 Hz", "band", telephone),
    *(
        Distortion(name, f"sampled at {name.removesuffix('kHz')} kHz", "band", partial(at_rate, rate=rate), rate)
        for name, rate in RATES.items()
    ),
)
