"""The student: a small encoder of an architecture that transformers has, and heads that only training needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import HubertConfig, PreTrainedConfig, WhisperConfig

from humpcat.distillation.settings import StudentSettings
from humpcat.errors import SettingsError
from humpcat.features.base import frame_count
from humpcat.features.encoder import CONTEXT_FRAMES, SpeechEncoder

BANDS = 80
"""Log-mel bands that a student of Whisper's kind hears, as the smaller Whisper models do."""

POSITIONS = 1500
"""Frames of the longest stretch that an encoder hears at once, half a minute."""

POSITION_SIZE = 0.25
"""Size of the sine waves that tell positions, where Whisper's is 1."""

LARGEST = 4_000_000
"""Parameters that a student may have: 8 MB in half precision."""


def make_student(settings: StudentSettings, depth: int, seed: int) -> SpeechEncoder:
    """Build a student with random weights, the same for the same seed.

    Args:
        settings: its architecture and sizes.
        depth: transformer layers; the last hidden state is the highest that it learns.
        seed: seed of its weights.

    Returns:
        The encoder.

    Raises:
        SettingsError: it would have more than ``LARGEST`` parameters.

    Example:
        >>> student = make_student(StudentSettings(width=16, feed_forward=32, heads=2), depth=2, seed=0)
        >>> student.depth, student.width
        (2, 16)
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = SpeechEncoder.from_config(_config(settings, depth))
        if settings.student == "whisper":
            _let_sound_through(encoder.model)
    parameters = sum(parameter.numel() for parameter in encoder.parameters())
    if parameters > LARGEST:
        raise SettingsError(
            f"--width {settings.width}, --feed-forward {settings.feed_forward}: make a student of {parameters} "
            f"parameters, expected at most {LARGEST}: choose less."
        )
    return encoder


def _let_sound_through(model: Any) -> None:
    """Begin with what is heard, and not where in time, as the larger part of the first hidden state.

    Whisper's own beginning, convolutions of small weights under positions of size 1, takes long to hear anything where
    positions tell nothing of what is to be predicted.
    """
    for convolution in (model.conv1, model.conv2):
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    with torch.no_grad():
        model.embed_positions.weight.mul_(POSITION_SIZE)


def _config(settings: StudentSettings, depth: int) -> PreTrainedConfig:
    if settings.student == "whisper":
        return WhisperConfig(
            d_model=settings.width,
            encoder_layers=depth,
            encoder_attention_heads=settings.heads,
            encoder_ffn_dim=settings.feed_forward,
            num_mel_bins=BANDS,
            max_source_positions=POSITIONS,
            # Without a decoder; the class asks for its sizes all the same.
            decoder_layers=0,
            dropout=0.0,
            attention_dropout=0.0,
            activation_dropout=0.0,
            encoder_layerdrop=0.0,
        )
    return HubertConfig(
        hidden_size=settings.width,
        num_hidden_layers=depth,
        num_attention_heads=settings.heads,
        intermediate_size=settings.feed_forward,
        # Normalised over channels and not over time, so that a frame depends on nothing but what it hears.
        feat_extract_norm="layer",
        conv_bias=True,
        # The first convolutions run at thousands of frames a second: they are where a stem's time goes.
        conv_dim=tuple(min(settings.stem, channels) for channels in (32, 64, 96, 128, 256, 512, 512)),
        num_conv_pos_embeddings=32,
        num_conv_pos_embedding_groups=settings.heads,
        do_stable_layer_norm=False,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        feat_proj_dropout=0.0,
        final_dropout=0.0,
        layerdrop=0.0,
        vocab_size=32,
    )


class Student(nn.Module):
    """An encoder that learns, with a linear head for each hidden state of the teacher that it predicts.

    Args:
        encoder: what is learnt and saved.
        layers: which hidden states, of the student as of the teacher.
        width: size of the teacher's hidden states; where it is the student's own, there are no heads.
        seed: seed of the heads' weights.
    """

    def __init__(self, encoder: SpeechEncoder, layers: list[int], width: int, seed: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.layers = list(layers)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.heads = nn.ModuleList(
                nn.Identity() if encoder.width == width else nn.Linear(encoder.width, width) for _ in layers
            )

    def forward(self, clips: list[Tensor], place: float = 0.0) -> tuple[Tensor, Tensor]:
        """Predict the teacher's standardised hidden states.

        Args:
            clips: tensors of shape (samples,), of any lengths.
            place: where within the longest stretch the clips are heard, 0 its beginning, as in use, and 1 its end: so
                that a student that is told positions knows those of long clips, though it learns from short ones.

        Returns:
            Shape (layers, batch, frames, teacher's width), and which frames are real, shape (batch, frames).
        """
        states, mask = self.states(clips, place)
        return torch.stack([head(state) for head, state in zip(self.heads, states, strict=True)]), mask

    def states(self, clips: list[Tensor], place: float = 0.0) -> tuple[Tensor, Tensor]:
        """Return the student's own hidden states, which the heads read; arguments and mask are those of a call."""
        with _moved(self.encoder.model, place, max(map(len, clips))):
            return self.encoder.encode_together(clips, self.layers)


@contextmanager
def _moved(model: Any, place: float, samples: int) -> Iterator[None]:
    """Give a model of Whisper's kind the positions from a place on; others have positions relative to one another."""
    positions = getattr(model, "embed_positions", None)
    if positions is None:
        yield
        return
    whole = positions.weight.data
    free = len(whole) - frame_count(samples) - 2 * CONTEXT_FRAMES
    positions.weight.data = whole[int(place * max(free, 0)) :]
    try:
        yield
    finally:
        positions.weight.data = whole
