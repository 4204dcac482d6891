"""The top of an encoder under a plain classifier: what is trained when an encoder is tuned."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.encoder import SpeechEncoder
from humpcat.models.base import AudioClassifier
from humpcat.models.humpcat.modeling import HumpCatOutput
from humpcat.models.humpcat.pooling.statistics import pool
from humpcat.models.humpcat.streams.base import frame_mask

CROP = 64
"""Frames of a training clip that are seen at once, at a place drawn anew each time: 1.3 s."""


class EncoderTuner(nn.Module):
    """Classifies clips by mean and spread of the layers that are tuned, given the hidden state below them.

    It trains in the same loop as the model itself and answers alike. The encoder is changed in place.

    Args:
        encoder: the encoder.
        layers: hidden states that the model reads.
        tuned: number of layers to train, counted down from the highest that is read.
        classes: number of classes.
    """

    def __init__(self, encoder: SpeechEncoder, layers: Sequence[int], tuned: int, classes: int) -> None:
        super().__init__()
        self.end = max(layers)
        self.start = self.end - tuned
        self.read = [layer - self.start - 1 for layer in layers if layer > self.start]
        self.encoder = encoder.requires_grad_(False)
        self.encoder.layers[self.start : self.end].requires_grad_(True)
        self.norm = nn.LayerNorm(2 * encoder.width)
        self.classifier = nn.Linear(2 * encoder.width * len(self.read), classes)

    def forward(self, hidden: Tensor, lengths: Tensor, **_: Any) -> HumpCatOutput:
        """Classify a padded batch.

        Args:
            hidden: shape (batch, 1, frames, encoder width), hidden state ``start`` of each clip.
            lengths: shape (batch,), samples of each clip.
            **_: the model's other streams, which are not looked at.
        """
        states, frames = hidden[:, 0], lengths // FRAME_SAMPLES
        if self.training:
            states, frames = _cropped(states, frames)
        above = self.encoder.encode_above(states, frames, self.start, self.end)[:, self.read]
        embedding = self.norm(pool(above, frame_mask(frames, above.shape[2]))).flatten(1)
        logits = self.classifier(embedding)
        return HumpCatOutput(logits=logits, fusion_logits=logits, embedding=embedding)

    def train(self, mode: bool = True) -> "EncoderTuner":
        """Set training mode; the encoder stays in evaluation mode, for its dropout was made for longer training."""
        super().train(mode)
        self.encoder.eval()
        return self

    def freeze_fitted(self) -> None:
        """Freeze nothing more: which layers are tuned was chosen when this was made."""

    def training_logits(self, outputs: HumpCatOutput) -> Tensor:
        """Return the classifier's logits.

        Args:
            outputs: what this module answered.
        """
        return outputs.logits

    def own_weights(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the weights that are stored: all.

        Args:
            state: all weights by their names.
        """
        return dict(state)


def _cropped(states: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
    """Return ``CROP`` neighbouring frames of each clip, all of a shorter one."""
    spare = (frames - CROP).clamp(min=0)
    begin = (torch.rand(len(frames), device=frames.device) * (spare + 1)).long()
    places = begin[:, None] + torch.arange(min(CROP, states.shape[1]), device=frames.device)
    places = places.clamp(max=states.shape[1] - 1)
    return states.gather(1, places[..., None].expand(-1, -1, states.shape[2])), frames.clamp(max=CROP)


Trainable = AudioClassifier | EncoderTuner
"""What the training loop trains."""
