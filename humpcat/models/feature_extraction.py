"""What every feature extractor of humpcat does around its own features: take waveforms of any rate and length."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from transformers import BatchFeature, PreTrainedConfig, SequenceFeatureExtractor

from humpcat.audio import SAMPLING_RATE, Waveform, load
from humpcat.errors import AudioError, SettingsError
from humpcat.features.speech import Speech, find_speech
from humpcat.keywords import keywords_of, refuse_unknown
from humpcat.models.keywords import with_remarks, without_remarks

_PADDING = ("padding", "max_length", "truncation", "pad_to_multiple_of", "return_attention_mask", "device")
"""What callers of the transformers interface say of padding and place, which a batch of clips leaves no choice in."""


_THEIRS = (
    *("feature_size", "padding_value", "padding_side", "return_attention_mask", "processor_class"),
    *("feature_extractor_type", "auto_map"),
)
"""What transformers itself reads of a feature extractor, whatever its model."""


class WaveformFeatureExtractor(SequenceFeatureExtractor):
    """Brings waveforms to the model's rate; subclasses say in :meth:`inputs_of` what the model takes of them.

    Attributes:
        hears_speech: whether the model takes the speech of a recording alone, and not the whole recording.

    Args:
        sampling_rate: rate of the waveforms that the model takes, in Hz.
        **kwargs: as for ``SequenceFeatureExtractor``.

    Raises:
        KeywordError: a setting is known to nobody.
        SettingsError: the rate is not that of the features.
    """

    hears_speech: ClassVar[bool] = True

    def __init__(self, sampling_rate: int = SAMPLING_RATE, **kwargs: Any) -> None:
        strange = [name for name in kwargs if name not in _THEIRS and not name.startswith("_")]
        refuse_unknown(type(self).__name__, strange, {"sampling_rate", *keywords_of(type(self)), *_THEIRS})
        if sampling_rate != SAMPLING_RATE or isinstance(sampling_rate, bool):
            raise SettingsError(
                f"sampling_rate {sampling_rate!r:.40}: expected {SAMPLING_RATE}, the rate that all features are of."
            )
        super().__init__(**({"feature_size": 1, "padding_value": 0.0} | kwargs), sampling_rate=sampling_rate)

    @classmethod
    def from_dict(cls, feature_extractor_dict: dict[str, Any], **kwargs: Any) -> Any:
        """Read what a file holds; what somebody else put there is kept, what is misspelt refused."""
        settings, remarks = without_remarks(cls, feature_extractor_dict, {"sampling_rate", *_THEIRS})
        return with_remarks(super().from_dict(settings, **kwargs), remarks)

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
            **kwargs: what callers of the transformers interface say of padding, such as ``padding``: clips are
                always padded to the longest.

        Returns:
            What :meth:`inputs_of` gives.

        Raises:
            AudioError: the rate is not given, or a waveform is empty, too short or not finite.
            KeywordError: a keyword is unknown.
        """
        refuse_unknown(type(self).__name__, kwargs, ("raw_speech", "sampling_rate", "return_tensors", *_PADDING))
        single = isinstance(raw_speech, np.ndarray | Tensor) and raw_speech.ndim == 1
        if sampling_rate is None:
            raise AudioError("waveforms came without their sampling rate: pass sampling_rate=RATE.")
        recordings = [
            load(np.asarray(waveform), sampling_rate=sampling_rate, target_rate=self.sampling_rate)
            for waveform in ([raw_speech] if single else raw_speech)
        ]
        inputs = self.inputs_of([self.heard(recording).waveform for recording in recordings])
        return BatchFeature(inputs if return_tensors == "pt" else {name: t.numpy() for name, t in inputs.items()})

    def heard(self, recording: Waveform) -> Speech:
        """Return what the model hears of a recording.

        Args:
            recording: mono, of the model's rate, shape (samples,).
        """
        return find_speech(recording) if self.hears_speech else Speech(recording, 0, len(recording), found=None)

    def refuse_other(self, config: PreTrainedConfig) -> None:
        """Refuse a model that reads what is not extracted here; subclasses say what that is.

        Args:
            config: of the model.

        Raises:
            SettingsError: the model reads something else.
        """

    @abstractmethod
    def inputs_of(self, waveforms: Sequence[Waveform], streams: Collection[str] | None = None) -> dict[str, Tensor]:
        """Return the inputs of the model, one row a waveform.

        Args:
            waveforms: what :meth:`heard` gives of recordings, or stretches of it, each of shape (samples,).
            streams: those that are needed, of a model that has several; all by default.
        """


def padded(arrays: Sequence[np.ndarray]) -> Tensor:
    """Return arrays as one tensor (batch, longest, ...), the shorter ones followed by zeros.

    Args:
        arrays: of equal shapes but for the first axis.
    """
    return torch.nn.utils.rnn.pad_sequence([torch.from_numpy(array) for array in arrays], batch_first=True)
