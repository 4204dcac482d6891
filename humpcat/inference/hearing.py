"""What a model is given of waveforms: the streams, and the encoder's hidden states in place of the waveforms."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from humpcat.audio import Waveform
from humpcat.device import on_all_cores
from humpcat.features.base import FRAME_SAMPLES, Arrays
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.registries import STREAMS


class Hearing(Protocol):
    """What hearing needs of the pipeline.

    Attributes:
        model: the model.
        feature_extractor: makes its inputs.
        device: where it computes.
    """

    model: Any
    feature_extractor: Any
    device: Any


def inputs_of(
    classifier: Hearing, batches: Sequence[Sequence[Waveform]], streams: Collection[str] | None
) -> Iterator[dict[str, Tensor]]:
    """Yield the model's inputs for each batch, on its device; of HuMP-CAT hidden states in place of waveforms.

    A processor computes each waveform by itself, on one core, whatever the batch: what is heard of a clip then owes
    nothing to its company, in half precision either. Other devices compute padded batches.

    Args:
        classifier: the pipeline.
        batches: waveforms of shape (samples,).
        streams: those that are needed; all by default.
    """

    def heard(waveforms: Sequence[Waveform]) -> dict[str, Tensor]:
        found = classifier.feature_extractor.inputs_of(waveforms, streams)
        inputs = {name: values.to(classifier.device) for name, values in found.items()}
        if not isinstance(classifier.model, HumpCatForAudioClassification):
            return inputs
        # What a thread computes gradients of is its own affair.
        with torch.no_grad():
            return _with_hidden_states(classifier.model, inputs)

    if torch.device(classifier.device).type != "cpu":
        yield from map(heard, batches)
        return
    each = on_all_cores(heard, ([waveform] for batch in batches for waveform in batch))
    for batch in batches:
        yield _together([next(each) for _ in batch])


def _with_hidden_states(model: HumpCatForAudioClassification, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    hidden, pooled = model.load_encoder()(
        inputs["input_values"], inputs["lengths"], model.config.encoder_layers, model.config.encoder_group
    )
    rest = {name: value for name, value in inputs.items() if name != "input_values"}
    return rest | {"hidden": hidden, "pooled": pooled}


def _together(rows: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the inputs of single waveforms as those of a batch, the shorter ones followed by zeros."""
    inputs = {}
    for name in rows[0]:
        arrays = [row[name][0] for row in rows]
        longest = [max(sizes) for sizes in zip(*(array.shape for array in arrays), strict=True)]
        inputs[name] = arrays[0].new_zeros(len(arrays), *longest)
        for place, array in enumerate(arrays):
            inputs[name][place][tuple(slice(size) for size in array.shape)] = array
    return inputs


def clip_arrays(features: Mapping[str, Tensor], row: int, group: int) -> Arrays:
    """Return the arrays of one clip of a padded batch, without what lies beyond its end.

    Args:
        features: as :func:`inputs_of` gives them.
        row: place of the clip in the batch.
        group: frames of a step of the hidden states.
    """
    frames = int(features["lengths"][row]) // FRAME_SAMPLES
    arrays = {name: values[row].float().cpu().numpy() for name, values in features.items() if name != "lengths"}
    for stream in STREAMS:
        if stream.name in arrays:
            count = -(-frames // group) if stream.name == "hidden" else frames
            arrays[stream.name] = arrays[stream.name][..., :count, :]
    return arrays
