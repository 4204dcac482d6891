"""A copy of an encoder that a processor computes fast: bfloat16 where the time goes, weights cast once.

Autocast alone casts every weight in every call, which takes as long as the products of a short clip, and computes the
convolutions over samples in a layout for which they are slow.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init
from torch.nn.utils.parametrize import is_parametrized
from transformers import PreTrainedModel


def processor_copy(model: PreTrainedModel, highest: int | None = None) -> PreTrainedModel:
    """Return a copy of an encoder's model with the same answers to within the rounding of bfloat16.

    The copy is called under autocast to bfloat16, as the model would be.

    Args:
        model: a HuBERT, wav2vec2, WavLM, UniSpeech or data2vec-audio model, or the encoder of a Whisper model.
        highest: number of the highest hidden state that is read; a copy of a waveform model has no layers above it.
    """
    copied: Any = copy.deepcopy(model)
    if highest is not None and hasattr(copied, "encoder") and highest < len(copied.encoder.layers):
        # One at least, for transformers tells of hidden states as its layers are called.
        del copied.encoder.layers[max(highest, 1) :]
        if getattr(copied.config, "do_stable_layer_norm", False):
            # Of the last hidden state alone, which is no longer the last.
            copied.encoder.layer_norm = nn.Identity()
    for module in list(copied.modules()):
        if type(module) is nn.Linear:
            module.bfloat16()
        for name, child in module.named_children():
            if isinstance(child, nn.Conv1d) and is_parametrized(child, "weight"):
                setattr(module, name, _without_parametrization(child))
    if hasattr(copied, "feature_extractor"):
        for layer in copied.feature_extractor.conv_layers:
            layer.conv = _fast(layer.conv)
    else:
        copied.conv1, copied.conv2 = _fast(copied.conv1), _fast(copied.conv2)
    found: PreTrainedModel = copied
    return found


class ChannelsLastConvolution(nn.Module):
    """A convolution over time in bfloat16, whose input and output have the channels of a frame side by side.

    Args:
        convolution: the convolution that it computes.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, convolution: nn.Conv1d) -> None:
        super().__init__()
        self.stride, self.padding = convolution.stride[0], int(convolution.padding[0])
        weight = convolution.weight.detach().bfloat16().unsqueeze(2)
        self.register_buffer("weight", weight.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", None if convolution.bias is None else convolution.bias.detach().bfloat16())

    def forward(self, states: Tensor) -> Tensor:
        """Turn (batch, channels, frames) into (batch, channels, fewer frames), bfloat16."""
        picture = states.bfloat16().unsqueeze(2).contiguous(memory_format=torch.channels_last)
        stride, padding = (1, self.stride), (0, self.padding)
        return nn.functional.conv2d(picture, self.weight, self.bias, stride, padding).squeeze(2)


class SingleChannelConvolution(nn.Module):
    """A convolution of samples in single precision, in which it is faster than in half.

    Args:
        convolution: the convolution that it computes.
    """

    def __init__(self, convolution: nn.Conv1d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, samples: Tensor) -> Tensor:
        """Turn (batch, 1, samples) into (batch, channels, frames)."""
        with torch.autocast(samples.device.type, enabled=False):
            convolved: Tensor = self.convolution(samples.float())
            return convolved


def _fast(convolution: nn.Conv1d) -> nn.Module:
    return (SingleChannelConvolution if convolution.in_channels == 1 else ChannelsLastConvolution)(convolution)


def _without_parametrization(convolution: nn.Conv1d) -> nn.Conv1d:
    """Return a convolution whose weights are there, as those of a positional one are else computed in every call."""
    # Left empty: random weights would draw from what the run draws from, and only where something is computed.
    plain: nn.Conv1d = skip_init(
        nn.Conv1d,
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size,
        convolution.stride,
        convolution.padding,
        groups=convolution.groups,
        bias=convolution.bias is not None,
        dtype=torch.bfloat16,
    )
    with torch.no_grad():
        plain.weight.copy_(convolution.weight)
        if plain.bias is not None and convolution.bias is not None:
            plain.bias.copy_(convolution.bias)
    return plain
