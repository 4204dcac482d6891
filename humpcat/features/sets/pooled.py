"""The mean over time of an encoder's middle layers, grouped by layer."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from humpcat.errors import SettingsError
from humpcat.features.sets.base import FeatureSet, OfferedSet

if TYPE_CHECKING:
    from humpcat.features.encoder import SpeechEncoder

NAME = "pooled"


def pooled_set(encoder: "SpeechEncoder | str | Path | None") -> FeatureSet:
    """Return the set of an encoder's :func:`~humpcat.features.hidden_states.default_layers`.

    Its extractor is the one that HuMP-CAT is fed by, so that both share what is stored.

    Args:
        encoder: the encoder, its folder or its hub name.

    Raises:
        SettingsError: there is no encoder.
        EncoderError: the encoder that is named cannot be loaded.
    """
    if encoder is None:
        raise SettingsError(
            f"feature set '{NAME}': no encoder was given, expected the one whose layers are pooled: name one."
        )
    # torch is for those who have an encoder.
    from humpcat.features.encoder import SpeechEncoder
    from humpcat.features.hidden_states import HiddenStates

    if isinstance(encoder, str | Path):
        encoder = SpeechEncoder.from_pretrained(encoder)
    extractor = HiddenStates(encoder)
    tokens = [f"layer{layer}_mean" for layer in extractor.layers]
    columns = tuple(f"{token}[{place}]" for token in tokens for place in range(encoder.width))
    places = np.arange(len(columns)).reshape(len(tokens), -1)
    return FeatureSet(NAME, extractor, "pooled", columns, dict(zip(tokens, places, strict=True)))


EXPORT = (OfferedSet(NAME, pooled_set),)
