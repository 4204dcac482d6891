"""Feature sets: one row of named values a clip, for whatever takes a matrix.

features = feature_set("is10")
stored = extract(paths, [features.extractor], FeatureStore())
ids = list(stored.entries)
X = features.matrix(stored, ids)
"""

from pathlib import Path
from typing import TYPE_CHECKING

from humpcat.errors import SettingsError
from humpcat.features.sets.base import FeatureSet, OfferedSet
from humpcat.keywords import name_unknown_keywords
from humpcat.registry import Registry

if TYPE_CHECKING:
    from humpcat.features.encoder import SpeechEncoder

FEATURE_SETS: Registry[OfferedSet] = Registry(
    "humpcat.features.sets", "feature set", SettingsError, group="humpcat.feature_sets"
)
"""The sets that are known, by name: each file of this folder offers one or several."""


def feature_set(name: str, encoder: "SpeechEncoder | str | Path | None" = None) -> FeatureSet:
    """Return a feature set by name.

    Args:
        name: is09, is10, is11, is12, is13, compare or egemaps, of openSMILE; or pooled, of an encoder.
        encoder: for the sets that are made of one, an encoder, its folder or its hub name; the others do not look at
            it.

    Raises:
        SettingsError: the name is unknown, the set needs an encoder and there is none, or openSMILE is not
            installed or broken.
        EncoderError: the encoder that is named cannot be loaded.

    Example:
        >>> features = feature_set("is10")
        >>> len(features.columns), len(features.groups), features.columns[features.groups["mfcc[3]"][0]]
        (1582, 40, 'mfcc_sma[3]_maxPos')
    """
    return FEATURE_SETS[name].make(encoder)


__all__ = ["FEATURE_SETS", "FeatureSet", "OfferedSet", "feature_set"]

name_unknown_keywords(globals(), __all__)
