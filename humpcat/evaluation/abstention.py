"""From which confidence on answers are given, so that of those given no more than a share is wrong."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_CLIPS = 20
"""Answered clips below which a share of wrong ones says nothing."""


def confidence_for_risk(
    confidence: Floats, wrong: npt.NDArray[np.bool_], weights: Floats, risk: float
) -> float | None:
    """Return the lowest confidence from which on at most a share of the answers is wrong.

    The selective risk of El-Yaniv and Wiener (JMLR 11, 2010), of the threshold that answers the most clips.

    Args:
        confidence: highest probability of each clip, shape (clips,).
        wrong: whether its class is not the true one, shape (clips,).
        weights: how much each clip counts, shape (clips,).
        risk: share of wrong answers that is allowed.

    Returns:
        The confidence; None where no threshold keeps to the risk over ``LEAST_CLIPS`` clips or more.

    Example:
        >>> confidence = np.linspace(1, 0, 100)
        >>> threshold = confidence_for_risk(confidence, confidence < 0.5, np.ones(100), risk=0.2)
        >>> round(threshold, 2)
        0.38
    """
    order = np.argsort(-confidence, kind="stable")
    risks = np.cumsum((weights * wrong)[order]) / np.cumsum(weights[order])
    ordered = confidence[order]
    # A threshold answers all clips of one confidence, or none.
    last = np.append(ordered[1:] != ordered[:-1], True)
    kept = np.flatnonzero(last & (risks <= risk) & (np.arange(1, len(order) + 1) >= LEAST_CLIPS))
    return float(ordered[kept[-1]]) if len(kept) else None
