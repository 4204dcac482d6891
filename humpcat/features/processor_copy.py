"""Copies of an encoder that a processor computes fast: convolutions as products, and no layer that nobody reads.

:func:`processor_copy` has bfloat16 where the time goes, its weights cast once: autocast alone casts every weight in
every call, which takes as long as the products of a short clip, and computes the convolutions over samples in a layout
for which they are slow. :func:`same_precision_copy` has the weights of the encoder itself, in the same memory.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from humpcat.device import fastest_dtype
from humpcat.features.precision import full_out

_FRAMES_AT_ONCE = 256


def processor_copy(model: PreTrainedModel, highest: int | None = None) -> PreTrainedModel:
    """Return a copy of an encoder's model with the same answers to within the rounding of bfloat16.

    The copy is called under autocast to bfloat16, as the model would be.

    Args:
        model: a HuBERT, wav2vec2, WavLM, UniSpeech or data2vec-audio model, or the encoder of a Whisper model.
        highest: number of the highest hidden state that is read; a copy of a waveform model has no layers above it.
    """
    copied: Any = copy.deepcopy(model)
    _leave_out_above(copied, highest)
    for module in list(copied.modules()):
        if type(module) is nn.Linear:
            module.bfloat16()
    _group_as_products(copied, torch.bfloat16)
    if hasattr(copied, "feature_extractor"):
        for layer in copied.feature_extractor.conv_layers:
            layer.conv = _fast(layer.conv)
    else:
        copied.conv1, copied.conv2 = _fast(copied.conv1), _fast(copied.conv2)
    found: PreTrainedModel = copied
    return found


def same_precision_copy(model: PreTrainedModel, highest: int) -> PreTrainedModel:
    """Return a copy of a waveform model with the same answers to within the rounding of its own precision.

    The copy has the weights of the model and not others like them, but for those of the convolution of positions: it
    takes hardly any memory, and is of no use once they were changed.

    Args:
        model: a HuBERT, wav2vec2, WavLM, UniSpeech or data2vec-audio model on a processor, in single precision, or in
            half as :func:`humpcat.features.precision.change_costly` makes it.
        highest: number of the highest hidden state that is read.
    """
    held = {id(values): values for values in (*model.parameters(), *model.buffers())}
    copied: Any = copy.deepcopy(model, held)
    _leave_out_above(copied, highest)
    _group_as_products(copied, torch.float32)
    first, *others = copied.feature_extractor.conv_layers
    first.conv = SingleChannelConvolution(first.conv)
    if _products_in_bfloat16(model) and fastest_dtype(torch.device("cpu")) == torch.bfloat16:
        for layer in others:
            layer.conv = ChannelsLastConvolution(layer.conv)
            layer.conv.register_forward_hook(full_out)
    found: PreTrainedModel = copied
    return found


class ComputedModel:
    """What is computed in place of a waveform model: on a processor the copy of it that was made last."""

    def __init__(self) -> None:
        self._made: tuple[Any, PreTrainedModel] | None = None

    def of(self, model: PreTrainedModel, highest: int) -> PreTrainedModel:
        """Return a copy that a processor is faster with; the model itself where gradients are wanted, or elsewhere.

        Args:
            model: the model, whose weights may be others than at the last call.
            highest: number of the highest hidden state that is read.
        """
        device = next(model.parameters()).device.type
        if device != "cpu" or torch.is_grad_enabled() or model.training or torch.is_autocast_enabled(device):
            return model
        weights = [
            (weight.data_ptr(), weight.dtype, 0 if weight.is_inference() else weight._version)
            for weight in model.parameters()
        ]
        # Of threads that find none each makes one, and the last is kept: it takes little time, and no memory.
        made = self._made
        if made is None or made[0] != (highest, weights):
            made = self._made = (highest, weights), same_precision_copy(model, highest)
        return made[1]


def _products_in_bfloat16(model: PreTrainedModel) -> bool:
    return any(module.weight.dtype == torch.bfloat16 for module in model.modules() if type(module) is nn.Linear)


def _leave_out_above(copied: Any, highest: int | None) -> None:
    """Leave out the layers of a waveform model above the highest hidden state that is read."""
    if highest is not None and hasattr(copied, "encoder") and highest < len(copied.encoder.layers):
        # One at least, for transformers tells of hidden states as its layers are called.
        del copied.encoder.layers[max(highest, 1) :]
        if getattr(copied.config, "do_stable_layer_norm", False):
            # Of the last hidden state alone, which is no longer the last.
            copied.encoder.layer_norm = nn.Identity()


def _group_as_products(copied: nn.Module, dtype: torch.dtype) -> None:
    """Compute convolutions of groups of channels as matrix products."""
    for module in list(copied.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Conv1d) and child.groups > 1 and child.stride == (1,):
                setattr(module, name, GroupedConvolution(child, dtype))


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
    """A convolution of samples in single precision, as a matrix product: ten times as fast as a convolution.

    Args:
        convolution: the convolution that it computes.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, convolution: nn.Conv1d) -> None:
        super().__init__()
        self.kernel, self.stride = convolution.kernel_size[0], convolution.stride[0]
        self.register_buffer("weight", convolution.weight.detach()[:, 0])
        self.register_buffer("bias", None if convolution.bias is None else convolution.bias.detach()[:, None])

    def forward(self, samples: Tensor) -> Tensor:
        """Turn (batch, 1, samples) into (batch, channels, frames)."""
        with torch.autocast(samples.device.type, enabled=False):
            fields = samples[:, 0].float().unfold(1, self.kernel, self.stride).transpose(1, 2).contiguous()
            convolved = self.weight @ fields
            return convolved if self.bias is None else convolved + self.bias


class GroupedConvolution(nn.Module):
    """A convolution of groups of channels over frames, as matrix products: twice as fast.

    Args:
        convolution: the convolution that it computes, of stride 1; its weights may be parametrized.
        dtype: of the products.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, convolution: nn.Conv1d, dtype: torch.dtype = torch.bfloat16) -> None:
        super().__init__()
        self.groups, self.kernel = convolution.groups, convolution.kernel_size[0]
        self.padding = int(convolution.padding[0])
        # Those that keep padding out.
        self._forward_pre_hooks.update(convolution._forward_pre_hooks)
        grouped = convolution.weight.detach().to(dtype).unflatten(0, (self.groups, -1)).flatten(2)
        self.register_buffer("weight", grouped.transpose(1, 2).contiguous())
        self.register_buffer("bias", None if convolution.bias is None else convolution.bias.detach()[:, None])

    def forward(self, states: Tensor) -> Tensor:
        """Turn (batch, channels, frames) into (batch, channels, frames + 2 * padding + 1 - kernel)."""
        padded = nn.functional.pad(states.to(self.weight.dtype), (self.padding, self.padding)).unflatten(
            1, (self.groups, -1)
        )
        fields = padded.unfold(3, self.kernel, 1).transpose(2, 3)
        # Some seconds at a time: what a frame sees is copied, and of all frames of half a minute that is 300 MB.
        parts = [part.flatten(3) @ self.weight for part in fields.split(_FRAMES_AT_ONCE, dim=2)]
        convolved = torch.cat(parts, dim=2).transpose(2, 3).flatten(1, 2)
        return convolved if self.bias is None else convolved + self.bias


def _fast(convolution: nn.Conv1d) -> nn.Module:
    return (SingleChannelConvolution if convolution.in_channels == 1 else ChannelsLastConvolution)(convolution)
