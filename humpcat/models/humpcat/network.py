"""From streams to one vector a clip: which streams are read, how they are fused and pooled, what is summarised."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from humpcat.models.base import AudioClassifier
from humpcat.models.humpcat.configuration import GROUP, HumpCatConfig
from humpcat.models.humpcat.fusion.base import LoneFusion, PairFusion
from humpcat.models.humpcat.pooling.statistics import pool
from humpcat.models.humpcat.registries import POOLINGS
from humpcat.models.humpcat.standardization import POOLED_FRAMES, Standardizer, summary_names
from humpcat.models.humpcat.streams import (
    ConvStem,
    LayerMix,
    LinearStem,
    ProsodyStream,
    RecurrentStream,
    frame_mask,
    group_count,
)

Masked = tuple[Tensor, Tensor]
"""A stream of shape (batch, steps, width) and its mask, (batch, steps), True for real steps."""


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
        streams, both = config.streams, {"mfcc", "prosody"} <= set(config.streams)
        if "hidden" in streams:
            self.layer_mix = LayerMix(len(config.encoder_layers))
            self.stem = ConvStem(config) if config.stem == "conv" else LinearStem(config)
        if "mfcc" in streams:
            self.mfcc_stream = RecurrentStream(config)
        if "prosody" in streams:
            self.prosody_stream = ProsodyStream(config)
        if both:
            self.acoustic_cat = PairFusion(config)
        if len(streams) == 3:
            self.join_acoustic = nn.Linear(2 * width, width)
        if len(streams) > 1 and "hidden" in streams:
            self.encoder_cat = PairFusion(config)
        if len(streams) == 1:
            self.alone = LoneFusion(config)
        pooled = min(len(streams), 2)
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
        sequences = self._acoustic(streams, frames, statistics)
        if "hidden" in self.config.streams:
            states, steps = self.stem(
                self.layer_mix(self.standardizer("hidden", streams["hidden"], statistics)), frames
            )
            sequences = [(states, frame_mask(steps, states.shape[1])), *sequences]
            if len(sequences) == 2:
                sequences = _paired(self.encoder_cat, *sequences)
        if len(sequences) == 1:
            sequences = [(self.alone(*sequences[0]), sequences[0][1])]
        pooled = [pooling(*sequence) for pooling, sequence in zip(self.poolings, sequences, strict=True)]
        return self.norm(torch.cat(pooled, dim=-1))

    def _acoustic(
        self, streams: Mapping[str, Tensor], frames: Tensor, statistics: Mapping[str, Tensor] | None
    ) -> list[Masked]:
        """Return prosody and MFCC, as far as they are read: fused, and joined where hidden states follow."""
        # Standardising moves the zeros beyond a clip's end; groups of frames must find zeros there again.
        mfcc, prosody = streams["mfcc"], streams["prosody"]
        real = frame_mask(frames, mfcc.shape[1])[..., None]
        mask = frame_mask(group_count(frames), -(-mfcc.shape[1] // GROUP))
        found: list[Masked] = []
        if "prosody" in self.config.streams:
            whole = self.standardizer("functionals", streams["functionals"], statistics)
            melody = self.prosody_stream(self.standardizer("prosody", prosody, statistics) * real, whole)
            found.append((melody, mask))
        if "mfcc" in self.config.streams:
            found.append((self.mfcc_stream(self.standardizer("mfcc", mfcc, statistics) * real, frames), mask))
        if len(found) == 2:
            found = _paired(self.acoustic_cat, *found)
        if len(self.config.streams) == 3:
            found = [(self.join_acoustic(torch.cat([states for states, _ in found], dim=-1)), mask)]
        return found

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
            stream = streams[POOLED_FRAMES.get(name, name)]
            value = pool(stream, frame_mask(frames, stream.shape[1])) if name in POOLED_FRAMES else stream
            values.append(self.standardizer(name, value, statistics).flatten(1))
        return torch.cat(values, dim=1)


def _paired(fusion: nn.Module, first: Masked, second: Masked) -> list[Masked]:
    """Return two sequences, each updated from the other."""
    (one, one_mask), (other, other_mask) = first, second
    one, other = fusion(one, other, one_mask, other_mask)
    return [(one, one_mask), (other, other_mask)]
