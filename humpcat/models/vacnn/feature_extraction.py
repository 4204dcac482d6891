"""From waveforms to the inputs of VACNN, as transformers wants it: saved beside the model, loaded by AutoClass."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import AutoFeatureExtractor

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.features.logmel import LogMel
from humpcat.features.visual_words import describe
from humpcat.models.feature_extraction import WaveformFeatureExtractor, padded
from humpcat.models.vacnn.configuration import VacnnConfig


class VacnnFeatureExtractor(WaveformFeatureExtractor):
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
    hears_speech = LogMel.hears_speech

    def __init__(self, describe: bool = False, sampling_rate: int = SAMPLING_RATE, **kwargs: Any) -> None:
        self.describe = describe
        super().__init__(sampling_rate, **kwargs)

    def inputs_of(self, waveforms: Sequence[Waveform], streams: Collection[str] | None = None) -> dict[str, Tensor]:
        """Return the inputs of the model.

        Args:
            streams: no matter, for it has one.
            waveforms: mono, of the model's rate, each of shape (samples,).

        Returns:
            ``images`` (batch, 224, 224); where asked for, ``descriptors`` (batch, key points, 64) and ``counts``
            (batch,), the key points of each clip.
        """
        images = [arrays["image"] for arrays in LogMel().extract(waveforms)]
        return batch_inputs(images, [describe(image) for image in images] if self.describe else None)


def batch_inputs(images: Sequence[np.ndarray], descriptors: Sequence[np.ndarray] | None = None) -> dict[str, Tensor]:
    """Put the features of several clips together as a model takes them.

    Args:
        images: a picture a clip, shape (224, 224).
        descriptors: descriptors of each clip, shape (key points, 64), or None for a model without visual words.
    """
    inputs = {"images": torch.from_numpy(np.stack(images))}
    if descriptors is not None:
        counts = torch.tensor([len(found) for found in descriptors])
        inputs |= {"descriptors": padded([found.astype(np.float32) for found in descriptors]), "counts": counts}
    return inputs


AutoFeatureExtractor.register(VacnnConfig, VacnnFeatureExtractor, exist_ok=True)
