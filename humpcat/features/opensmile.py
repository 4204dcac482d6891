"""openSMILE's feature sets: functionals of low-level descriptors over the whole clip, from IS09 to eGeMAPS.

Eyben, Wöllmer and Schuller, openSMILE, ACM Multimedia 2010, through the package `opensmile`, whose configuration
files these are. It is an extra (``pip install opensmile``), for its licence forbids commercial use.
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.errors import SettingsError
from humpcat.features.base import Arrays, Extractor
from humpcat.imports import import_extra

SETS = {
    "is09": "IS09",
    "is10": "IS10",
    "is11": "IS11",
    "is12": "IS12",
    "is13": "IS13",
    "compare": "ComParE_2016",
    "egemaps": "eGeMAPSv02",
}
"""What we call a set, and what openSMILE does: the Interspeech challenges of 2009 (384 functionals), 2010 (1582), 2011
(4368), 2012 (6125), 2013 (6373), ComParE of 2016 (6373), and eGeMAPS, version 2 (88). Of 2010 and 2012 they are the
configurations that openSMILE calls compatible with the challenge."""

# pcm_loudness_sma_de_amean and mfcc_sma_de[3]_amean; eGeMAPS smooths over three frames, with 'nz' over voiced ones.
_FUNCTIONAL = re.compile(r"(?P<descriptor>.+?)_sma(?:3(?:nz)?)?(?:_de)?(?P<order>\[\d+\])?_")

# What openSMILE computes from: 16 bits, to which it would wrap a sample of exactly 1.
_LOUDEST = 32767 / 32768

Indices = npt.NDArray[np.intp]


class OpenSmile(Extractor):
    """The functionals of one set: an array of the set's name, shape (functionals,), float32.

    A value that is not defined is NaN. So is the whole row of a clip that is too short for openSMILE, 60 or 70 ms in
    most sets.

    Args:
        feature_set: a key of :data:`SETS`.

    Raises:
        SettingsError: there is no such set, or openSMILE is not installed or broken.

    Example:
        >>> import numpy as np
        >>> OpenSmile("is09").extract([np.sin(np.arange(16_000, dtype=np.float32))])[0]["is09"].shape
        (384,)
    """

    name = "opensmile"
    version = 1
    in_processes = True
    # A functional of the pitch has no value where nothing is voiced.
    may_be_undefined = True

    def __init__(self, feature_set: str) -> None:
        if feature_set not in SETS:
            raise SettingsError(f"openSMILE feature set '{feature_set}' is unknown: choose one of {', '.join(SETS)}.")
        self.feature_set = feature_set
        self._library = _opensmile().__version__

    def settings(self) -> Mapping[str, Any]:
        """Return the set, and the version of openSMILE that computes it."""
        return {"set": SETS[self.feature_set], "opensmile": self._library, "rate": SAMPLING_RATE}

    def extract(self, waveforms: Sequence[Waveform]) -> list[Arrays]:
        """Return the set's array for each waveform, see the class."""
        return [{self.feature_set: functionals(waveform, self.feature_set)} for waveform in waveforms]


def functionals(waveform: Waveform, feature_set: str) -> npt.NDArray[np.float32]:
    """Return the functionals of a clip, shape (functionals,), NaN where they are not defined.

    Args:
        waveform: shape (samples,), 16 kHz.
        feature_set: a key of :data:`SETS`.

    Raises:
        SettingsError: openSMILE is not installed or broken.
    """
    with warnings.catch_warnings():
        # A clip that is too short is told by its row.
        warnings.filterwarnings("ignore", "Segment too short")
        found = _smile(feature_set)(np.clip(waveform, -1, _LOUDEST), SAMPLING_RATE)
    row = np.asarray(found[0, :, 0], dtype=np.float32)
    return np.where(np.isfinite(row), row, np.float32(np.nan))


def functional_names(feature_set: str) -> tuple[str, ...]:
    """Return openSMILE's names of a set's functionals, in the order of the array.

    Args:
        feature_set: a key of :data:`SETS`.

    Raises:
        SettingsError: openSMILE is not installed or broken.

    Example:
        >>> functional_names("is10")[0], len(functional_names("is10"))
        ('pcm_loudness_sma_maxPos', 1582)
    """
    return tuple(_smile(feature_set).feature_names)


def by_descriptor(names: Sequence[str]) -> dict[str, Indices]:
    """Group functionals by their low-level descriptor, its delta with it; what has none is a group of its own.

    Args:
        names: names of functionals as openSMILE gives them.

    Returns:
        Descriptor, such as ``mfcc[3]``, to the places of its functionals, in the order of first appearance.

    Example:
        >>> groups = by_descriptor(["mfcc_sma[0]_amean", "F0final__Turn_duration", "mfcc_sma_de[0]_amean"])
        >>> {descriptor: places.tolist() for descriptor, places in groups.items()}
        {'mfcc[0]': [0, 2], 'F0final__Turn_duration': [1]}
    """
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found = _FUNCTIONAL.match(name)
        descriptor = found["descriptor"] + (found["order"] or "") if found else name
        places.setdefault(descriptor, []).append(place)
    return {descriptor: np.array(own, dtype=np.intp) for descriptor, own in places.items()}


@cache
def _smile(feature_set: str) -> Any:
    """Return openSMILE set up for a set; it reads its configuration once a process."""
    library = _opensmile()
    return library.Smile(library.FeatureSet[SETS[feature_set]], library.FeatureLevel.Functionals)


def _opensmile() -> ModuleType:
    return import_extra("opensmile", f"feature sets {', '.join(SETS)}")
