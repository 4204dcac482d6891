"""What makes a padded batch of a wav2vec2-style encoder exact: modules that look along time see real frames only.

How long the clips of a batch are is known to the call that computes it and to nobody else: it is a context variable,
of which every thread has its own, and never an attribute of a module, which threads share.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn

from humpcat.features.base import FRAME_SAMPLES

STEM_MARGIN = 40
"""Zeros on both sides of a clip: a wav2vec2-style stem has receptive fields of 400 samples every 320, and these put
its frames on the common grid, one for each whole 20 ms."""

_LENGTHS: ContextVar[Tensor] = ContextVar("samples of each clip, margins included")


@contextmanager
def real_samples(lengths: Tensor) -> Iterator[None]:
    """Say how many samples of a padded batch are real, while an encoder computes it.

    Args:
        lengths: shape (batch,), samples of each clip, the stem's margins included.
    """
    token = _LENGTHS.set(lengths)
    try:
        yield
    finally:
        _LENGTHS.reset(token)


class RealFramesGroupNorm(nn.GroupNorm):
    """The group normalisation of HuBERT-base's stem, over real frames only: one group a channel, over time.

    Args:
        norm: the layer whose place it takes, and whose weights it has.
        kernel: samples that a frame of the convolution before it sees.
        stride: samples between frames.
    """

    def __init__(self, norm: nn.GroupNorm, kernel: int, stride: int) -> None:
        # The weights are those of the layer, not copies: they may be filled, moved or tied later.
        super().__init__(norm.num_groups, norm.num_channels, norm.eps, affine=False)
        self.affine = True
        self.weight, self.bias = norm.weight, norm.bias
        self.kernel, self.stride = kernel, stride

    def forward(self, states: Tensor) -> Tensor:
        """Normalise (batch, channels, frames)."""
        if len(states) == 1:
            return super().forward(states.float()).to(states.dtype)
        frames = (_LENGTHS.get() - self.kernel) // self.stride + 1
        real = (torch.arange(states.shape[-1], device=states.device)[None] < frames[:, None])[:, None]
        count = frames[:, None, None]
        exact = states.float()
        mean = (exact * real).sum(-1, keepdim=True) / count
        centred = exact - mean
        # In place: half a minute of HuBERT-base's stem is 200 MB, and every copy counts.
        variance = centred.square().mul_(real).sum(-1, keepdim=True) / count
        scaled = centred * torch.rsqrt(variance + self.eps)
        del centred
        return (scaled * self.weight[:, None] + self.bias[:, None]).to(states.dtype)


def make_padding_exact(model: nn.Module) -> None:
    """Let every module of an encoder that looks along time see real frames only; weights and their names stay.

    Args:
        model: a HuBERT, wav2vec2, WavLM, UniSpeech or data2vec-audio model, which is called within
            :func:`real_samples` from then on.
    """
    encoder: Any = model
    stem = encoder.feature_extractor.conv_layers[0]
    if type(getattr(stem, "layer_norm", None)) is nn.GroupNorm:
        stem.layer_norm = RealFramesGroupNorm(stem.layer_norm, stem.conv.kernel_size[0], stem.conv.stride[0])
    # data2vec-audio stacks position convolutions; what the first smears beyond the end must not come back.
    for layer in getattr(encoder.encoder.pos_conv_embed, "layers", [])[1:]:
        if zero_beyond_end not in layer._forward_pre_hooks.values():
            layer.register_forward_pre_hook(zero_beyond_end)


def zero_beyond_end(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Put zeros beyond each clip's end, as a hook before a module.

    Args:
        _: the module.
        inputs: its inputs, the first of shape (batch, channels, frames).
    """
    states = inputs[0]
    frames = (_LENGTHS.get() - 2 * STEM_MARGIN) // FRAME_SAMPLES
    mask = torch.arange(states.shape[-1], device=states.device)[None] < frames[:, None]
    return (states * mask[:, None, :].to(states.dtype), *inputs[1:])
