"""A network and its speech encoder, which is named and loaded when it is needed, or stored whole if it was tuned."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from torch import Tensor
from transformers import AutoConfig

from humpcat.errors import CheckpointError, EncoderError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.encoder_search import (
    BESIDE,
    EncoderReference,
    absolute_place,
    find_encoder,
    load_given,
    portable_place,
)
from humpcat.models.humpcat.network import StreamNetwork


class EncodedNetwork(StreamNetwork):
    """A network that may be given waveforms, of which its encoder makes hidden states.

    A frozen encoder is not part of the model's weights: it is named in the configuration and loaded when first
    needed, or by :meth:`load_encoder`. A tuned one is stored whole.

    Attributes:
        encoder: the encoder; None for a frozen one that was not needed yet.
    """

    half_parts = ("encoder",)
    encoder: SpeechEncoder | None
    named_encoder: str | None = None
    """Place of the encoder as the checkpoint names it; None for a model that was not loaded."""

    def stored_encoder(self) -> SpeechEncoder | None:
        """Return the encoder that lies among the model's weights, without their values; None for a frozen one."""
        if not self.config.tuned_layers:
            return None
        return SpeechEncoder.from_config(
            AutoConfig.for_model(**(self.config.encoder_config or {})), normalize=self.config.encoder_normalize
        )

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

    def train(self, mode: bool = True) -> Self:
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
