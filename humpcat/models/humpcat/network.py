"""From streams to one vector a clip: which streams are read, how they are fused and pooled, what is summarised."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from humpcat.models.base import AudioClassifier
from humpcat.models.humpcat.configuration import OWN_STREAMS, HumpCatConfig
from humpcat.models.humpcat.fusion.base import LoneFusion, PairFusion
from humpcat.models.humpcat.pooling.statistics import pool
from humpcat.models.humpcat.registries import POOLINGS, STREAMS
from humpcat.models.humpcat.standardization import Standardizer, pooled_of, summary_names
from humpcat.models.humpcat.streams.base import Masked, frame_mask


class StreamNetwork(AudioClassifier):
    """What lies below the classifiers of HuMP-CAT.

    Args:
        config: the configuration.

    Attributes:
        embedding_width: values of the vector that :meth:`fuse` gives.
    """

    config_class = HumpCatConfig
    base_model_prefix = "humpcat"
    main_input_name = "input_values"
    _no_split_modules = ["CrossAttentionLayer"]

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__(config)
        width = config.hidden_size
        self.standardizer = Standardizer(config)
        # A network has the modules of its streams only; their names are those of the checkpoints.
        for name in config.streams:
            for part, module in STREAMS[name].modules(config).items():
                self.add_module(part, module)
        _, *further = order = fused_in_order(config)
        for place, name in enumerate(further, start=2):
            self.add_module(pair_name(name), PairFusion(config))
            if place < len(order):
                self.add_module(_join(name), nn.Linear(2 * width, width))
        if not further:
            self.alone = LoneFusion(config)
        pooled = min(len(order), 2)
        self.poolings = nn.ModuleList([POOLINGS[config.pooling](width) for _ in range(pooled)])
        self.embedding_width = pooled * 2 * width
        self.norm = nn.LayerNorm(self.embedding_width)

    def fuse(self, streams: Mapping[str, Tensor], frames: Tensor, statistics: Mapping[str, Tensor] | None) -> Tensor:
        """Return the pooled outcome of all fusions, (batch, 4 * hidden_size), or half of it for a single stream.

        Args:
            streams: the model's inputs by name, as they were extracted.
            frames: shape (batch,), frames of each clip.
            statistics: what to standardise by in place of what is held, a row a clip.
        """

        def read(name: str) -> Tensor:
            return self.standardizer(name, streams[name], statistics)

        found = {name: STREAMS[name].sequence(self, read, frames) for name in self.config.streams}
        first, *further = order = fused_in_order(self.config)
        sequences = [found[first]]
        for place, name in enumerate(further, start=2):
            both = (found[name], *sequences) if name == "hidden" else (*sequences, found[name])
            sequences = _paired(self.get_submodule(pair_name(name)), *both)
            if place < len(order):
                states = torch.cat([states for states, _ in sequences], dim=-1)
                sequences = [(self.get_submodule(_join(name))(states), sequences[0][1])]
        if not further:
            sequences = [(self.alone(*sequences[0]), sequences[0][1])]
        pooled = [pooling(*sequence) for pooling, sequence in zip(self.poolings, sequences, strict=True)]
        return self.norm(torch.cat(pooled, dim=-1))

    def summarise(
        self, streams: Mapping[str, Tensor], frames: Tensor, statistics: Mapping[str, Tensor] | None
    ) -> Tensor:
        """Return the standardised values that the summary reads, (batch, values).

        Args:
            streams: the model's inputs by name, as they were extracted.
            frames: shape (batch,), frames of each clip.
            statistics: what to standardise by in place of what is held, a row a clip.
        """
        values = []
        for name in summary_names(self.config):
            frame_stream = pooled_of(name)
            value = streams.get(frame_stream or name)
            if value is None:
                # Nothing of it is weighed, see ``HumpCatForAudioClassification.heard_streams``.
                values.append(frames.new_zeros(len(frames), self.standardizer.get_buffer(name)[0].numel()).float())
                continue
            if frame_stream:
                value = pool(value, frame_mask(frames, value.shape[1]))
            values.append(self.standardizer(name, value, statistics).flatten(1))
        return torch.cat(values, dim=1)


def _paired(fusion: nn.Module, first: Masked, second: Masked) -> list[Masked]:
    """Return two sequences, each updated from the other."""
    (one, one_mask), (other, other_mask) = first, second
    one, other = fusion(one, other, one_mask, other_mask)
    return [(one, one_mask), (other, other_mask)]


def fused_in_order(config: HumpCatConfig) -> list[str]:
    """Return the streams in the order in which each is fused with what came of those before: hidden states last."""
    acoustic = [name for name in ("prosody", "mfcc") if name in config.streams]
    further = [name for name in config.streams if name not in OWN_STREAMS]
    return [*acoustic, *further, *(["hidden"] if "hidden" in config.streams else [])]


def pair_name(name: str) -> str:
    """Return how checkpoints call the layers that fuse a stream with those before."""
    return {"mfcc": "acoustic_cat", "hidden": "encoder_cat"}.get(name, f"{name}_cat")


def _join(name: str) -> str:
    """Return how checkpoints call the map that makes one stream of two, before the next is fused with it."""
    return "join_acoustic" if name == "mfcc" else f"join_{name}"
