"""From waveforms to the inputs of VACNN, as transformers wants it: saved beside the model, loaded by AutoClass."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import AutoFeatureExtractor, BatchFeature, SequenceFeatureExtractor

from humpcat.audio import SAMPLING_RATE, Waveform, load
from humpcat.errors import AudioError
from humpcat.features.logmel import LogMel
from humpcat.features.visual_words import describe
from humpcat.models.vacnn.configuration import VacnnConfig


class VacnnFeatureExtractor(SequenceFeatureExtractor):
    """Draws log-mel pictures and, for a model with visual words, describes them.

    Args:
        describe: whether KAZE descriptors are computed, which costs ten times as much as the pictures.
        sampling_rate: rate of the waveforms that the model takes, in Hz.
        **kwargs: as for ``SequenceFeatureExtractor``.

    Example:
        >>> import numpy as np
        >>> inputs = VacnnFeatureExtractor()([np.zeros(16_000), np.zeros(8_000)], sampling_rate=16_000)
        >>> [(name, *value.shape) for name, value in inputs.items()]
        [('images', 2, 224, 224)]
    """

    model_input_names = ["images", "descriptors", "counts"]

    def __init__(self, describe: bool = False, sampling_rate: int = SAMPLING_RATE, **kwargs: Any) -> None:
        self.describe = describe
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
            **kwargs: accepted for callers of the transformers interface.

        Returns:
            ``images`` (batch, 224, 224); where asked for, ``descriptors`` (batch, key points, 64) and ``counts``
            (batch,), the key points of each clip.

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
        images = [arrays["image"] for arrays in LogMel().extract(waveforms)]
        inputs = batch_inputs(images, [describe(image) for image in images] if self.describe else None)
        return BatchFeature(inputs if return_tensors == "pt" else {name: t.numpy() for name, t in inputs.items()})


def batch_inputs(
    images: Sequence[np.ndarray], descriptors: Sequence[np.ndarray] | None = None
) -> dict[str, torch.Tensor]:
    """Put the features of several clips together as a model takes them.

    Args:
        images: a picture a clip, shape (224, 224).
        descriptors: descriptors of each clip, shape (key points, 64), or None for a model without visual words.
    """
    inputs = {"images": torch.from_numpy(np.stack(images))}
    if descriptors is not None:
        counts = [len(found) for found in descriptors]
        padded = np.zeros((len(counts), max(counts), descriptors[0].shape[1]), dtype=np.float32)
        for row, found in zip(padded, descriptors, strict=True):
            row[: len(found)] = found
        inputs |= {"descriptors": torch.from_numpy(padded), "counts": torch.tensor(counts)}
    return inputs


AutoFeatureExtractor.register(VacnnConfig, VacnnFeatureExtractor, exist_ok=True)
