"""From waveforms to the inputs of HuMP-CAT, as transformers wants it: saved beside the model, loaded by AutoClass."""

from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import AutoFeatureExtractor, PreTrainedConfig

from humpcat.audio import Waveform
from humpcat.errors import SettingsError
from humpcat.models.feature_extraction import WaveformFeatureExtractor, padded
from humpcat.models.humpcat.configuration import OWN_STREAMS, HumpCatConfig, in_order
from humpcat.models.humpcat.registries import STREAMS


class HumpCatFeatureExtractor(WaveformFeatureExtractor):
    """Computes the streams but the hidden states and pads waveforms; the encoder itself is part of the model.

    Args:
        streams: names of the streams, ``HumpCatConfig.extracted``; MFCC and prosody by default.
        sampling_rate: rate of the waveforms that the model takes, in Hz.
        **kwargs: as for ``SequenceFeatureExtractor``.

    Raises:
        SettingsError: a stream is unknown.

    Example:
        >>> import numpy as np
        >>> inputs = HumpCatFeatureExtractor()([np.zeros(16_000), np.zeros(8_000)], sampling_rate=16_000)
        >>> [(name, *value.shape) for name, value in inputs.items()][:3]
        [('input_values', 2, 16000), ('lengths', 2), ('mfcc', 2, 50, 40)]
    """

    model_input_names = ["input_values", "lengths", "mfcc", "prosody", "functionals"]

    def __init__(self, streams: Sequence[str] = OWN_STREAMS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.streams = in_order("streams", streams)

    def refuse_other(self, config: PreTrainedConfig) -> None:
        """Refuse a model that reads a stream which is not extracted here."""
        missing = [name for name in getattr(config, "extracted", ()) if name not in self.streams]
        if missing:
            raise SettingsError(
                f"streams {' '.join(self.streams)}: the model reads {missing[0]} too: save or copy the model again."
            )

    def inputs_of(self, waveforms: Sequence[Waveform], streams: Collection[str] | None = None) -> dict[str, Tensor]:
        """Return the inputs of the model.

        Args:
            waveforms: mono, of the model's rate, each of shape (samples,).
            streams: those that are needed; all by default.

        Returns:
            ``input_values`` (batch, samples), ``lengths`` (batch,) in samples, ``mfcc`` (batch, frames, 40),
            ``prosody`` (batch, frames, 8), ``functionals`` (batch, 22), and the arrays of further streams.
        """
        inputs = {
            "input_values": padded(waveforms),
            "lengths": torch.tensor([len(waveform) for waveform in waveforms]),
        }
        for name in self.streams:
            if name != "hidden" and (streams is None or name in streams):
                rows = STREAMS[name].extractor().extract(waveforms)
                inputs |= {array: padded([row[array] for row in rows]) for array in rows[0]}
        return inputs


AutoFeatureExtractor.register(HumpCatConfig, HumpCatFeatureExtractor, exist_ok=True)
