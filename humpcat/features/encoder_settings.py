"""Whether the configuration of an encoder is one that a speech encoder can have, and that its files can fill.

transformers builds what a configuration asks for before it looks at the weights, and fills what the files lack with
random numbers: a wrong number of layers would ask for all memory, and another step of the convolutions would give
other hidden states without a word.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig

from humpcat.errors import EncoderError
from humpcat.features.base import FRAME_SAMPLES

WAVEFORM_MODELS = ("hubert", "wav2vec2", "wavlm", "data2vec-audio", "unispeech", "unispeech-sat")
"""Kinds of models that take waveforms, as configurations call them; Whisper takes log-mel pictures."""

MOST_LAYERS = 128
"""More layers than any published encoder has."""

MOST = 1 << 20
"""Largest whole number that a setting may have; vocabularies have some hundred thousand."""

MOST_LISTED = 64
"""Numbers that a setting may list; a model has a handful of convolutions."""

_SMALL = 1 << 24
"""Weights for which there is memory anywhere."""

FIELD = 400
"""Samples that the convolutions of every waveform model of speech see at once, for each frame."""


def refuse_implausible(name: str, config: PreTrainedConfig, folder: Path | None) -> None:
    """Refuse a configuration from which no speech encoder can be built, or not from the files beside it.

    Args:
        name: the encoder, as messages call it.
        config: what its config.json says.
        folder: where its files are; None where they are not on this machine yet.

    Raises:
        EncoderError: a setting is out of range, or asks for more weights than the files hold.
    """
    if config.model_type not in (*WAVEFORM_MODELS, "whisper"):
        raise unsupported(config.model_type, f" {name}")
    for setting, value in config.to_dict().items():
        for number in _numbers(name, setting, value):
            _refuse_number(name, setting, number)
    layers, width = _whole(name, config, "num_hidden_layers"), _whole(name, config, "hidden_size")
    if layers > MOST_LAYERS:
        raise EncoderError(f"encoder {name}: num_hidden_layers {layers}: expected at most {MOST_LAYERS}.")
    inner = _whole(name, config, "encoder_ffn_dim" if config.model_type == "whisper" else "intermediate_size")
    least = layers * width * (4 * width + 2 * inner)
    if config.model_type != "whisper":
        positions = _whole(name, config, "num_conv_pos_embeddings")
        groups = _whole(name, config, "num_conv_pos_embedding_groups")
        least += width * width // max(groups, 1) * positions + _stem(name, config)
    held = sum(file.stat().st_size for file in folder.glob("*.safetensors")) if folder is not None else 0
    # Nothing is stored in less than a byte a weight; what is small is told more plainly by what reads it.
    if held and least > max(held, _SMALL):
        raise EncoderError(
            f"encoder {name}: its config.json asks for {least} weights or more, its files hold {held} bytes: copy the "
            "checkpoint again."
        )


def unsupported(kind: str, name: str = "") -> EncoderError:
    """Return the error of a model that is no speech encoder.

    Args:
        kind: of model, as its configuration calls it.
        name: the encoder behind a blank, as messages call it.
    """
    return EncoderError(
        f"encoder{name} of type '{kind}' is not supported: expected Whisper or one of {', '.join(WAVEFORM_MODELS)}."
    )


def _numbers(name: str, setting: str, value: Any) -> Iterator[int | float]:
    values = value if isinstance(value, list | tuple) else [value]
    if len(values) > MOST_LISTED and all(isinstance(listed, int | float) for listed in values):
        # Whisper lists the tokens that it never writes.
        if "token" not in setting:
            raise EncoderError(f"encoder {name}: {setting} has {len(values)} numbers: expected at most {MOST_LISTED}.")
        return
    yield from (listed for listed in values if isinstance(listed, int | float) and not isinstance(listed, bool))


def _refuse_number(name: str, setting: str, number: float) -> None:
    if not math.isfinite(number) or abs(number) > MOST:
        raise EncoderError(f"encoder {name}: {setting} {number!r:.40}: expected a number of at most {MOST}.")
    if setting.endswith("_eps") and not 0 <= number < 0.1:
        raise EncoderError(f"encoder {name}: {setting} {number:g}: expected a number of at least 0 and below 0.1.")


def _stem(name: str, config: PreTrainedConfig) -> int:
    """Return how many weights the convolutions have, of which there is a frame each 20 ms."""
    widths, kernels, strides = config.conv_dim, config.conv_kernel, config.conv_stride
    if not all(number >= 1 for numbers in (widths, kernels, strides) for number in numbers):
        raise EncoderError(f"encoder {name}: conv_dim, conv_kernel and conv_stride: expected numbers from 1.")
    step, field = 1, 1
    for kernel, stride in zip(kernels, strides, strict=False):
        field += (kernel - 1) * step
        step *= stride
    if (step, field) != (FRAME_SAMPLES, FIELD):
        raise EncoderError(
            f"encoder {name}: its convolutions see {field} samples each {step}, expected {FIELD} each "
            f"{FRAME_SAMPLES}: conv_kernel or conv_stride of its config.json is not that of a speech encoder."
        )
    return sum(before * width * kernel for before, width, kernel in zip((1, *widths), widths, kernels, strict=False))


def _whole(name: str, config: PreTrainedConfig, setting: str) -> int:
    value = getattr(config, setting, None)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise EncoderError(f"encoder {name}: {setting} {value!r:.40}: expected a whole number from 1.")
    return value
