"""Mel-frequency cepstra with their slopes and the log energy: 40 values a 20 ms frame.

The paper's framing (HuMP-CAT, arXiv 2501.10408): 40 ms Hamming windows every 20 ms.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
import torchaudio
from torch import Tensor

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.features.base import FRAME_SAMPLES, Arrays, Extractor

WINDOW_SAMPLES = 2 * FRAME_SAMPLES
COEFFICIENTS = 13
MEL_BANDS = 40
WIDTH = 3 * COEFFICIENTS + 1


class Mfcc(Extractor):
    """13 MFCC, 13 delta, 13 delta-delta and log energy, array ``mfcc`` of shape (frames, 40), float32.

    Example:
        >>> import numpy as np
        >>> Mfcc().extract([np.zeros(16_000, dtype=np.float32)])[0]["mfcc"].shape
        (50, 40)
    """

    name = "mfcc"
    version = 1

    @cached_property
    def _transform(self) -> torchaudio.transforms.MFCC:
        return torchaudio.transforms.MFCC(
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
        )

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
        return [{"mfcc": self._one(torch.from_numpy(waveform)).numpy()} for waveform in waveforms]

    def _one(self, waveform: Tensor) -> Tensor:
        # Half a hop on both sides puts the window of frame t around the middle of its 20 ms.
        padded = torch.nn.functional.pad(waveform[None], (FRAME_SAMPLES // 2,) * 2, mode="reflect")
        cepstra = self._transform(padded)
        slopes = torchaudio.functional.compute_deltas(cepstra)
        energy = padded.unfold(-1, WINDOW_SAMPLES, FRAME_SAMPLES).square().mean(-1).add(1e-10).log()[:, None]
        curvature = torchaudio.functional.compute_deltas(slopes)
        return torch.cat([cepstra, slopes, curvature, energy], dim=1)[0].T.contiguous()
