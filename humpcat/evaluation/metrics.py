"""The three scores, defined once: accuracy (WA), unweighted average recall (UAR = UA) and macro-F1.

All three, and the scores of each class, are functions of the confusion matrix, which is what the intervals resample.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix

from humpcat.errors import SettingsError

Floats = npt.NDArray[np.float64]
Names = Sequence[str] | npt.NDArray[Any]


@dataclass(frozen=True)
class Scores:
    """The scores of one set of predictions, each between 0 and 1.

    Attributes:
        wa: accuracy, the share of clips that are right; "weighted accuracy" in the field's papers.
        uar: unweighted average recall: the mean recall of the classes that the gold labels hold.
        macro_f1: mean F1 of the classes that the gold labels hold.
        n: number of clips.
        absent: classes that no gold label names; they count in neither mean.
    """

    wa: float
    uar: float
    macro_f1: float
    n: int
    absent: tuple[str, ...]


@dataclass(frozen=True)
class ClassScores:
    """How well one class is recognised.

    Attributes:
        name: the class.
        precision: share of the clips answered with this class that are of it; None if it was never answered.
        recall: share of this class' clips that are answered with it; None if no gold label names it.
        f1: harmonic mean of both, 2 TP / (gold + answered); None if the class is neither gold nor answered.
        support: clips of this class.
        answered: clips answered with this class.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    answered: int


def confusion(gold: Names, predicted: Names, classes: Sequence[str]) -> npt.NDArray[np.int64]:
    """Count the clips of each gold class by what was predicted.

    Args:
        gold: true class of each clip.
        predicted: predicted class of each clip, in the same order.
        classes: all class names, in the order of the matrix.

    Returns:
        Counts of shape (classes, classes): rows are gold, columns predicted.

    Raises:
        SettingsError: there is no clip, the lengths differ, or a name is not among the classes.

    Example:
        >>> confusion(["a", "a", "b"], ["a", "b", "b"], ["a", "b"])
        array([[1, 1],
               [0, 1]])
    """
    truth, answers = class_indices(gold, classes, "gold"), class_indices(predicted, classes, "predicted")
    if len(gold) != len(predicted) or len(gold) == 0:
        raise SettingsError(
            f"scores: {len(gold)} gold and {len(predicted)} predicted classes found, expected one of each for at "
            "least one clip: join predictions to labels by id."
        )
    # Indices, for sorting a million names takes scikit-learn many times as long.
    return np.asarray(confusion_matrix(truth, answers, labels=np.arange(len(classes))), dtype=np.int64)


def accuracy(gold: Names, predicted: Names, classes: Sequence[str]) -> float:
    """Return the share of clips that are right (WA).

    Args:
        gold: true class of each clip.
        predicted: predicted class of each clip, in the same order.
        classes: all class names.

    Raises:
        SettingsError: as for :func:`confusion`.

    Example:
        >>> accuracy(["a", "a", "a", "b"], ["a", "a", "a", "a"], ["a", "b"])
        0.75
    """
    return float(SCORE_FUNCTIONS["wa"](confusion(gold, predicted, classes)))


def unweighted_average_recall(gold: Names, predicted: Names, classes: Sequence[str]) -> float:
    """Return the mean recall of the classes that the gold labels hold (UAR).

    Args:
        gold: true class of each clip.
        predicted: predicted class of each clip, in the same order.
        classes: all class names; :func:`scores` names those that are absent.

    Raises:
        SettingsError: as for :func:`confusion`.

    Example:
        >>> unweighted_average_recall(["a", "a", "a", "b"], ["a", "a", "a", "a"], ["a", "b"])
        0.5
    """
    return float(SCORE_FUNCTIONS["uar"](confusion(gold, predicted, classes)))


def macro_f1(gold: Names, predicted: Names, classes: Sequence[str]) -> float:
    """Return the mean F1 of the classes that the gold labels hold.

    Args:
        gold: true class of each clip.
        predicted: predicted class of each clip, in the same order.
        classes: all class names; :func:`scores` names those that are absent.

    Raises:
        SettingsError: as for :func:`confusion`.

    Example:
        >>> round(macro_f1(["a", "a", "a", "b"], ["a", "a", "a", "a"], ["a", "b"]), 3)
        0.429
    """
    return float(SCORE_FUNCTIONS["macro_f1"](confusion(gold, predicted, classes)))


