"""Soft labels of unlabelled clips: how sharp they are, and how frequent each class is among them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

Array = npt.NDArray[np.float64]


def sharpened(scores: Array, softness: npt.ArrayLike = 1.0) -> Array:
    """Return probabilities of scores of any scale.

    Args:
        scores: shape (clips, classes).
        softness: in units of :func:`spread` of the scores; the higher, the softer. One number, or one a clip.

    Returns:
        Shape (clips, classes).

    Example:
        >>> sharpened(np.array([[1.0, 0.0], [0.0, 3.0]]), 0.5).round(2).tolist()
        [[0.86, 0.14], [0.0, 1.0]]
    """
    soft: Array = softmax(centred(scores) / (np.reshape(softness, (-1, 1)) * spread(scores)), axis=1)
    return soft


def centred(scores: Array) -> Array:
    """Return scores less their mean over classes."""
    return scores - scores.mean(axis=1, keepdims=True)


def spread(scores: Array) -> float:
    """Return the root mean square of scores about their mean over classes, above 0 and so fit to divide by."""
    return max(float(np.sqrt(np.mean(centred(scores) ** 2))), np.finfo(float).tiny)


def group_codes(groups: Sequence[Any] | None, n: int) -> npt.NDArray[np.int64]:
    """Return the number of each clip's group; one group where none is named."""
    if groups is None:
        return np.zeros(n, np.int64)
    if len(groups) != n:
        raise ValueError(f"groups: {len(groups)} groups, expected {n}, one for each target clip.")
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    return np.array([codes[group] for group in groups], np.int64)


def balanced(labels: Array, group_of: npt.NDArray[np.int64], prior: Array, strength: float) -> Array:
    """Return soft labels with the classes' shares in each group pulled towards those expected.

    Args:
        labels: shape (clips, classes).
        group_of: number of the group of each clip.
        prior: the shares expected, shape (classes,).
        strength: how far, 0 to 1.
    """
    if strength == 0:
        return labels
    labels = labels.copy()
    for group in np.unique(group_of):
        own = group_of == group
        wanted = (1 - strength) * labels[own].mean(axis=0) + strength * prior
        labels[own] = _with_shares(labels[own], wanted)
    return labels


def _with_shares(labels: Array, wanted: Array, steps: int = 30) -> Array:
    """Scale classes until their mean share is the one wanted (Sinkhorn's iteration)."""
    # A class that no clip could be of would be scaled without end.
    labels = np.maximum(labels, 1e-300)
    scale = np.ones_like(wanted)
    for _ in range(steps):
        mean = scale * (labels.T @ (1 / (labels @ scale))) / len(labels)
        scale *= wanted / (mean + 1e-12)
    scaled: Array = labels * scale
    scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled
