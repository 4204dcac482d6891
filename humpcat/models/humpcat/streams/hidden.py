"""The encoder's hidden states: layers mixed, then brought to steps of a quarter of the frame rate."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from humpcat.features.base import Extractor
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import HiddenStates
from humpcat.models.humpcat.configuration import GROUP, HumpCatConfig
from humpcat.models.humpcat.streams.base import Masked, Stream, frame_mask, group_count

STEM_KERNEL = (10, 15)
STEM_STRIDE = (GROUP, 3)


class HiddenStream(Stream):
    """Hidden states ``hidden`` (layers, steps, width), and ``pooled``, the mean of all frames of each layer."""

    name = "hidden"
    summary = ("pooled",)

    def extractor(self, encoder: SpeechEncoder | None = None, config: HumpCatConfig | None = None) -> Extractor:
        """Return the extractor of the configured layers."""
        if encoder is None or config is None:
            raise TypeError("hidden states are an encoder's: pass encoder and config")
        return HiddenStates(encoder, config.encoder_layers, config.encoder_group)

    def shapes(self, config: HumpCatConfig) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes of both arrays."""
        layers, width = len(config.encoder_layers), config.encoder_width
        return {"hidden": (layers, width), "pooled": (layers, width)}

    def modules(self, config: HumpCatConfig) -> Mapping[str, nn.Module]:
        """Return what makes one sequence of the layers, and the stem."""
        if config.stem == "layers":
            return {"stem": LayersStem(config)}
        mix = LayerMix(len(config.encoder_layers))
        return {"layer_mix": mix, "stem": ConvStem(config) if config.stem == "conv" else LinearStem(config)}

    def sequence(self, network: nn.Module, read: Callable[[str], Tensor], frames: Tensor) -> Masked:
        """Return the stem's steps."""
        layers, stem = read("hidden"), network.get_submodule("stem")
        one = layers if isinstance(stem, LayersStem) else network.get_submodule("layer_mix")(layers)
        states, steps = stem(one, frames)
        return states, frame_mask(steps, states.shape[1])


class LayerMix(nn.Module):
    """A learned, softmax-weighted sum of encoder layers (as in SUPERB, Yang et al. 2021)."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(layers))

    def forward(self, hidden: Tensor) -> Tensor:
        """Mix (batch, layers, frames, width) into (batch, frames, width)."""
        return torch.einsum("blfw,l->bfw", hidden, self.weights.softmax(0))


class ConvStem(nn.Module):
    """The paper's stem: one kernel over (frames, width) that quarters time and brings 768 values to 252.

    Where the encoder is of another width, a linear map brings the result to ``hidden_size``.
    """

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, STEM_KERNEL, STEM_STRIDE)
        width = (config.encoder_width - STEM_KERNEL[1]) // STEM_STRIDE[1] + 1
        self.project = nn.Identity() if width == config.hidden_size else nn.Linear(width, config.hidden_size)

    def forward(self, states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn (batch, frames, width) and lengths into (batch, steps, hidden_size) and their lengths."""
        # The kernel reads beyond the end of a clip shorter than itself, and standardising has moved the zeros there.
        states = states * frame_mask(lengths, states.shape[1])[..., None]
        missing = max(0, STEM_KERNEL[0] - states.shape[1])
        states = nn.functional.pad(states, (0, 0, 0, missing))
        steps = (lengths - STEM_KERNEL[0]).div(STEM_STRIDE[0], rounding_mode="floor").add(1).clamp(min=1)
        return self.project(nn.functional.gelu(self.conv(states[:, None])[:, 0])), steps


class LinearStem(nn.Module):
    """A linear map of steps that are averages of neighbouring frames already."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        self.project = nn.Linear(config.encoder_width, config.hidden_size)

    def forward(self, states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn (batch, steps, width) and lengths in frames into (batch, steps, hidden_size) and lengths in steps."""
        return self.project(states), group_count(lengths)


class LayersStem(nn.Module):
    """A linear map of each layer, added up; steps are averages of neighbouring frames already.

    Scalars that mix the layers hardly move in training, for what a layer knows that others do not lies in few of its
    directions.
    """

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        self.project = nn.Linear(len(config.encoder_layers) * config.encoder_width, config.hidden_size)

    def forward(self, layers: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn (batch, layers, steps, width) and lengths in frames into (batch, steps, hidden_size) and steps."""
        return self.project(layers.transpose(1, 2).flatten(2)), group_count(lengths)


EXPORT = (HiddenStream(),)
