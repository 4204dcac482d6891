"""The way to a pipeline: from the name of a model to what classifies clips."""

from pathlib import Path
from typing import Any

import torch
from transformers import MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING, AutoConfig
from transformers.utils import FEATURE_EXTRACTOR_NAME

from humpcat.device import default_device
from humpcat.errors import CheckpointError, EncoderError
from humpcat.hub import CONFIGURATION
from humpcat.inference.classifier import HumpCatPipeline
from humpcat.inference.files import predict as predict
from humpcat.inference.files import predict_speaker as predict_speaker
from humpcat.keywords import named_keywords
from humpcat.models.base import AudioClassifier, locate_model
from humpcat.models.extractor import extractor_of
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.pretrained import place_of
from humpcat.safe_checkpoint import refuse_unsafe


@named_keywords
def pipeline(
    model: str | Path | None = None,
    *,
    encoder: str | Path | None = None,
    device: str | int | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
) -> HumpCatPipeline:
    """Load a model for use.

    Args:
        model: folder or hub name of a model of humpcat; "mini", which comes with humpcat and needs no network, by
            default; "cremad-whisper-base" comes with it, too, and reads an encoder of the hub.
        encoder: where the encoder lies now, if it is no longer where the model was trained.
        device: where to compute; a GPU if there is one.
        dtype: float16 or bfloat16 for the products of the encoder, which is where the time goes: half the memory, and
            faster where the device has it; probabilities change by less than 0.02. Single precision by default.

    Returns:
        A callable: a path, array with rate, or a list of these in, labels and scores out.

    Raises:
        CheckpointError: the model is missing or damaged.
        EncoderError: its encoder is missing or another one, or it has none and one is given.
        KeywordError: a keyword is unknown.
        SettingsError: ``dtype`` is no type of floats.
    """
    place = locate_model(place_of(model), files=(*CONFIGURATION, FEATURE_EXTRACTOR_NAME))
    refuse_unsafe(place, CheckpointError)
    loaded = _class_of(place).from_pretrained(place, dtype=dtype)
    if encoder is not None:
        if not hasattr(loaded.config, "encoder"):
            raise EncoderError(f"{model}: has no encoder, {encoder} was given as one: leave it out.")
        loaded.load_encoder(encoder)
    return HumpCatPipeline(
        model=loaded,
        feature_extractor=extractor_of(loaded, place),
        device=default_device() if device is None else device,
    )


def _class_of(place: str) -> Any:
    """Return the class that a checkpoint's configuration names; HuMP-CAT's, which says what is wrong, for no other."""
    try:
        kind = MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING[type(AutoConfig.from_pretrained(place, trust_remote_code=False))]
    # Whatever is wrong with it is said where it is loaded.
    except Exception:
        return HumpCatForAudioClassification
    return kind if issubclass(kind, AudioClassifier) else HumpCatForAudioClassification
