"""Cepstra and their slopes by torchaudio or, where it cannot be loaded, by librosa: the same values to 1e-4.

torchaudio loads beside some releases of torch only. Both ways compute in double precision: in single precision the
rounding of the spectrum of a quiet clip alone moves a coefficient by more than 1e-4.
"""

import logging
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from humpcat.audio import SAMPLING_RATE
from humpcat.environment.torch_pairs import torchaudio_problem
from humpcat.features.base import FRAME_SAMPLES

WINDOW_SAMPLES = 2 * FRAME_SAMPLES
COEFFICIENTS = 13
MEL_BANDS = 40
SLOPE_FRAMES = 5

Signal = npt.NDArray[np.float64]
CepstraOf = Callable[[Signal], Signal]
"""From a signal of shape (samples,) to 13 cepstra, their slopes and their curvatures, shape (39, frames)."""

logger = logging.getLogger(__name__)


@cache
def choose_cepstra() -> CepstraOf:
    """Return torchaudio's way, or librosa's after one warning that names the reason and the mend.

    Example:
        >>> choose_cepstra()(np.zeros(16_320)).shape
        (39, 50)
    """
    try:
        return torchaudio_cepstra()
    # Which exception a native library ends in depends on what does not fit.
    except Exception as error:
        logger.warning(torchaudio_problem(error))
        return librosa_cepstra


def torchaudio_cepstra() -> CepstraOf:
    """Return a function that computes cepstra by torchaudio.

    Raises:
        ImportError, OSError: torchaudio does not load beside this torch.
    """
    import torch
    import torchaudio

    transform = torchaudio.transforms.MFCC(
        sample_rate=SAMPLING_RATE,
        n_mfcc=COEFFICIENTS,
        log_mels=True,
        melkwargs={
            "n_fft": WINDOW_SAMPLES,
            "hop_length": FRAME_SAMPLES,
            "n_mels": MEL_BANDS,
            "window_fn": torch.hamming_window,
            "center": False,
        },
    ).double()

    def cepstra_of(signal: Signal) -> Signal:
        cepstra = transform(torch.from_numpy(signal))
        slopes = torchaudio.functional.compute_deltas(cepstra, SLOPE_FRAMES)
        curvature = torchaudio.functional.compute_deltas(slopes, SLOPE_FRAMES)
        found: Signal = torch.cat([cepstra, slopes, curvature]).numpy()
        return found

    return cepstra_of


def librosa_cepstra(signal: Signal) -> Signal:
    """Compute cepstra by librosa, which is imported here since it takes a second.

    Args:
        signal: shape (samples,).

    Returns:
        Shape (39, frames), as torchaudio gives it: mel bands after HTK without area normalisation, natural logarithm
        of the power plus 1e-6, orthonormal DCT-II, slopes by regression over five frames with repeated edges.
    """
    from librosa.feature import delta, melspectrogram, mfcc

    power = melspectrogram(
        y=signal,
        sr=SAMPLING_RATE,
        n_fft=WINDOW_SAMPLES,
        hop_length=FRAME_SAMPLES,
        n_mels=MEL_BANDS,
        window="hamming",
        center=False,
        htk=True,
        norm=None,
    )
    cepstra = mfcc(S=np.log(power + 1e-6), n_mfcc=COEFFICIENTS)
    slopes = delta(cepstra, width=SLOPE_FRAMES, mode="nearest")
    curvature = delta(slopes, width=SLOPE_FRAMES, mode="nearest")
    found: Signal = np.concatenate([cepstra, slopes, curvature])
    return found
