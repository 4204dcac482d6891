"""What a feature set is: an extractor, which of its arrays is the clip's row, and names for the row's values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from humpcat.features.base import Extractor
from humpcat.features.extraction import StoredFeatures

if TYPE_CHECKING:
    from humpcat.features.encoder import SpeechEncoder


@dataclass(frozen=True)
class FeatureSet:
    """One row of named values a clip.

    Attributes:
        name: how the set is called.
        extractor: computes it.
        array: the extractor's array that is the clip's row.
        columns: a name for each value of the row.
        groups: values that belong together, such as those of one low-level descriptor, by name; every value is in one
            group.
    """

    name: str
    extractor: Extractor
    array: str
    columns: tuple[str, ...]
    groups: Mapping[str, npt.NDArray[np.intp]]

    def matrix(self, features: StoredFeatures, ids: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the rows of clips, shape (clips, values), as they were computed; NaN is what is not defined.

        Args:
            features: what :func:`humpcat.features.extraction.extract` gave for the set's extractor.
            ids: clip ids, in the order of the rows.

        Raises:
            AudioError: the store's file of a clip has been removed or damaged since it was written.
        """
        values = np.empty((len(ids), len(self.columns)), dtype=np.float32)
        for row, clip_id in zip(values, ids, strict=True):
            row[:] = features.read(clip_id, self.array).reshape(-1)
        return values


@dataclass(frozen=True)
class OfferedSet:
    """A feature set by name, made when an encoder is known.

    Attributes:
        name: how the set is called.
        make: gives the set; its argument is the encoder, its folder or hub name, or None where there is none.
    """

    name: str
    make: "Callable[[SpeechEncoder | str | Path | None], FeatureSet]"
