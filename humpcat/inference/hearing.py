"""What a speaker's speech is measured by: the encoder's hidden states and the other streams, without padding."""

from collections.abc import Mapping

from torch import Tensor

from humpcat.features.base import FRAME_SAMPLES, Arrays
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.registries import STREAMS


def with_hidden_states(model: HumpCatForAudioClassification, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the model's inputs with the encoder's hidden states in place of the waveforms.

    Args:
        model: the model.
        inputs: as its feature extractor makes them.
    """
    hidden, pooled = model.load_encoder()(
        inputs["input_values"], inputs["lengths"], model.config.encoder_layers, model.config.encoder_group
    )
    rest = {name: value for name, value in inputs.items() if name != "input_values"}
    return rest | {"hidden": hidden, "pooled": pooled}


def clip_arrays(features: Mapping[str, Tensor], row: int, group: int) -> Arrays:
    """Return the arrays of one clip of a padded batch, without what lies beyond its end.

    Args:
        features: as :func:`with_hidden_states` gives them.
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
