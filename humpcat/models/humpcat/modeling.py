"""HuMP-CAT for audio classification: encoder, streams, cross-attention, pooling, classifier."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForAudioClassification
from transformers.utils import ModelOutput

from humpcat.errors import CheckpointError, EncoderError
from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.encoder_search import (
    BESIDE,
    EncoderReference,
    absolute_place,
    find_encoder,
    load_given,
    portable_place,
)
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.cosine_classifier import CosineClassifier
from humpcat.models.humpcat.evidence import evidence
from humpcat.models.humpcat.familiarity import distance
from humpcat.models.humpcat.network import StreamNetwork
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


class HumpCatForAudioClassification(StreamNetwork):
    """HuBERT hidden states, MFCC and prosody, fused by cross-attention and classified.

    Two branches add their weighted logits. The fusion is the paper's. The summary is linear in the means of the
    encoder's layers (or of other streams) over the clip; being convex it is fitted apart (``training/branches.py``),
    and it steadies the fusion where target clips are few.

    A frozen encoder is not part of the model's weights: it is named in the configuration and loaded when first
    needed, or by :meth:`load_encoder`. A tuned one is stored whole.

    Args:
        config: the configuration.
    """

    half_parts = ("encoder",)
    memory_factor: Tensor | None
    memory_solution: Tensor | None
    named_encoder: str | None = None
    """Place of the encoder as the checkpoint names it; None for a model that was not loaded."""

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
        self.encoder: SpeechEncoder | None = None
        if config.tuned_layers:
            self.encoder = SpeechEncoder.from_config(
                AutoConfig.for_model(**(config.encoder_config or {})), normalize=config.encoder_normalize
            )
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

    def load_encoder(self, place: str | Path | None = None) -> SpeechEncoder:
        """Load the frozen encoder, unless it is there already; the configuration then says where it was found.

        Args:
            place: where it is; the place that the configuration was given since it was loaded, if any, or looked for
                as :func:`humpcat.features.encoder_search.find_encoder` does.

        Raises:
            EncoderError: it cannot be found, or its weights are not those that the model was trained with.
        """
        if self.encoder is None or (place is not None and not self.config.tuned_layers):
            config = self.config
            if place is None and self.named_encoder not in (None, config.encoder):
                place = config.encoder
            wanted = EncoderReference(
                config.encoder, config.encoder_revision, config.encoder_hash, config.encoder_width
            )
            if place is not None:
                encoder, found = load_given(wanted, str(place))
            else:
                encoder, found = find_encoder(wanted, self.folder)
            if max(config.encoder_layers) > encoder.depth:
                raise EncoderError(
                    f"encoder {found.place}: has {encoder.depth} layers, and the model reads hidden state "
                    f"{max(config.encoder_layers)}: expected the encoder that it was trained with."
                )
            self.named_encoder = config.encoder = found.place
            config.encoder_revision = found.revision
            self.encoder = encoder.requires_grad_(False).to(self.device, self.parts_dtype)
        return self.encoder

    @classmethod
    def from_pretrained(cls, name: str | Path, *args: Any, **kwargs: Any) -> Any:
        """Load a checkpoint, see :meth:`AudioClassifier.from_pretrained`.

        Args:
            name: a folder or hub name.
            *args: as for ``PreTrainedModel.from_pretrained``.
            **kwargs: as for ``PreTrainedModel.from_pretrained``.

        Raises:
            CheckpointError: it cannot be found, or its weights do not fit.
        """
        loaded = super().from_pretrained(name, *args, **kwargs)
        model = loaded[0] if isinstance(loaded, tuple) else loaded
        for stream, statistics in model.standardizer.named_buffers():
            if not (statistics[1] > 0).all():
                raise CheckpointError(
                    f"{name}: the standard deviations of {stream} are not all above 0: save or copy it again."
                )
        place = absolute_place(model.config.encoder, str(name), model.folder, kwargs.get("revision"))
        model.named_encoder = model.config.encoder = place
        return loaded

    def save_pretrained(self, save_directory: str | Path, *, with_encoder: bool = False, **kwargs: Any) -> None:
        """Save the model, so that it can be loaded from another place and on another machine.

        Args:
            save_directory: the folder; made if it does not exist.
            with_encoder: whether a frozen encoder is saved too, in the folder ``encoder`` within.
            **kwargs: as for :meth:`AudioClassifier.save_pretrained`.

        Raises:
            EncoderError: the encoder shall be saved and cannot be found.
        """
        stored = with_encoder and not self.config.tuned_layers
        encoder = self.load_encoder() if stored else None
        here = self.config.encoder, self.config.encoder_revision
        portable = portable_place(*here, Path(save_directory), stored=stored)
        if encoder is not None:
            encoder.save_pretrained(Path(save_directory) / BESIDE)
        self.config.encoder, self.config.encoder_revision = portable
        try:
            super().save_pretrained(save_directory, **kwargs)
        finally:
            self.config.encoder, self.config.encoder_revision = here

    def hashed_settings(self) -> dict[str, Any]:
        """Return the settings, without the encoder's place, for which its hash stands, and what no clip needs.

        What a change of emotion costs is asked of long recordings only.
        """
        others = ("encoder", "encoder_revision", "change_cost")
        return {name: value for name, value in super().hashed_settings().items() if name not in others}

    def train(self, mode: bool = True) -> "HumpCatForAudioClassification":
        """Set training mode; a frozen encoder stays in evaluation mode."""
        super().train(mode)
        if self.encoder is not None and not self.config.tuned_layers:
            self.encoder.eval()
        return self

    def own_weights(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the weights without those of a frozen encoder, which is stored by reference.

        Args:
            state: all weights by their names.
        """
        frozen = not self.config.tuned_layers
        return {key: value for key, value in state.items() if not (frozen and key.startswith("encoder."))}

    def choose_trained(self) -> None:
        """Of an encoder that is stored whole, train ``tuned_layers``, counted down from the highest that is read."""
        if self.config.tuned_layers:
            assert self.encoder is not None
            self.encoder.requires_grad_(False)
            top = max(self.config.encoder_layers)
            self.encoder.layers[top - self.config.tuned_layers : top].requires_grad_(True)

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
