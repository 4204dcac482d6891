"""Log-mel spectrograms as grey pictures, which a network for images can look at.

The framing of VACNN + BOVW (Sensors 2020, 20, 5559): Fourier windows of 2048 samples every 512, as a picture of
224 x 224 grey values from 0 to 255. Number of bands, range and resizing are inferred: the defaults of librosa, the
whole clip stretched or shrunk to the width of the picture.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
from librosa.filters import mel

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.features.base import Arrays, Extractor
from humpcat.features.opencv import opencv

WINDOW_SAMPLES = 2048
HOP_SAMPLES = 512
MEL_BANDS = 128
SIZE = 224
RANGE_DB = 80.0
"""Decibels below the loudest point of a clip that are black."""

# librosa's smallest power: what is no louder is silence, and a picture of its own rounding errors would be noise.
_SILENCE = 1e-10

Picture = npt.NDArray[np.uint8]


class LogMel(Extractor):
    """A picture of each clip: array ``image`` of shape (224, 224), uint8.

    The lowest band is the bottom row. White, 255, is the loudest point, which resizing may dim a little; black, 0, is
    what lies ``RANGE_DB`` below it, and all of a silent clip.

    Raises:
        SettingsError: OpenCV is not installed.

    Example:
        >>> import numpy as np
        >>> image = LogMel().extract([np.sin(np.arange(16_000, dtype=np.float32))])[0]["image"]
        >>> image.shape, image.dtype
        ((224, 224), dtype('uint8'))
    """

    name = "logmel"
    version = 1
    in_processes = True
    # The paper draws the whole recording.
    hears_speech = False

    def __init__(self) -> None:
        # A missing OpenCV is told before the first clip is decoded.
        opencv()

    def settings(self) -> Mapping[str, Any]:
        """Return framing, bands, range and size."""
        return {
            "window": WINDOW_SAMPLES,
            "hop": HOP_SAMPLES,
            "mels": MEL_BANDS,
            "range": RANGE_DB,
            "size": SIZE,
            "rate": SAMPLING_RATE,
        }

    def extract(self, waveforms: Sequence[Waveform]) -> list[Arrays]:
        """Return ``image`` for each waveform, see the class."""
        return [{"image": picture(log_mel(waveform))} for waveform in waveforms]


def log_mel(waveform: Waveform) -> npt.NDArray[np.float32]:
    """Return decibels relative to the loudest point, shape (bands, frames), from -``RANGE_DB`` to 0.

    Equal to librosa's ``power_to_db(melspectrogram(...), ref=numpy.max)``, whose filters are made anew for every clip.

    Args:
        waveform: shape (samples,), 16 kHz.
    """
    # By hand, because librosa warns of clips shorter than a window.
    padded = np.pad(waveform, WINDOW_SAMPLES // 2)
    spectrum = librosa.stft(padded, n_fft=WINDOW_SAMPLES, hop_length=HOP_SAMPLES, center=False)
    power = _filters() @ (np.abs(spectrum) ** 2)
    if power.max() <= _SILENCE:
        return np.full_like(power, -RANGE_DB)
    return np.asarray(librosa.power_to_db(power, ref=np.max, top_db=RANGE_DB), dtype=np.float32)


def picture(decibels: npt.NDArray[np.float32]) -> Picture:
    """Return a grey picture of shape (224, 224), the lowest band at the bottom.

    Args:
        decibels: shape (bands, frames), as :func:`log_mel` gives.
    """
    grey = 255 * (1 + decibels[::-1] / RANGE_DB)
    frames = decibels.shape[1]
    # A long clip is averaged, for a picture that picks every eighth frame would miss what lies between.
    cv2 = opencv()
    grey = cv2.resize(grey, (SIZE, len(grey)), interpolation=cv2.INTER_AREA if frames > SIZE else cv2.INTER_LINEAR)
    grey = cv2.resize(grey, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


@cache
def _filters() -> npt.NDArray[np.float32]:
    return np.asarray(mel(sr=SAMPLING_RATE, n_fft=WINDOW_SAMPLES, n_mels=MEL_BANDS), dtype=np.float32)
