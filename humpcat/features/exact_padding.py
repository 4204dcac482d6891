"""Exact padded batches of wav2vec2-style models: a clip has the same hidden states alone and in any batch.

With an ``attention_mask`` transformers masks attention, but not everything else that looks along time: the group
normalisation of a stem averages over padding too, position convolutions that are stacked or follow a batch
normalisation see what lies beyond a clip's end, and so do the convolutions of an adapter. Here they see real frames
only.

Which samples are real is known to the call that computes them and to nobody else: it is a context variable, of which
every thread has its own, and never an attribute of a module, which threads share.
"""

from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer

from humpcat.errors import EncoderError
from humpcat.features.encoder_settings import WAVEFORM_MODELS
from humpcat.keywords import named_keywords


@dataclass(frozen=True)
class _Batch:
    """A padded batch that is being computed.

    Attributes:
        samples: shape (batch,), real samples of each clip.
        frames: shape (batch,), real frames of each clip above the stem.
    """

    samples: Tensor
    frames: Tensor


# The calls that are going on in a thread, the innermost last; None where there is no padding.
_CALLS: ContextVar[tuple[_Batch | None, ...]] = ContextVar("padded batches", default=())


@named_keywords
def make_padding_exact(model: PreTrainedModel) -> None:
    """Make padded batches of a model exact: each clip is answered as it is alone, to float rounding.

    The model is changed in place. From then on ``model(input_values, attention_mask=mask)`` lets a clip see nothing of
    the padding behind it. The mask is needed even for models whose feature extractor gives none, such as HuBERT-base
    and wav2vec2-base: ask for it by ``return_attention_mask=True``, by which the feature extractor also leaves padding
    out when it scales waveforms. Without a mask all samples are taken for real, as transformers does.

    It is the model that is to be called, and not its ``forward``. The names of weights stay, so that checkpoints can
    be loaded and saved as before. Doing it twice is as good as once. Threads may share the model. A batch without
    padding is computed as before, to rounding under autocast. In training, a batch normalisation
    (``conv_pos_batch_norm``) averages over the whole batch all the same.

    Args:
        model: a HuBERT, wav2vec2, WavLM, UniSpeech, UniSpeech-SAT or data2vec-audio model of transformers, with a head
            or without, before it is wrapped or compiled. Its ``input_values`` have shape (batch, samples), its
            ``attention_mask`` the same, ones over each clip and zeros behind it.

    Raises:
        EncoderError: the model is of another kind. A call of the model raises it where the mask has another shape
            than the input, holds zeros before the end of a clip, or leaves a clip too short for one frame.

    Example:
        >>> from transformers import HubertConfig, HubertModel
        >>> sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
        >>> model = HubertModel(HubertConfig(**sizes, conv_dim=(8,) * 7, num_conv_pos_embedding_groups=2)).eval()
        >>> make_padding_exact(model)
        >>> clips = torch.randn(2, 16_000)
        >>> mask = torch.ones(2, 16_000, dtype=torch.long)
        >>> mask[1, 8_000:] = 0
        >>> with torch.no_grad():
        ...     padded = model(clips, attention_mask=mask).last_hidden_state[1]
        ...     alone = model(clips[1:, :8_000]).last_hidden_state[0]
        >>> bool(torch.allclose(padded[: len(alone)], alone, atol=1e-5))
        True
    """
    if not isinstance(model, PreTrainedModel) or model.base_model.config.model_type not in WAVEFORM_MODELS:
        kind = model.config.model_type if isinstance(model, PreTrainedModel) else type(model).__name__
        raise EncoderError(
            f"padding of a model of type '{kind}' cannot be made exact: expected a model of transformers itself, not "
            f"wrapped, of one of {', '.join(WAVEFORM_MODELS)}."
        )
    base: Any = model.base_model
    if _begin in base._forward_pre_hooks.values():
        return
    layers = base.feature_extractor.conv_layers
    if type(getattr(layers[0], "layer_norm", None)) is nn.GroupNorm:
        layers[0] = RealFramesStem(layers[0])
    positions = base.encoder.pos_conv_embed
    if getattr(positions, "batch_norm", None) is not None:
        # It shifts the zeros beyond a clip's end.
        positions.conv.register_forward_pre_hook(_zero_beyond_end)
    for layer in getattr(positions, "layers", [])[1:]:
        # The layer before smears the clip beyond its end, and that must not come back.
        layer.register_forward_pre_hook(_zero_beyond_end)
    adapter = getattr(base, "adapter", None)
    for layer in adapter.layers if adapter is not None else ():
        layer.register_forward_pre_hook(_zero_and_shorten)
    base.register_forward_pre_hook(_begin, with_kwargs=True)
    base.register_forward_hook(_end, always_call=True)


