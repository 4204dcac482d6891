"""Peaks of a contour that stand out from it, as ``scipy.signal.find_peaks`` finds them.

scipy.signal pulls in most of SciPy: it takes as long to import as a tenth of all that `humpcat predict` does, and
classifying a clip needs nothing else of it.
"""

import numpy as np
import numpy.typing as npt


def prominent_peaks(contour: npt.NDArray[np.float64], prominence: float) -> npt.NDArray[np.intp]:
    """Return the places of peaks that rise far enough above the higher of the two valleys beside them.

    A valley is the lowest point between the peak and the nearest higher point on that side, or the end of the contour.
    Neither end of the contour is a peak; of a flat one the middle counts.

    Args:
        contour: shape (values,), at least one.
        prominence: how far a peak must rise above that valley, in units of the contour.

    Returns:
        Indices in ascending order, those of ``find_peaks(contour, prominence=prominence)``.

    Example:
        >>> prominent_peaks(np.array([0.0, 3.0, 2.5, 4.0, 1.0, 2.0, 2.0, 2.0, 0.0]), prominence=1.0).tolist()
        [3, 6]
    """
    changes = np.flatnonzero(np.diff(contour))
    first, last = np.append(0, changes + 1), np.append(changes, len(contour) - 1)
    # One level for each stretch of equal values, so that flat peaks are peaks like others.
    levels = contour[first]
    valleys = np.maximum(_lowest_since_higher(levels), _lowest_since_higher(levels[::-1])[::-1])
    peak = np.zeros(len(levels), dtype=bool)
    peak[1:-1] = (levels[1:-1] > levels[:-2]) & (levels[1:-1] > levels[2:])
    return ((first + last) // 2)[peak & (levels - valleys >= prominence)]


def _lowest_since_higher(levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return for each level the lowest one between it and the nearest higher one before it."""
    found = np.empty_like(levels)
    descending: list[tuple[float, float]] = []
    for place, level in enumerate(levels):
        lowest = level
        while descending and descending[-1][0] <= level:
            lowest = min(lowest, descending.pop()[1])
        descending.append((level, lowest))
        found[place] = lowest
    return found
