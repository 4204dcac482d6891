"""From waveforms to the inputs of HuMP-CAT, as transformers wants it: saved beside the model, loaded by AutoClass."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import AutoFeatureExtractor, BatchFeature, SequenceFeatureExtractor

from humpcat.audio import SAMPLING_RATE, Waveform, load
from humpcat.errors import AudioError
from humpcat.features.mfcc import Mfcc
from humpcat.features.prosody import Prosody
from humpcat.models.humpcat.configuration import HumpCatConfig


class HumpCatFeatureExtractor(SequenceFeatureExtractor):
    """Computes MFCC and prosody and pads waveforms; the encoder itself is part of the model.

    Args:
        sampling_rate: rate of the waveforms that the model takes, in Hz.
        **kwargs: as for ``SequenceFeatureExtractor``.

    Example:
        >>> import numpy as np
        >>> inputs = HumpCatFeatureExtractor()([np.zeros(16_000), np.zeros(8_000)], sampling_rate=16_000)
        >>> [(name, *value.shape) for name, value in inputs.items()][:3]
        [('input_values', 2, 16000), ('lengths', 2), ('mfcc', 2, 50, 40)]
    """

    model_input_names = ["input_values", "lengths", "mfcc", "prosody", "functionals"]

    def __init__(self, sampling_rate: int = SAMPLING_RATE, **kwargs: Any) -> None:
        super().__init__(**({"feature_size": 1, "padding_value": 0.0} | kwargs), sampling_rate=sampling_rate)

    def __call__(
        self,
        raw_speech: Waveform | Sequence[Waveform],
        sampling_rate: int | None = None,
        return_tensors: str = "pt",
        **kwargs: Any,
    ) -> BatchFeature:
        """Prepare one waveform or several.

        Args:
            raw_speech: an array of shape (samples,), or a sequence of such arrays of any lengths.
            sampling_rate: their rate in Hz; they are resampled where it is not the model's.
            return_tensors: "pt" or "np".
            **kwargs: accepted for callers of the transformers interface, such as ``padding``: clips are always
                padded to the longest.

        Returns:
            ``input_values`` (batch, samples), ``lengths`` (batch,) in samples, ``mfcc`` (batch, frames, 40),
            ``prosody`` (batch, frames, 8), ``functionals`` (batch, 22).

        Raises:
            AudioError: the rate is not given, or a waveform is empty, too short or not finite.
        """
        single = isinstance(raw_speech, np.ndarray | torch.Tensor) and raw_speech.ndim == 1
        if sampling_rate is None:
            raise AudioError("waveforms came without their sampling rate: pass sampling_rate=RATE.")
        waveforms = [
            load(np.asarray(waveform), sampling_rate=sampling_rate, target_rate=self.sampling_rate)
            for waveform in ([raw_speech] if single else raw_speech)
        ]
        mfcc, prosody = Mfcc().extract(waveforms), Prosody().extract(waveforms)
        padded = {
            "input_values": _padded(waveforms),
            "lengths": torch.tensor([len(waveform) for waveform in waveforms]),
            "mfcc": _padded([arrays["mfcc"] for arrays in mfcc]),
            "prosody": _padded([arrays["prosody"] for arrays in prosody]),
            "functionals": _padded([arrays["functionals"] for arrays in prosody]),
        }
        return BatchFeature(padded if return_tensors == "pt" else {name: t.numpy() for name, t in padded.items()})


def _padded(arrays: Sequence[np.ndarray]) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence([torch.from_numpy(array) for array in arrays], batch_first=True)


AutoFeatureExtractor.register(HumpCatConfig, HumpCatFeatureExtractor, exist_ok=True)
