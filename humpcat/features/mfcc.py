"""Mel-frequency cepstra with their slopes and the log energy: 40 values a 20 ms frame.

The paper's framing (HuMP-CAT, arXiv 2501.10408): 40 ms Hamming windows every 20 ms.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.features.base import FRAME_SAMPLES, Arrays, Extractor
from humpcat.features.cepstra import COEFFICIENTS, MEL_BANDS, WINDOW_SAMPLES, choose_cepstra

WIDTH = 3 * COEFFICIENTS + 1


class Mfcc(Extractor):
    """13 MFCC, 13 delta, 13 delta-delta and log energy, array ``mfcc`` of shape (frames, 40), float32.

    Which library computes them is no setting: both give the same values, see :mod:`humpcat.features.cepstra`.

    Example:
        >>> import numpy as np
        >>> Mfcc().extract([np.zeros(16_000, dtype=np.float32)])[0]["mfcc"].shape
        (50, 40)
    """

    name = "mfcc"
    version = 2
    in_processes = True

    def settings(self) -> Mapping[str, Any]:
        """Return framing and sizes."""
        return {
            "window": WINDOW_SAMPLES,
            "hop": FRAME_SAMPLES,
            "coefficients": COEFFICIENTS,
            "mels": MEL_BANDS,
            "rate": SAMPLING_RATE,
        }

    def extract(self, waveforms: Sequence[Waveform]) -> list[Arrays]:
        """Return ``mfcc`` for each waveform, see the class."""
        return [{"mfcc": _mfcc(waveform)} for waveform in waveforms]


def _mfcc(waveform: Waveform) -> npt.NDArray[np.float32]:
    # Half a hop on both sides puts the window of frame t around the middle of its 20 ms.
    padded = np.pad(waveform.astype(np.float64), FRAME_SAMPLES // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)[::FRAME_SAMPLES]
    energy = np.log(np.square(windows).mean(axis=1) + 1e-10)
    return np.vstack([choose_cepstra()(padded), energy]).T.astype(np.float32, order="C")
