"""The teacher: a frozen encoder, computed as fast as the device can."""

from collections.abc import Sequence

import torch
from torch import Tensor

from humpcat.device import fastest_dtype
from humpcat.errors import SettingsError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.processor_copy import processor_copy


class Teacher:
    """Answers with the hidden states that are to be predicted.

    Args:
        encoder: the encoder.
        layers: which hidden states.
        device: where it computes, in bfloat16 where the device has that natively.

    Raises:
        SettingsError: it has not as many layers.
    """

    def __init__(self, encoder: SpeechEncoder, layers: Sequence[int], device: torch.device) -> None:
        if max(layers) > encoder.depth:
            raise SettingsError(
                f"--teacher-layers {max(layers)}: the teacher has hidden states 0 to {encoder.depth}: choose among "
                "these."
            )
        self.layers, self.device, self.dtype = list(layers), device, fastest_dtype(device)
        self.width, self.hash = encoder.width, encoder.weights_hash()
        if device.type == "cpu" and self.dtype == torch.bfloat16:
            encoder = SpeechEncoder(processor_copy(encoder.model, max(layers)), normalize=encoder.normalize)
        self._encoder = encoder.to(device).requires_grad_(False)

    @torch.no_grad()
    def __call__(self, clips: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return hidden states.

        Args:
            clips: tensors of shape (samples,), on any device.

        Returns:
            Shape (layers, batch, frames, width), float32, and which frames are real, shape (batch, frames).
        """
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            states, mask = self._encoder.encode_together([clip.to(self.device) for clip in clips], self.layers)
        return states.float(), mask
