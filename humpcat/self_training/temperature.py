"""The temperature of highest posterior probability, which few clips leave near one."""

import math

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

BOUNDS = (0.25, 10.0)
"""Lowest and highest temperature; what lies beyond speaks of a broken model, not of one that is unsure of itself."""

SPREAD = 0.5
"""Standard deviation of the logarithm of the temperature that is expected before any clip is seen."""


def best_temperature(logits: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    """Return the temperature within ``BOUNDS`` that is the most likely.

    Temperature scaling: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 4.2. A few clips that
    are all right would ask for boundless certainty, so the logarithm of the temperature is expected to be normal with
    mean zero and standard deviation ``SPREAD``: few clips leave the temperature near one, and with many clips the
    expectation makes no difference.

    Args:
        logits: shape (clips, classes).
        labels: shape (clips,), class indices.

    Example:
        >>> logits = np.tile([[4.0, 0.0]], (4000, 1))
        >>> labels = np.tile([0, 0, 0, 1], 1000)  # three of four are right, which the logits 1.1 and 0 say
        >>> round(4 / best_temperature(logits, labels), 2)
        1.1
        >>> round(best_temperature(logits[:2], labels[:2]), 2)
        0.97
    """
    right = np.arange(len(labels)), labels

    def loss(log_temperature: float) -> float:
        likelihood = log_softmax(logits / math.exp(log_temperature), axis=1)[right].sum()
        return float(0.5 * (log_temperature / SPREAD) ** 2 - likelihood)

    found = minimize_scalar(loss, bounds=np.log(BOUNDS), method="bounded", options={"xatol": 1e-6})
    return math.exp(found.x)
