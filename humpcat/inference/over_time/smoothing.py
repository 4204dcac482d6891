"""From answers of overlapping windows to one emotion at each time: the likeliest sequence, in which changes cost."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def likeliest_sequence(log_probabilities: Floats, change: float) -> npt.NDArray[np.int64]:
    """Return the likeliest class of each step, where a change costs (Viterbi, IEEE Trans. Inf. Theory 13(2), 1967).

    Args:
        log_probabilities: shape (steps, classes).
        change: what a change costs, in nats; with 0 each step is answered by itself.

    Example:
        >>> steps = np.log([[0.9, 0.1], [0.4, 0.6], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
        >>> likeliest_sequence(steps, 0.0).tolist(), likeliest_sequence(steps, 1.0).tolist()
        ([0, 1, 0, 1, 1], [0, 0, 0, 1, 1])
    """
    steps, classes = log_probabilities.shape
    came_from = np.zeros((steps, classes), np.int64)
    best = log_probabilities[0].copy()
    for step in range(1, steps):
        stay, move = best, best.max() - change
        came_from[step] = np.where(stay >= move, np.arange(classes), best.argmax())
        best = np.maximum(stay, move) + log_probabilities[step]
    found = np.empty(steps, np.int64)
    found[-1] = best.argmax()
    for step in range(steps - 1, 0, -1):
        found[step - 1] = came_from[step, found[step]]
    return found
