"""Means of an encoder's hidden states over labelled clips, which linear probes are fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from humpcat.corpora import FOUR, load_corpus
from humpcat.device import default_device
from humpcat.distillation.settings import AudioSettings
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.extraction import extract
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.store import FeatureStore
from humpcat.protocols import labelled

STRENGTH = 0.001
"""Inverse of a probe's regularisation."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """The clips of a corpus that have one of the four classes.

    Attributes:
        values: shape (clips, layers, width), means of hidden states over a clip.
        classes: shape (clips,), numbers of their classes.
    """

    values: Values
    classes: npt.NDArray[np.int64]


def pooled_states(
    encoder: SpeechEncoder, layers: Sequence[int], names: Sequence[str], audio: AudioSettings, store: str | None
) -> dict[str, Labelled]:
    """Return means of hidden states of the clips of corpora that have one of the four classes.

    Args:
        encoder: the encoder.
        layers: which hidden states.
        names: corpora by registered names, or paths to own data.
        audio: where the corpora lie.
        store: folder of the feature store; below the cache folder by default.
    """
    extractor = HiddenStates(encoder.to(default_device()), layers)
    found: dict[str, Labelled] = {}
    for name in names:
        rows = load_corpus(name, audio.data_dir).rows
        classes, _ = labelled(rows, FOUR)
        paths = {row["id"]: row["path"] for row in rows if row["id"] in classes}
        features = extract(paths, [extractor], FeatureStore(store))
        ids = [clip for clip in classes if clip in features]
        values = np.stack([features.read(clip, "pooled") for clip in ids]).astype(np.float64)
        found[name] = Labelled(values, np.array([FOUR.classes.index(classes[clip]) for clip in ids]))
    return found
