import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from humpcat.errors import SettingsError
from humpcat.evaluation import (
    calibration_scores,
    reliability,
    risk_coverage,
)

CLASSES = ("neutral", "anger", "sadness", "happiness", "fear")


def made(seed, least=1):
    """Random probabilities; up to three classes are absent from the gold labels, and confidences tie."""
    rng = np.random.default_rng(seed)
    present = rng.permutation(CLASSES)[: rng.integers(2, 6)]
    gold = rng.choice(present, size=rng.integers(least, 80))
    rows = rng.dirichlet([0.5] * 5, len(gold))
    repeated = rng.random(len(gold)) < 0.3
    rows[repeated] = np.round(rows[repeated], 1) + 0.1
    return gold, rows / rows.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(30))
def test_likelihood_and_brier_score_equal_scikit_learn(seed):
    gold, rows = made(seed)
    # scikit-learn wants the classes in the order of the alphabet.
    order = np.argsort(CLASSES)
    given = [gold, rows[:, order]]
    labels = [CLASSES[index] for index in order]
    assert calibration_scores(gold, rows, CLASSES).nll == pytest.approx(log_loss(*given, labels=labels), abs=1e-12)
    truth = np.array(CLASSES)[None] == gold[:, None]
    by_class = [brier_score_loss(truth[:, index], rows[:, index], pos_label=True) for index in range(5)]
    assert calibration_scores(gold, rows, CLASSES).brier == pytest.approx(sum(by_class), abs=1e-12)


@pytest.mark.parametrize(("binning", "strategy"), [("equal-width", "uniform"), ("equal-mass", "quantile")])
@pytest.mark.parametrize("seed", range(30))
def test_bins_equal_those_of_scikit_learn(seed, binning, strategy):
    rng = np.random.default_rng(seed)
    gold = rng.choice(CLASSES, size=150)
    # No two alike, and as many as part into bins evenly, for scikit-learn puts edges between clips.
    rows = rng.dirichlet([0.5] * 5, len(gold))
    found = reliability(gold, rows, CLASSES, binning=binning)
    right = np.array(CLASSES)[rows.argmax(axis=1)] == gold
    accuracy, confidence = calibration_curve(right, rows.max(axis=1), n_bins=15, strategy=strategy)
    filled = found.counts > 0
    assert found.accuracy[filled] == pytest.approx(accuracy, abs=1e-12)
    assert found.confidence[filled] == pytest.approx(confidence, abs=1e-12)
    assert found.counts.sum() == 150


@pytest.mark.parametrize("binning", ["equal-width", "equal-mass"])
@pytest.mark.parametrize("seed", range(10))
def test_calibration_error_written_out(seed, binning):
    gold, rows = made(seed)
    found = reliability(gold, rows, CLASSES, binning=binning)
    confidence = rows.max(axis=1)
    right = np.array(CLASSES)[rows.argmax(axis=1)] == gold
    error = 0.0
    for low, high in zip(found.edges[:-1], found.edges[1:], strict=True):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert calibration_scores(gold, rows, CLASSES, binning=binning).ece == pytest.approx(error, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_risk_written_out(seed):
    gold, rows = made(seed)
    confidence = rows.max(axis=1)
    wrong = np.array(CLASSES)[rows.argmax(axis=1)] != gold
    found = risk_coverage(gold, rows, CLASSES)
    for coverage, risk, threshold in zip(found.coverage, found.risk, found.threshold, strict=True):
        answered = confidence >= threshold
        assert coverage == pytest.approx(answered.mean(), abs=1e-12)
        assert risk == pytest.approx(wrong[answered].mean(), abs=1e-12)
    assert found.coverage[-1] == 1
    assert found.accuracy[-1] == pytest.approx(1 - wrong.mean(), abs=1e-12)
    # The mean over many orders of the clips that tie.
    rng = np.random.default_rng(0)
    areas = []
    for _ in range(2000):
        order = np.lexsort((rng.random(len(gold)), -confidence))
        areas.append((np.cumsum(wrong[order]) / np.arange(1, len(gold) + 1)).mean())
    assert found.aurc == pytest.approx(np.mean(areas), abs=4 * np.std(areas) / math.sqrt(2000) + 1e-12)


@pytest.mark.parametrize("binning", ["equal-width", "equal-mass"])
@pytest.mark.parametrize("seed", range(10))
def test_order_of_clips_and_classes_changes_nothing(seed, binning):
    gold, rows = made(seed)
    order = np.random.default_rng(seed).permutation(len(gold))
    one = calibration_scores(gold, rows, CLASSES, binning=binning)
    assert alike(one, calibration_scores(gold[order], rows[order], CLASSES, binning=binning))
    # Of two classes that are equally probable the first is the answer, so here none may be.
    rows = np.random.default_rng(seed).dirichlet([0.5] * 5, len(gold))
    one = calibration_scores(gold, rows, CLASSES, binning=binning)
    assert alike(one, calibration_scores(gold, rows[:, ::-1], CLASSES[::-1], binning=binning))


def alike(one, other):
    names = ("ece", "brier", "nll", "aurc")
    return [getattr(one, name) for name in names] == pytest.approx([getattr(other, name) for name in names], abs=1e-12)


def test_limits():
    sure = calibration_scores(["anger"] * 4, np.tile([0, 1, 0, 0, 0], (4, 1)), CLASSES)
    assert (sure.ece, sure.brier, sure.aurc) == (0, 0, 0)
    assert sure.nll == pytest.approx(0, abs=1e-15)
    wrong = calibration_scores(["fear"] * 4, np.tile([0, 1, 0, 0, 0], (4, 1)), CLASSES)
    assert (wrong.ece, wrong.brier, wrong.aurc) == (1, 2, 1)
    assert math.isfinite(wrong.nll)
    assert calibration_scores(["a"], [[1.0]], ["a"]).nll == 0


def test_probabilities_that_went_through_bfloat16_are_scaled():
    given = ["anger"] * 2, [[0.1, 0.504, 0.2, 0.1, 0.1], [0.1, 0.5, 0.2, 0.1, 0.1]], CLASSES
    assert calibration_scores(*given).nll == pytest.approx(-(math.log(0.504 / 1.004) + math.log(0.5)) / 2, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bins": 0}, "bins 0: expected 1 or more."),
        ({"binning": "wide"}, "binning 'wide' is unknown: choose one of equal-width, equal-mass."),
        (
            {"gold": []},
            "calibration: 0 gold classes and probabilities of shape (1, 2) found, expected at least one clip and "
            "shape (0, 2): join predictions to labels by id.",
        ),
        (
            {"probabilities": [[0.5, float("nan")]]},
            "calibration: 1 of 1 rows are not probabilities (the first: 0.5, nan), expected numbers from 0 to 1 that "
            "sum to 1: apply softmax.",
        ),
        (
            {"gold": ["c"]},
            "gold class 'c' is unknown, expected one of a, b: score with the classes that the model was trained on.",
        ),
    ],
)
def test_refusals_say_what_to_do(change, message):
    given = {"gold": ["a"], "probabilities": [[0.5, 0.5]], "classes": ["a", "b"]}
    with pytest.raises(SettingsError) as error:
        calibration_scores(**given | change)
    assert str(error.value) == message