class RealFramesGroupNorm(nn.GroupNorm):
    """The group normalisation of a stem, over real frames only: one group a channel, over time.

    Args:
        norm: the layer whose place it takes, and whose weights it has.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        # The weights are those of the layer, not copies: they may be filled, moved or tied later.
        super().__init__(norm.num_groups, norm.num_channels, norm.eps, affine=False)
        self.affine = True
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, states: Tensor, frames: Tensor | None = None) -> Tensor:
        """Normalise (batch, channels, frames).

        Args:
            states: shape (batch, channels, frames).
            frames: shape (batch,), real frames of each clip; None if all are.
        """
        exact = states.to(torch.promote_types(states.dtype, torch.float32))
        weight, bias = self.weight.to(exact.dtype), self.bias.to(exact.dtype)
        if frames is None:
            return nn.functional.group_norm(exact, self.num_groups, weight, bias, self.eps).to(states.dtype)
        padding = _beyond(states, frames)
        count = frames.to(states.device)[:, None, None]
        mean = exact.masked_fill(padding, 0).sum(-1, keepdim=True) / count
        centred = exact - mean
        # In place: half a minute of HuBERT-base's stem is 200 MB, and every copy counts.
        variance = centred.square().masked_fill_(padding, 0).sum(-1, keepdim=True) / count
        scaled = centred * torch.rsqrt(variance + self.eps)
        del centred
        return (scaled * weight[:, None] + bias[:, None]).to(states.dtype)


class RealFramesStem(GradientCheckpointingLayer):
    """The first convolution of a stem with group normalisation, which is over real frames only.

    Args:
        layer: the layer of transformers whose place it takes, and whose weights it has.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.conv, self.activation = layer.conv, layer.activation
        self.layer_norm = RealFramesGroupNorm(layer.layer_norm)
        self.kernel, self.stride = layer.conv.kernel_size[0], layer.conv.stride[0]
        self.training = layer.training
        for name in ("gradient_checkpointing", "_gradient_checkpointing_func"):
            if hasattr(layer, name):
                setattr(self, name, getattr(layer, name))

    def __call__(self, states: Tensor) -> Tensor:
        """Compute the layer, and hold on to what is real.

        Gradient checkpointing computes a layer again when the call of the model is long over. It passes on what the
        layer was called with, and nothing else.
        """
        batch = _current()
        found: Tensor = super().__call__(states, samples=None if batch is None else batch.samples)
        return found

    def forward(self, states: Tensor, samples: Tensor | None = None) -> Tensor:
        """Compute (batch, channels, frames) from (batch, 1, samples).

        Args:
            states: shape (batch, 1, samples).
            samples: shape (batch,), real samples of each clip; None if all are.
        """
        frames = None if samples is None else (samples - self.kernel) // self.stride + 1
        found: Tensor = self.activation(self.layer_norm(self.conv(states), frames))
        return found


def _begin(model: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Take down which samples of a batch are real, as a hook before a model."""
    _CALLS.set((*_CALLS.get(), None))
    waveforms = arguments[0] if arguments else keywords.get("input_values")
    mask = arguments[1] if len(arguments) > 1 else keywords.get("attention_mask")
    if mask is not None and waveforms is not None:
        _change(_batch(model, waveforms, mask))


def _end(*_: Any) -> None:
    """Forget the batch, as a hook behind a model that is called after an error too."""
    _CALLS.set(_CALLS.get()[:-1])


def _current() -> _Batch | None:
    calls = _CALLS.get()
    return calls[-1] if calls else None


def _change(batch: _Batch | None) -> None:
    """Change what is known of the call that is going on."""
    _CALLS.set((*_CALLS.get()[:-1], batch))


def _batch(model: Any, waveforms: Tensor, mask: Tensor) -> _Batch | None:
    """Return what is real of a batch; None if all is."""
    if mask.shape != waveforms.shape:
        raise EncoderError(
            f"attention_mask of shape {tuple(mask.shape)}: expected {tuple(waveforms.shape)}, that of input_values."
        )
    samples = mask.bool().sum(-1)
    if not bool((mask == ~_beyond(mask, samples)[:, 0]).all()):
        raise EncoderError("attention_mask: expected ones over each clip and zeros behind it: pad clips on the right.")
    # Without an adapter, which some models have above their layers and which shortens once more.
    below = {"add_adapter": False} if getattr(model.config, "add_adapter", False) else {}
    frames = model._get_feat_extract_output_lengths(samples, **below)
    lengths = samples.tolist()
    if int(frames.min()) < 1:
        raise EncoderError(
            f"attention_mask: a clip of {min(lengths)} samples is too short for a single frame: leave it out, or "
            "count silence behind it as real."
        )
    return None if min(lengths) == mask.shape[-1] else _Batch(samples, frames)


def _beyond(states: Tensor, lengths: Tensor) -> Tensor:
    """Return what lies beyond each clip's end, shape (batch, 1, length of the last axis of the states)."""
    return torch.arange(states.shape[-1], device=states.device) >= lengths.to(states.device)[:, None, None]


def _zero_beyond_end(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Put zeros beyond each clip's end, as a hook before a module that takes (batch, channels, frames)."""
    batch = _current()
    return None if batch is None else (inputs[0].masked_fill(_beyond(inputs[0], batch.frames), 0), *inputs[1:])


def _zero_and_shorten(layer: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Put zeros beyond each clip's end before a layer of an adapter, which leaves fewer frames."""
    zeroed, batch, conv = _zero_beyond_end(layer, inputs), _current(), layer.conv
    if batch is not None:
        frames = (batch.frames + 2 * conv.padding[0] - conv.kernel_size[0]) // conv.stride[0] + 1
        _change(replace(batch, frames=frames))
    return zeroed
