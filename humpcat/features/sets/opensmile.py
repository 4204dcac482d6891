"""The feature sets of openSMILE, grouped by low-level descriptor."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from humpcat.features.opensmile import SETS, OpenSmile, by_descriptor, functional_names
from humpcat.features.sets.base import FeatureSet, OfferedSet

if TYPE_CHECKING:
    from humpcat.features.encoder import SpeechEncoder


def opensmile_set(name: str, encoder: "SpeechEncoder | str | Path | None" = None) -> FeatureSet:
    """Return a set of openSMILE.

    Args:
        name: a key of :data:`humpcat.features.opensmile.SETS`.
        encoder: not used.

    Raises:
        SettingsError: there is no such set, or openSMILE is not installed or broken.
    """
    extractor = OpenSmile(name)
    columns = functional_names(name)
    return FeatureSet(name, extractor, name, columns, by_descriptor(columns))


EXPORT = tuple(OfferedSet(name, partial(opensmile_set, name)) for name in SETS)
