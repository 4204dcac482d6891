"""HuMP-CAT for audio classification: encoder, streams, cross-attention, pooling, classifier."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import AutoModelForAudioClassification
from transformers.utils import ModelOutput

from humpcat.features.base import FRAME_SAMPLES
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.cosine_classifier import CosineClassifier
from humpcat.models.humpcat.encoded_network import EncodedNetwork
from humpcat.models.humpcat.evidence import evidence
from humpcat.models.humpcat.familiarity import distance
from humpcat.models.humpcat.registries import STREAMS
from humpcat.models.humpcat.standardization import (
    Statistics,
    pooled_of,
    statistics_shapes,
    summary_names,
    summary_width,
)


@dataclass
class HumpCatOutput(ModelOutput):
    """What the model answers.

    Attributes:
        loss: cross-entropy of ``logits``, where labels were given.
        logits: shape (batch, classes), the weighted sum of both branches.
        fusion_logits: shape (batch, classes), the fusion's own.
        summary_logits: shape (batch, classes), the summary's own, None where there is none.
        embedding: shape (batch, values), what the fusion's classifier sees.
        distance: shape (batch,), how far the means of the hidden states are from what was learnt from.
    """

    # ModelOutput wants all fields but the first to have a default.
    loss: Tensor | None = None
    logits: Tensor = None  # type: ignore[assignment]
    fusion_logits: Tensor = None  # type: ignore[assignment]
    summary_logits: Tensor | None = None
    embedding: Tensor | None = None
    distance: Tensor | None = None


class HumpCatForAudioClassification(EncodedNetwork):
    """HuBERT hidden states, MFCC and prosody, fused by cross-attention and classified.

    Two branches add their weighted logits. The fusion is the paper's. The summary is linear in the means of the
    encoder's layers (or of other streams) over the clip; being convex it is fitted apart
    (``training/linear_branch.py``), and it steadies the fusion where target clips are few.

    Args:
        config: the configuration.
    """

    memory_factor: Tensor | None
    memory_solution: Tensor | None
    doubted: bool = False
    """Whether the summary was to train itself on clips without labels when it was adapted, and that was not believed;
    it is not saved with the model."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__(config)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier: nn.Module = (
            CosineClassifier(self.embedding_width, config.num_labels, config.scale)
            if config.classifier == "cosine"
            else nn.Linear(self.embedding_width, config.num_labels)
        )
        self.summary: nn.Linear | None = None
        if config.statistics:
            self.summary = nn.Linear(summary_width(config), config.num_labels)
        # How much each branch counts, fusion first; chosen on validation clips, not learnt.
        self.register_buffer("branch_weights", torch.ones(2))
        # What the sum is divided by for probabilities that can be believed; fitted last (training/calibration.py).
        self.register_buffer("temperature", torch.ones(()))
        # What is left of the source's clips, see humpcat.self_training.SourceMemory; nothing of it is used to
        # classify.
        self.memory_factor: Tensor | None
        self.memory_solution: Tensor | None
        self.register_buffer("memory_factor", None)
        self.register_buffer("memory_solution", None)
        if config.memory_rank and self.summary is not None:
            width = self.summary.in_features + 1
            self.memory_factor = torch.zeros(config.memory_rank, width, dtype=torch.float16)
            self.memory_solution = torch.zeros(config.num_labels, width)
        self.encoder = self.stored_encoder()
        self.post_init()
        self.choose_trained()

    def forward(
        self,
        input_values: Tensor | None = None,
        lengths: Tensor | None = None,
        hidden: Tensor | None = None,
        pooled: Tensor | None = None,
        labels: Tensor | None = None,
        statistics: Mapping[str, Tensor] | None = None,
        return_dict: bool = True,
        **arrays: Tensor,
    ) -> HumpCatOutput:
        """Classify a padded batch.

        Args:
            input_values: shape (batch, samples), 16 kHz waveforms; or give ``hidden`` and ``pooled``.
            lengths: shape (batch,), samples of each clip.
            hidden: shape (batch, layers, steps, encoder width), hidden states of the configured layers.
            pooled: shape (batch, layers, encoder width), their means, see ``features.condensing.condense``.
            labels: shape (batch,), class indices; gives a plain cross-entropy loss.
            statistics: standardisation to use in place of the checkpoint's, a row a clip, see ``Standardizer``.
            return_dict: kept for callers of the transformers interface; a ``ModelOutput`` is returned anyway.
            **arrays: those of the other streams: ``mfcc`` (batch, frames, 40), ``prosody`` (batch, frames, 8) and
                ``functionals`` (batch, 22), and whatever further streams bring.

        Returns:
            Logits of both branches, divided by the temperature and the smaller the shorter the clip unless in training
            mode; the logits of fusion and summary alone, neither weighed nor divided, those of a fusion that was not
            computed zeros; the fusion's embedding; and how far each clip is from what was learnt from.
        """
        wanted = [name for name in dict(self.standardizer.named_buffers()) if name not in ("hidden", "pooled")]
        missing = [name for name in wanted if pooled_of(name) is None and arrays.get(name) is None]
        needed = missing and [
            name for name in missing if self.training or self._stream_of(name) in self.heard_streams()
        ]
        if lengths is None or needed:
            names = ", ".join(["lengths"] * (lengths is None) + needed)
            raise TypeError(f"forward needs {names}: HumpCatFeatureExtractor makes them")
        if hidden is None or pooled is None:
            hidden, pooled = self.load_encoder()(
                input_values, lengths, self.config.encoder_layers, self.config.encoder_group
            )
        hidden, frames = hidden.to(self.norm.weight.dtype), lengths // FRAME_SAMPLES
        streams = arrays | {"hidden": hidden, "pooled": pooled}
        # What has no say need not be given, and then is not computed.
        embedding = None if missing else self.fuse(streams, frames, statistics)
        fusion = hidden.new_zeros(len(hidden), self.config.num_labels)
        if embedding is not None:
            fusion = self.classifier(self.dropout(embedding))
        logits, summary = self.branch_weights[0] * fusion, None
        if self.summary is not None:
            summary = self.summary(self.summarise(streams, frames, statistics))
            logits = logits + self.branch_weights[1] * summary
        if not self.training:
            # Here and nowhere else, so that every way of using the model gives the same probabilities.
            logits = logits / self.temperature * evidence(lengths, self.config.evidence_seconds)[:, None]
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        far = distance(self.standardizer("pooled", pooled, statistics))
        return HumpCatOutput(loss, logits, fusion, summary, embedding, far)

    def heard_streams(self) -> list[str]:
        """Return the streams that answers depend on: all, or those that the summary weighs if the fusion has no say.

        The arrays of others may be left out of a call outside of training.
        """
        if self.summary is None or bool(self.branch_weights[0] != 0):
            return list(self.config.extracted)
        shapes, names = statistics_shapes(self.config), summary_names(self.config)
        parts = self.summary.weight.detach().split([math.prod(shapes[name][1:]) for name in names], dim=1)
        weighed = {name for name, weights in zip(names, parts, strict=True) if bool(weights.any())}
        return [stream for stream in self.config.extracted if weighed & {*STREAMS[stream].summary}]

    def _stream_of(self, array: str) -> str:
        """Return the stream that an array is of."""
        return next(name for name in self.config.extracted if array in STREAMS[name].shapes(self.config))

    def standardise_by(self, statistics: Statistics) -> None:
        """Standardise by other statistics from now on; how far left-out corpora were by the old ones says nothing now.

        Args:
            statistics: for each stream shape (2, ...), mean and standard deviation.
        """
        self.standardizer.hold(statistics)
        self.config.farthest = 0.0

    def calibrate(
        self, weights: Tensor, temperature: float = 1.0, evidence_seconds: float = 0.0, farthest: float = 0.0
    ) -> None:
        """Set how much each branch counts and how sure an answer is; nothing of it changes what is learnt.

        Args:
            weights: of fusion and summary, shape (2,).
            temperature: what the sum is divided by.
            evidence_seconds: see :mod:`humpcat.models.humpcat.evidence`.
            farthest: see :mod:`humpcat.models.humpcat.familiarity`.
        """
        self.branch_weights.copy_(weights)
        self.temperature.fill_(temperature)
        self.config.evidence_seconds, self.config.farthest = evidence_seconds, farthest

    def remember(self, factor: Tensor, solution: Tensor) -> None:
        """Keep a memory of the source, see :class:`humpcat.self_training.SourceMemory`.

        Args:
            factor: shape (rank, summary values + 1); stored in half precision.
            solution: shape (classes, summary values + 1).
        """
        self.memory_factor, self.memory_solution = factor.half(), solution.float()
        self.config.memory_rank = len(factor)

    def forget(self) -> None:
        """Drop the memory of the source, of which an adapted model is no longer a faithful keeper."""
        self.memory_factor, self.memory_solution = None, None
        self.config.memory_rank = 0

    def freeze_fitted(self) -> None:
        """Freeze the summary, which is fitted apart, and the encoder, for training clips bring its hidden states."""
        for part in (self.summary, self.encoder):
            if part is not None:
                part.requires_grad_(False)

    def training_logits(self, outputs: HumpCatOutput) -> Tensor:
        """Return the fusion's own logits, for the summary is fitted apart.

        Args:
            outputs: what the model answered in training mode.
        """
        return outputs.fusion_logits


AutoModelForAudioClassification.register(HumpCatConfig, HumpCatForAudioClassification, exist_ok=True)
