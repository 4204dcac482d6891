"""How skada wants two corpora: one below the other, and a number a clip that says which."""

from typing import Any

import numpy as np
import numpy.typing as npt
import sklearn

from humpcat.errors import AdaptationError
from humpcat.imports import import_extra
from humpcat.self_training.precision import Array

SOURCE, TARGET = 1, -2
"""skada's numbers of a source and of a target; its targets are below zero."""


def skada_adapter(name: str, **settings: Any) -> Any:
    """Return an adapter of skada, which is imported here only.

    Raises:
        AdaptationError: skada is not installed or broken.
    """
    # skada turns metadata routing on for the whole process, in which groups can no more be passed to others.
    with sklearn.config_context():
        skada = import_extra("skada", "TCA and CORAL", error=AdaptationError)
    return getattr(skada, name)(**settings)


def stacked(source: Array, target: Array) -> tuple[Array, npt.NDArray[np.int64]]:
    """Return the clips of both corpora, shape (clips, features), and the number of each one's corpus."""
    return np.vstack([source, target]), np.repeat([SOURCE, TARGET], [len(source), len(target)])
