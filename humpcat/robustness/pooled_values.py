"""What the values of a clip's pooled vectors are called, in groups that move for one reason."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from humpcat.features.cepstra import COEFFICIENTS
from humpcat.features.mfcc import WIDTH
from humpcat.features.prosody import FRAME_VALUES, FUNCTIONALS
from humpcat.models.humpcat.standardization import pooled_of

_CEPSTRA = {
    "cepstra": range(COEFFICIENTS),
    "delta": range(COEFFICIENTS, 2 * COEFFICIENTS),
    "delta delta": range(2 * COEFFICIENTS, 3 * COEFFICIENTS),
    "energy": range(3 * COEFFICIENTS, WIDTH),
}
_FRAMES: Mapping[str, Mapping[str, Sequence[int]]] = {
    "mfcc": _CEPSTRA,
    "prosody": {name: range(place, place + 1) for place, name in enumerate(FRAME_VALUES)},
}
"""Of the frames of a stream, what its values are called."""

_PARTS = ("mean", "deviation")


def groups_of(name: str, shape: Sequence[int], layers: Sequence[int]) -> dict[str, npt.NDArray[np.intp]]:
    """Return the groups of an array that a summary reads, each with the places of its values in the flattened array.

    Functionals are groups of one value. A pooled array is parted into mean and, but for the encoder's, deviation, and
    each of these into the kinds of values that its stream has: layers of the encoder, cepstra and their slopes, values
    of prosody. An array of somebody else's stream is one group, or two where it is pooled.

    Args:
        name: the array.
        shape: its shape.
        layers: the encoder's layers that are read.

    Example:
        >>> [*groups_of("mfcc_pooled", (80,), ())][:2], [*groups_of("pooled", (1, 4), (5,))]
        (['cepstra, mean', 'delta, mean'], ['layer 5, mean'])
        >>> {group: places.tolist() for group, places in groups_of("mine_pooled", (4,), ()).items()}
        {'mean': [0, 1], 'deviation': [2, 3]}
    """
    places = np.arange(int(np.prod(shape))).reshape(shape)
    if name == "functionals" and places.size == len(FUNCTIONALS):
        return {functional: places[place : place + 1] for place, functional in enumerate(FUNCTIONALS)}
    if name == "pooled" and len(shape) == 2 and shape[0] == len(layers):
        return {f"layer {layer}, mean": row for layer, row in zip(layers, places, strict=True)}
    stream = pooled_of(name)
    if stream is None:
        return {name: places.ravel()}
    halves = np.split(places.ravel(), 2)
    kinds = _FRAMES.get(stream)
    if kinds is None:
        return dict(zip(_PARTS, halves, strict=True))
    return {
        f"{kind}, {part}": half[list(members)]
        for part, half in zip(_PARTS, halves, strict=True)
        for kind, members in kinds.items()
    }
