"""Regressions of one source with a few clips beside it, against scikit-learn's, whose objective they share."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from humpcat.domain_adaptation import source_regressions as regression
from humpcat.domain_adaptation.logistic import INVERSE_PENALTY
from humpcat.domain_adaptation.source_regressions import SourceRegressions

CLASSES, WIDTH = 4, 400


def clips(n: int, seed: int, shift: float = 0.0) -> tuple[np.ndarray, list[int]]:
    """Return values of clips, of which a few directions vary far more than the others, and their classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, n)
    spread = 3.0 / np.sqrt(1 + np.arange(WIDTH))
    values = rng.normal(size=(n, WIDTH)) * spread + 0.5 * np.eye(CLASSES, WIDTH)[labels] + shift
    return values.astype(np.float32), labels.tolist()


def exact(*parts: tuple[np.ndarray, list[int]]) -> LogisticRegression:
    values, labels = np.concatenate([own for own, _ in parts]), np.concatenate([own for _, own in parts])
    most = max(len(own) for _, own in parts)
    weights = np.concatenate([np.full(len(own), most / len(own)) for _, own in parts])
    made = LogisticRegression(C=INVERSE_PENALTY, max_iter=10_000, tol=1e-9)
    return made.fit(values.astype(np.float64), labels, weights)


def test_the_fits_are_scikit_learns_at_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    source, test = clips(600, 0), clips(200, 1, 0.2)[0]
    fits = SourceRegressions(*source, CLASSES)
    monkeypatch.setattr(regression, "regression", lambda *_: pytest.fail("is fitted anew"))
    for target in (None, clips(20, 2, 0.2), clips(70, 3, -0.3)):
        weight, bias = fits.alone if target is None else fits.beside(*target)
        expected = exact(*filter(None, (target, source))).predict_proba(test)
        assert np.abs(softmax(test @ weight.T + bias, axis=1) - expected).max() < 2e-3


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param(clips(100, 0), clips(20, 1), id="a small source"),
        pytest.param((clips(600, 0)[0], [0, 1] * 300), clips(20, 1), id="a class that the source lacks"),
        pytest.param(clips(200, 0), clips(300, 1), id="a target larger than the source"),
    ],
)
def test_whatever_else_is_left_to_scikit_learn(
    source: tuple[np.ndarray, list[int]], target: tuple[np.ndarray, list[int]]
) -> None:
    found = SourceRegressions(*source, CLASSES).beside(*target)
    expected = regression.regression([target, source], CLASSES)
    assert all((one == other).all() for one, other in zip(found, expected, strict=True))
