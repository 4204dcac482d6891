"""What a system learns from: the source's clips with their classes, the target's without."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]
"""One row of feature values a clip, NaN where a value is not defined."""


@dataclass(frozen=True)
class LearningData:
    """What may be learnt from.

    Attributes:
        X: values of the source's clips, shape (source clips, values).
        y: their classes, shape (source clips,).
        X_target: values of the target's unlabelled clips, shape (target clips, values).
        held_out: which source clips a choice of parameters may be tested on, shape (source clips,).
    """

    X: Values
    y: npt.NDArray[Any]
    X_target: Values
    held_out: npt.NDArray[np.bool_]