def scores(gold: Names, predicted: Names, classes: Sequence[str]) -> Scores:
    """Return all three scores, which are always reported together.

    Args:
        gold: true class of each clip.
        predicted: predicted class of each clip, in the same order.
        classes: all class names.

    Raises:
        SettingsError: as for :func:`confusion`.

    Example:
        >>> scores(["a", "a", "a", "b"], ["a", "a", "a", "b"], ["a", "b", "c"])
        Scores(wa=1.0, uar=1.0, macro_f1=1.0, n=4, absent=('c',))
    """
    matrix = confusion(gold, predicted, classes)
    absent = tuple(name for name, count in zip(classes, matrix.sum(axis=1), strict=True) if count == 0)
    values = {name: float(statistic(matrix)) for name, statistic in SCORE_FUNCTIONS.items()}
    return Scores(**values, n=len(gold), absent=absent)


def class_scores(gold: Names, predicted: Names, classes: Sequence[str]) -> tuple[ClassScores, ...]:
    """Return precision, recall and F1 of every class, also of those that are absent.

    Equal to scikit-learn's ``precision_recall_fscore_support`` with ``zero_division=nan``, with None in place of NaN.

    Args:
        gold: true class of each clip.
        predicted: predicted class of each clip, in the same order.
        classes: all class names, in the order of the answer.

    Raises:
        SettingsError: as for :func:`confusion`.

    Example:
        >>> found = class_scores(["a", "a", "b"], ["a", "b", "b"], ["a", "b", "c"])
        >>> [(row.name, row.precision, row.recall, row.support) for row in found]
        [('a', 1.0, 0.5, 2), ('b', 0.5, 1.0, 1), ('c', None, None, 0)]
    """
    matrix = confusion(gold, predicted, classes)
    right, support, answered = _diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    shares = np.stack([_ratio(right, answered), _ratio(right, support), _ratio(2 * right, support + answered)], axis=1)
    found = []
    for index, name in enumerate(classes):
        precision, recall, f1 = (None if np.isnan(share) else float(share) for share in shares[index])
        found.append(ClassScores(name, precision, recall, f1, int(support[index]), int(answered[index])))
    return tuple(found)


def class_indices(names: Names, classes: Sequence[str], what: str) -> npt.NDArray[np.intp]:
    """Return the position of each name among the classes.

    Args:
        names: class names of shape (clips,).
        classes: all class names.
        what: what the names are, for the message.

    Raises:
        SettingsError: a class stands twice, or a name is not among the classes.
    """
    position = {name: index for index, name in enumerate(classes)}
    if len(position) != len(classes):
        raise SettingsError(f"classes {', '.join(classes)}: one stands twice: name each once.")
    found = np.fromiter((position.get(name, -1) for name in names), dtype=np.intp, count=len(names))
    if len(found) and found.min() < 0:
        raise SettingsError(
            f"{what} class '{names[int(np.argmin(found))]}' is unknown, expected one of {', '.join(classes)}: "
            "score with the classes that the model was trained on."
        )
    return found


def _wa(matrix: npt.NDArray[Any]) -> Floats:
    return _ratio(_diagonal(matrix).sum(axis=-1), matrix.sum(axis=(-2, -1)))


def _uar(matrix: npt.NDArray[Any]) -> Floats:
    gold = matrix.sum(axis=-1)
    return _mean_over_present(_ratio(_diagonal(matrix), gold), gold)


def _macro_f1(matrix: npt.NDArray[Any]) -> Floats:
    gold = matrix.sum(axis=-1)
    # 2 TP / (gold + predicted) is F1 without the division by zero of a class that was never predicted.
    return _mean_over_present(_ratio(2 * _diagonal(matrix), gold + matrix.sum(axis=-2)), gold)


SCORE_FUNCTIONS: Mapping[str, Callable[[npt.NDArray[Any]], Floats]] = {"wa": _wa, "uar": _uar, "macro_f1": _macro_f1}
"""Each score as a function of counts of shape (..., classes, classes), rows gold; NaN where there is no clip."""


def _diagonal(matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def _mean_over_present(values: Floats, gold: npt.NDArray[Any]) -> Floats:
    present = gold > 0
    return _ratio(np.where(present, values, 0).sum(axis=-1), present.sum(axis=-1))


def _ratio(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(above / below, dtype=np.float64)
