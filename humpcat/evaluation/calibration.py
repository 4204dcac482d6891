"""How far probabilities can be believed: calibration error, Brier score, likelihood, risk against coverage.

The confidence of a clip is its highest probability, and the class that has it is the answer, the first of equals.
Nothing here depends on the order of the clips, also where confidences tie.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import log_loss

from humpcat.errors import SettingsError
from humpcat.evaluation.metrics import Floats, Names, class_indices

BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""

BINNINGS = ("equal-width", "equal-mass")

TOLERANCE = 1e-2
"""How far a row may be from summing to one: enough for bfloat16, far too little for logits or percentages."""


@dataclass(frozen=True)
class Calibration:
    """How far the probabilities of one set of predictions can be believed; lower is better throughout.

    Attributes:
        ece: expected calibration error, 0 to 1; see :func:`reliability`.
        brier: mean squared distance, summed over classes, from what was true, 0 to 2, as in Brier, Verification of
            forecasts expressed in terms of probability, 1950; for two classes twice scikit-learn's default.
        nll: mean negative log-likelihood of the true class, in nats: scikit-learn's ``log_loss``. A probability of
            zero counts as 2.2e-16; rows that do not quite sum to one, as after bfloat16, are divided by their sum.
        aurc: area under the risk-coverage curve, 0 to 1; see :func:`risk_coverage`.
        n: number of clips.
        bins: number of bins of the calibration error.
        binning: "equal-width" or "equal-mass".
    """

    ece: float
    brier: float
    nll: float
    aurc: float
    n: int
    bins: int
    binning: str


@dataclass(frozen=True)
class Reliability:
    """Clips sorted into bins by confidence: what a reliability diagram shows.

    Attributes:
        edges: shape (bins + 1,), rising; a bin holds the confidences above its lower and up to its upper edge.
        counts: shape (bins,), clips in each bin.
        confidence: shape (bins,), mean confidence; NaN in an empty bin.
        accuracy: shape (bins,), share of clips that are right; NaN in an empty bin.
        binning: "equal-width" or "equal-mass".
    """

    edges: Floats
    counts: npt.NDArray[np.int64]
    confidence: Floats
    accuracy: Floats
    binning: str

    @property
    def ece(self) -> float:
        """Expected calibration error: mean gap of accuracy and confidence, bins weighing by their clips."""
        gaps = np.where(self.counts > 0, np.abs(self.accuracy - self.confidence), 0)
        return float((self.counts * gaps).sum() / self.counts.sum())


@dataclass(frozen=True)
class RiskCoverage:
    """What remains wrong if only the most confident clips are answered.

    Attributes:
        coverage: shape (thresholds,), share of clips answered, rising to 1.
        risk: shape (thresholds,), share of the answered clips that are wrong.
        threshold: shape (thresholds,), falling: clips of this confidence or more are answered.
        aurc: area under the curve: the mean risk over coverages 1/n to 1.
    """

    coverage: Floats
    risk: Floats
    threshold: Floats
    aurc: float

    @property
    def accuracy(self) -> Floats:
        """Share of the answered clips that are right, shape (thresholds,)."""
        return 1 - self.risk


def calibration_scores(
    gold: Names,
    probabilities: npt.ArrayLike,
    classes: Sequence[str],
    *,
    bins: int = BINS,
    binning: str = "equal-width",
) -> Calibration:
    """Return all scores of probabilities.

    Args:
        gold: true class of each clip.
        probabilities: shape (clips, classes), in the order of ``classes``.
        classes: all class names; some may be absent from ``gold``.
        bins: number of bins of the calibration error.
        binning: as for :func:`reliability`.

    Raises:
        SettingsError: there is no clip, shapes differ, a class is unknown, rows are not probabilities, or a setting
            is out of range.

    Example:
        >>> found = calibration_scores(["a", "b"], [[0.8, 0.2], [0.6, 0.4]], ["a", "b"])
        >>> round(found.ece, 3), round(found.brier, 3), round(found.nll, 3), found.aurc
        (0.4, 0.4, 0.57, 0.25)
    """
    truth, rows = _checked(gold, probabilities, classes)
    binned = _reliability(truth, rows, bins, binning)
    return Calibration(
        ece=binned.ece,
        brier=_brier(truth, rows),
        nll=_nll(truth, rows),
        aurc=_risk_coverage(truth, rows).aurc,
        n=len(truth),
        bins=bins,
        binning=binning,
    )


def reliability(
    gold: Names,
    probabilities: npt.ArrayLike,
    classes: Sequence[str],
    *,
    bins: int = BINS,
    binning: str = "equal-width",
) -> Reliability:
    """Sort clips into bins by confidence and compare mean confidence with accuracy in each.

    Its ``ece`` is that of Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3 (equal-width
    bins, after Naeini et al., AAAI 2015), or with bins of equal mass that of Nixon et al., Measuring Calibration in
    Deep Learning, CVPR workshops 2019. Clips of one confidence share a bin, so that bins of equal mass are only
    as equal as ties let them be.

    Args:
        gold: true class of each clip.
        probabilities: shape (clips, classes).
        classes: all class names.
        bins: number of bins.
        binning: "equal-width", bins of the same width from 0 to 1, or "equal-mass", as many clips in each.

    Raises:
        SettingsError: as for :func:`calibration_scores`.

    Example:
        >>> found = reliability(["a", "b"], [[0.8, 0.2], [0.6, 0.4]], ["a", "b"], bins=2)
        >>> found.counts.tolist(), round(float(found.confidence[1]), 3), float(found.accuracy[1]), round(found.ece, 3)
        ([0, 2], 0.7, 0.5, 0.2)
    """
    return _reliability(*_checked(gold, probabilities, classes), bins, binning)


def risk_coverage(gold: Names, probabilities: npt.ArrayLike, classes: Sequence[str]) -> RiskCoverage:
    """Return the share of wrong answers as a function of how many of the most confident clips are answered.

    Selective prediction: El-Yaniv and Wiener, On the Foundations of Noise-free Selective Classification, JMLR 2010;
    its area: Geifman, Uziel and El-Yaniv, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR
    2019. Where confidences tie, the area takes the mean over all orders of the tied clips.

    Args:
        gold: true class of each clip.
        probabilities: shape (clips, classes).
        classes: all class names.

    Raises:
        SettingsError: as for :func:`calibration_scores`.

    Example:
        >>> found = risk_coverage(["a", "b"], [[0.8, 0.2], [0.6, 0.4]], ["a", "b"])
        >>> found.coverage.tolist(), found.risk.tolist(), found.aurc
        ([0.5, 1.0], [0.0, 0.5], 0.25)
    """
    return _risk_coverage(*_checked(gold, probabilities, classes))


def _reliability(truth: npt.NDArray[np.intp], rows: Floats, bins: int, binning: str) -> Reliability:
    if binning not in BINNINGS:
        raise SettingsError(f"binning '{binning}' is unknown: choose one of {', '.join(BINNINGS)}.")
    if bins < 1:
        raise SettingsError(f"bins {bins}: expected 1 or more.")
    confidence, right = rows.max(axis=1), rows.argmax(axis=1) == truth
    edges = np.linspace(0, 1, bins + 1)
    if binning == "equal-mass":
        # Edges are confidences that were seen, so that rounding puts no clip on the wrong side of its own.
        inner = np.quantile(confidence, edges[1:-1], method="inverted_cdf")
        edges = np.concatenate([[0.0], inner, [1.0]])
    place = np.searchsorted(edges[1:-1], confidence, side="left")
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        sure, accuracy = (np.bincount(place, values, minlength=bins) / counts for values in (confidence, right))
    return Reliability(edges, counts, sure, accuracy, binning)


def _brier(truth: npt.NDArray[np.intp], rows: Floats) -> float:
    return float(((rows - np.eye(rows.shape[1])[truth]) ** 2).sum(axis=1).mean())


def _nll(truth: npt.NDArray[np.intp], rows: Floats) -> float:
    if rows.shape[1] == 1:
        # scikit-learn refuses a single class, of which nothing can be unlikely.
        return 0.0
    return float(log_loss(truth, rows / rows.sum(axis=1, keepdims=True), labels=np.arange(rows.shape[1])))


def _risk_coverage(truth: npt.NDArray[np.intp], rows: Floats) -> RiskCoverage:
    # Ascending distinct confidences, turned round: the most confident clips are answered first.
    threshold, block = np.unique(rows.max(axis=1), return_inverse=True)
    counts = np.bincount(block)[::-1]
    wrong = np.bincount(block, weights=rows.argmax(axis=1) != truth)[::-1]
    answered, mistakes = np.cumsum(counts), np.cumsum(wrong)
    n = len(truth)
    # Mistakes among the first i clips: exact at the end of a block, in expectation within it.
    first = np.arange(1, n + 1)
    expected = np.interp(first, np.concatenate([[0], answered]), np.concatenate([[0.0], mistakes]))
    return RiskCoverage(
        coverage=answered / n,
        risk=mistakes / answered,
        threshold=threshold[::-1],
        aurc=float((expected / first).mean()),
    )


def _checked(gold: Names, probabilities: npt.ArrayLike, classes: Sequence[str]) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return true classes as indices, and the rows."""
    truth = class_indices(gold, classes, "gold")
    rows = np.asarray(probabilities, dtype=np.float64)
    if len(truth) == 0 or rows.shape != (len(truth), len(classes)):
        raise SettingsError(
            f"calibration: {len(truth)} gold classes and probabilities of shape {rows.shape} found, expected at least "
            f"one clip and shape ({len(truth)}, {len(classes)}): join predictions to labels by id."
        )
    # Written so that NaN, which compares false, is bad too.
    good = (rows >= 0).all(axis=1) & (np.abs(rows.sum(axis=1) - 1) <= TOLERANCE)
    if not good.all():
        first = ", ".join(f"{value:g}" for value in rows[int(np.argmin(good))])
        raise SettingsError(
            f"calibration: {int((~good).sum())} of {len(good)} rows are not probabilities (the first: {first}), "
            "expected numbers from 0 to 1 that sum to 1: apply softmax."
        )
    return truth, rows
