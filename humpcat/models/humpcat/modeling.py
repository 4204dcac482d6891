"""HuMP-CAT for audio classification: encoder, streams, cross-attention, pooling, classifier."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from humpcat.errors import CheckpointError, EncoderError
from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.encoder import SpeechEncoder
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.fusion import (
    ConvStem,
    CrossAttentionTransformer,
    LayerMix,
    LinearStem,
    RecurrentStream,
    frame_mask,
    pool,
)
from humpcat.models.humpcat.standardization import Standardizer


class CosineClassifier(nn.Module):
    """Logits are scaled cosines between the embedding and one direction a class."""

    def __init__(self, width: int, classes: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, width))
        self.scale = scale
        nn.init.xavier_uniform_(self.weight)

    def forward(self, embedding: Tensor) -> Tensor:
        """Turn (batch, width) into (batch, classes)."""
        return self.scale * nn.functional.linear(
            nn.functional.normalize(embedding, dim=-1), nn.functional.normalize(self.weight, dim=-1)
        )


class HumpCatForAudioClassification(PreTrainedModel):
    """HuBERT hidden states, MFCC and prosody, fused by cross-attention and classified.

    A frozen encoder is not part of the model's weights: it is named in the configuration and loaded when first
    needed, or by :meth:`load_encoder`. A tuned one is stored whole.

    Args:
        config: the configuration.
    """

    config_class = HumpCatConfig
    base_model_prefix = "humpcat"
    main_input_name = "input_values"
    _no_split_modules = ["CrossAttentionLayer"]

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__(config)
        width = config.hidden_size
        self.standardizer = Standardizer(config)
        self.layer_mix = LayerMix(len(config.encoder_layers))
        self.stem = ConvStem(config) if config.stem == "conv" else LinearStem(config)
        self.mfcc_stream = RecurrentStream(config)
        self.prosody_stream = nn.Sequential(
            nn.Linear(config.prosody_width + config.functionals_width, width), nn.GELU(), nn.Linear(width, width)
        )
        self.acoustic_cat = CrossAttentionTransformer(config)
        self.join_acoustic = nn.Linear(2 * width, width)
        self.encoder_cat = CrossAttentionTransformer(config)
        self.norm = nn.LayerNorm(4 * width)
        self.dropout = nn.Dropout(config.dropout)
        embedding = 4 * width
        if config.statistics:
            embedding += 2 * config.encoder_width * len(config.encoder_layers)
        self.classifier: nn.Module = (
            CosineClassifier(embedding, config.num_labels, config.scale)
            if config.classifier == "cosine"
            else nn.Linear(embedding, config.num_labels)
        )
        self.encoder: SpeechEncoder | None = None
        if config.tuned_layers:
            self.encoder = SpeechEncoder.from_config(
                AutoConfig.for_model(**config.encoder_config), normalize=config.encoder_normalize
            )
            self._choose_tuned_layers()
        self.post_init()

    def forward(
        self,
        input_values: Tensor | None = None,
        lengths: Tensor | None = None,
        hidden: Tensor | None = None,
        mfcc: Tensor | None = None,
        prosody: Tensor | None = None,
        functionals: Tensor | None = None,
        labels: Tensor | None = None,
        statistics: Mapping[str, Tensor] | None = None,
        return_dict: bool = True,
    ) -> SequenceClassifierOutput:
        """Classify a padded batch.

        Args:
            input_values: shape (batch, samples), 16 kHz waveforms; or give ``hidden``.
            lengths: shape (batch,), samples of each clip.
            hidden: shape (batch, layers, frames, encoder width), hidden states of the configured layers.
            mfcc: shape (batch, frames, 40).
            prosody: shape (batch, frames, 8).
            functionals: shape (batch, 22).
            labels: shape (batch,), class indices; gives a plain cross-entropy loss.
            statistics: standardisation to use in place of the checkpoint's, a row a clip, see ``Standardizer``.
            return_dict: kept for callers of the transformers interface; a ``ModelOutput`` is returned anyway.

        Returns:
            ``logits`` of shape (batch, classes); ``hidden_states`` holds the embedding, (batch, values).
        """
        if hidden is None:
            self.load_encoder()
            hidden = self.encoder(input_values, lengths, self.config.encoder_layers)
        frames = lengths // FRAME_SAMPLES
        mask = frame_mask(frames, hidden.shape[2])
        hidden = hidden.to(self.join_acoustic.weight.dtype)
        embedding = self._fuse(hidden, mfcc, prosody, functionals, frames, mask, statistics)
        if self.config.statistics:
            pooled = self.standardizer("pooled", pool(hidden, mask), statistics, frames=False)
            embedding = torch.cat([embedding, pooled.flatten(1)], dim=-1)
        logits = self.classifier(self.dropout(embedding))
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits, hidden_states=embedding)

    def _fuse(
        self,
        hidden: Tensor,
        mfcc: Tensor,
        prosody: Tensor,
        functionals: Tensor,
        frames: Tensor,
        mask: Tensor,
        statistics: Mapping[str, Tensor] | None,
    ) -> Tensor:
        """Return the pooled outcome of both cross-attention transformers, (batch, 4 * hidden_size)."""
        real = mask[..., None].to(hidden.dtype)
        states = self.layer_mix(self.standardizer("hidden", hidden, statistics, frames=True)) * real
        encoded, steps = self.stem(states, frames)
        encoded_mask = frame_mask(steps, encoded.shape[1])

        cepstra = self.mfcc_stream(self.standardizer("mfcc", mfcc, statistics, frames=True) * real, frames)
        whole = self.standardizer("functionals", functionals, statistics, frames=False)
        melody = self.standardizer("prosody", prosody, statistics, frames=True)
        melody = self.prosody_stream(torch.cat([melody, whole[:, None].expand(-1, melody.shape[1], -1)], dim=-1))

        melody, cepstra = self.acoustic_cat(melody, cepstra, mask, mask)
        acoustic = self.join_acoustic(torch.cat([melody, cepstra], dim=-1))
        encoded, acoustic = self.encoder_cat(encoded, acoustic, encoded_mask, mask)
        return self.norm(torch.cat([pool(encoded, encoded_mask), pool(acoustic, mask)], dim=-1))

    def load_encoder(self) -> SpeechEncoder:
        """Load the frozen encoder that the configuration names, unless it is there already.

        Raises:
            EncoderError: it cannot be found, or its weights are not those that the model was trained with.
        """
        if self.encoder is None:
            encoder = SpeechEncoder.from_pretrained(self.config.encoder, self.config.encoder_revision)
            found = encoder.weights_hash()
            if self.config.encoder_hash not in (None, found):
                raise EncoderError(
                    f"encoder {self.config.encoder}: its weights have the hash {found}, the model was trained with "
                    f"{self.config.encoder_hash}: point it to the encoder that it was trained with."
                )
            self.encoder = encoder.requires_grad_(False).to(self.device)
        return self.encoder

    def train(self, mode: bool = True) -> "HumpCatForAudioClassification":
        """Set training mode; a frozen encoder stays in evaluation mode."""
        super().train(mode)
        if self.encoder is not None and not self.config.tuned_layers:
            self.encoder.eval()
        return self

    def save_pretrained(self, save_directory: str | Path, **kwargs: Any) -> None:
        """Save configuration and weights as safetensors, without the encoder if it is frozen.

        Args:
            save_directory: the folder; made if it does not exist.
            **kwargs: as for ``PreTrainedModel.save_pretrained``.
        """
        state = kwargs.pop("state_dict", None) or self.state_dict()
        if not self.config.tuned_layers:
            state = {key: value for key, value in state.items() if not key.startswith("encoder.")}
        super().save_pretrained(save_directory, state_dict=state, **kwargs)

    @classmethod
    def from_pretrained(cls, name: str | Path, *args: Any, **kwargs: Any) -> Any:
        """Load a checkpoint; every weight must be there, and none beside.

        Args:
            name: a folder or hub name.
            *args: as for ``PreTrainedModel.from_pretrained``.
            **kwargs: as for ``PreTrainedModel.from_pretrained``.

        Raises:
            CheckpointError: weights are missing, surplus, of other shapes, or not safetensors.
        """
        folder = Path(name)
        if folder.is_dir() and not list(folder.glob("*.safetensors")):
            raise CheckpointError(
                f"{name}: found {', '.join(sorted(file.name for file in folder.iterdir())) or 'nothing'}, expected "
                "config.json and model.safetensors: pickled weights are not loaded; name the folder of a saved model."
            )
        wants_report = kwargs.pop("output_loading_info", False)
        try:
            model, report = super().from_pretrained(
                str(name), *args, **(kwargs | {"use_safetensors": True, "output_loading_info": True})
            )
        except (RuntimeError, OSError) as error:
            raise CheckpointError(f"{name}: cannot be loaded: {str(error).strip().splitlines()[0]}") from None
        for kind, keys in (("missing", report["missing_keys"]), ("unknown to this model", report["unexpected_keys"])):
            if keys:
                raise CheckpointError(
                    f"{name}: {len(keys)} weights are {kind}, such as {sorted(keys)[0]}: "
                    "the checkpoint is damaged or of another configuration; save or copy it again."
                )
        return (model, report) if wants_report else model

    def _choose_tuned_layers(self) -> None:
        """Let gradients into the top ``tuned_layers`` of the encoder only."""
        assert self.encoder is not None
        self.encoder.requires_grad_(False)
        layers = self.encoder.model.layers if hasattr(self.encoder.model, "layers") else self.encoder.model.encoder.layers
        for layer in layers[-self.config.tuned_layers :]:
            layer.requires_grad_(True)
