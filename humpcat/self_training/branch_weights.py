"""How much a fusion and a linear summary count beside each other, by clips that neither has learnt from."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax

from humpcat.self_training.soft_labels import spread

Floats = npt.NDArray[np.float64]

FUSION_SHARE = 0.3
"""Weight of the fusion beside a summary of one. By the source's validation speakers, or by target clips that were left
out, it came out higher than other speakers and corpora bore."""

MOST_WEIGHT = 3.0
"""Largest weight of a branch: a few validation clips that are all right would ask for ever more certainty."""


def likeliest_scale(fusion: Floats, summary: Floats, labels: npt.NDArray[np.int64]) -> Floats:
    """Return the weights of the branches: their ratio is ``FUSION_SHARE``, their scale the most likely.

    The scale is chosen by answers to clips from which neither branch has learnt, so that no temperature is left to
    fit. A few clips that are all right would ask for boundless certainty: of n clips the share 1 / (n + 2) counts as
    wrong, the rule of succession, by which Platt smooths labels (Probabilistic Outputs for Support Vector Machines,
    1999). Without any clip the scale is one.

    Args:
        fusion: logits of shape (clips, classes).
        summary: the same of the summary.
        labels: class indices, shape (clips,).

    Returns:
        The weights of fusion and summary.

    Example:
        >>> labels = np.arange(40) % 2
        >>> logits = 50 * np.eye(2)[labels]
        >>> fusion, summary = likeliest_scale(logits, logits, labels)
        >>> round(float(fusion / summary), 3), bool(summary < MOST_WEIGHT)
        (0.3, True)
    """
    ratio = np.array([FUSION_SHARE, 1.0])
    weights: Floats = ratio * likeliest_factor(ratio[0] * fusion + ratio[1] * summary, labels)
    return weights


def likeliest_factor(logits: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Return the factor up to ``MOST_WEIGHT`` that makes logits the most likely, see :func:`likeliest_scale`.

    Args:
        logits: shape (clips, classes); without any clip the factor is one.
        labels: class indices, shape (clips,).
    """
    n, classes = logits.shape
    if not n:
        return 1.0
    doubt = 1 / (n + 2)
    wanted = np.full((n, classes), doubt / (classes - 1))
    wanted[np.arange(n), labels] = 1 - doubt

    def loss(scale: float) -> float:
        return float(-(wanted * log_softmax(scale * logits, axis=1)).sum(axis=1).mean())

    return float(minimize_scalar(loss, bounds=(0.0, MOST_WEIGHT), options={"xatol": 1e-6}).x)


def even_weights(fusion: Floats, summary: Floats) -> Floats:
    """Return weights by which both branches have the same say, together as large as the summary is alone.

    Args:
        fusion: logits of shape (clips, classes), of a fusion that learnt what the summary's regressions say.
        summary: the same of the summary.

    Example:
        >>> even_weights(np.array([[4.0, 0.0]]), np.array([[0.0, 2.0]])).tolist()
        [0.25, 0.5]
    """
    return np.array([0.5 * spread(summary) / spread(fusion), 0.5])


def likeliest_weights(
    fusion: npt.NDArray[np.float64], summary: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return the weights of fusion and summary, up to ``MOST_WEIGHT`` each, that make the labels the most likely.

    Args:
        fusion: logits of shape (clips, classes).
        summary: the same of the summary.
        labels: class indices, shape (clips,).

    Example:
        >>> labels = np.arange(40) % 2
        >>> useless, useful = np.tile([9.0, 0.0], (40, 1)), np.eye(2)[labels]
        >>> likeliest_weights(useless, useful, labels).round(1)
        array([0., 3.])
    """
    right = np.arange(len(labels)), labels

    def loss(weights: npt.NDArray[np.float64]) -> float:
        return -log_softmax(weights[0] * fusion + weights[1] * summary, axis=1)[right].mean()

    found: npt.NDArray[np.float64] = minimize(loss, x0=(0.5, 0.5), bounds=[(0.0, MOST_WEIGHT)] * 2).x
    return found
