"""Load the checkpoint of a speech encoder: from this machine first, from the hub if need be."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoConfig, AutoModel, FeatureExtractionMixin, PreTrainedModel
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from humpcat.errors import EncoderError
from humpcat.features.encoder_settings import refuse_implausible
from humpcat.files import is_path
from humpcat.hub import NotFoundError, locate
from humpcat.safe_checkpoint import refuse_unsafe, said_in_short

DEFAULT_ENCODER = "facebook/hubert-base-ls960"


def load_pretrained(name: str, revision: str | None = None) -> tuple[PreTrainedModel, bool]:
    """Load the weights of an encoder; safetensors only.

    Args:
        name: a hub name, or a folder in the hub's layout.
        revision: branch, tag or commit of a hub name.

    Returns:
        The model, and whether its waveforms are scaled to zero mean and unit variance first.

    Raises:
        EncoderError: it cannot be found, is incomplete or damaged, or holds no safetensors.
    """
    try:
        place = locate(name, revision)
    except NotFoundError as reason:
        raise EncoderError(
            f"encoder '{name}' was not found: {reason}: pass --encoder a folder in the hub's layout (config.json and "
            f"model.safetensors), or {'a name of the hub' if is_path(name) else 'go online once'}."
        ) from None
    try:
        refuse_unsafe(place, EncoderError, revision)
        config = AutoConfig.from_pretrained(place, revision=revision, trust_remote_code=False)
        refuse_implausible(name, config, Path(place) if Path(place).is_dir() else None)
        options = {
            "config": config,
            "revision": revision,
            "use_safetensors": True,
            "ignore_mismatched_sizes": True,
            "dtype": torch.float32,
            "trust_remote_code": False,
        }
        if config.model_type == "whisper":
            model, report = _whisper_encoder(place, options)
        else:
            model, report = AutoModel.from_pretrained(place, output_loading_info=True, **options)
        normalize = _normalizes(place, revision)
    except EncoderError:
        raise
    # transformers, safetensors and torch raise whatever a wrong value leads to.
    except Exception as error:
        raise _cannot_load(name, place, error) from None
    for key, found, expected in sorted(report["mismatched_keys"]):
        raise EncoderError(
            f"encoder {name}: weight {key} has the shape {tuple(found)}, expected {tuple(expected)} by its "
            "config.json: copy the checkpoint again."
        )
    # masked_spec_embed is used in pretraining only, and many published checkpoints lack it.
    missing = sorted(key for key in report["missing_keys"] if key != "masked_spec_embed")
    if missing:
        raise EncoderError(
            f"encoder {name}: {len(missing)} weights are missing, such as {missing[0]}: copy the checkpoint again."
        )
    broken = not_finite(model.state_dict())
    if broken:
        raise EncoderError(f"encoder {name}: weight {broken} holds NaN or infinity: copy the checkpoint again.")
    return model, normalize


def not_finite(weights: Mapping[str, Tensor]) -> str:
    """Return the name of the first weight that holds NaN or infinity; empty if none does.

    Args:
        weights: by their names.

    Example:
        >>> not_finite({"bias": torch.zeros(2), "weight": torch.tensor([1.0, float("nan")])})
        'weight'
    """
    # The sum of a tensor is not finite if a value is not, and one sum costs less than a test of each value.
    suspects = (name for name, value in sorted(weights.items()) if not torch.isfinite(value.sum(dtype=torch.float64)))
    return next((name for name in suspects if not torch.isfinite(weights[name]).all()), "")


def _whisper_encoder(place: str, options: dict[str, Any]) -> tuple[PreTrainedModel, dict[str, Any]]:
    """Load the encoder half of a Whisper checkpoint, with or without its decoder beside it."""
    model, report = WhisperEncoder.from_pretrained(
        place, output_loading_info=True, key_mapping={r"^(model\.)?encoder\.": ""}, **options
    )
    return model, report


def _normalizes(place: str, revision: str | None) -> bool:
    """Read whether the checkpoint's preprocessor scales waveforms; all that publish none do."""
    try:
        settings, _ = FeatureExtractionMixin.get_feature_extractor_dict(place, revision=revision)
    except OSError:
        return True
    normalize = settings.get("do_normalize", True)
    if not isinstance(normalize, bool):
        raise EncoderError(
            f"encoder {place}: do_normalize {normalize!r:.40} in its preprocessor_config.json: expected true or false."
        )
    return normalize


def _cannot_load(name: str, place: str, error: Exception) -> EncoderError:
    folder = Path(place)
    if not folder.is_dir():
        return EncoderError(f"encoder '{name}' of the hub: {said_in_short(error)}.")
    if not (folder / "config.json").is_file():
        return EncoderError(
            f"encoder {name}: the folder holds no config.json: expected the layout of a hub checkpoint."
        )
    if not list(folder.glob("*.safetensors")):
        return EncoderError(
            f"encoder {name}: found {', '.join(sorted(file.name for file in folder.iterdir()))}, expected "
            "model.safetensors: pickled weights are not loaded; save the checkpoint again as safetensors."
        )
    if isinstance(error, SafetensorError):
        return EncoderError(f"encoder {name}: its weights are damaged ({error}): copy the checkpoint again.")
    return EncoderError(f"encoder {name}: cannot be loaded ({said_in_short(error)}): copy the checkpoint again.")
