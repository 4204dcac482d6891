import math

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from humpcat.self_training.temperature import BOUNDS, SPREAD, best_temperature


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_many_clips_give_the_temperature_that_they_were_drawn_with(true: float) -> None:
    rng = np.random.default_rng(0)
    logits = 3 * rng.normal(size=(20_000, 4))
    labels = np.array([rng.choice(4, p=row) for row in softmax(logits / true, axis=1)])
    assert best_temperature(logits, labels) == pytest.approx(true, rel=0.03)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_most_likely_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, labels = 3 * rng.normal(size=(30, 4)), rng.integers(0, 4, 30)

    def posterior(temperature: float) -> float:
        likelihood = log_softmax(logits / temperature, axis=1)[np.arange(30), labels].sum()
        return likelihood - 0.5 * (math.log(temperature) / SPREAD) ** 2

    found = best_temperature(logits, labels)
    tried = np.geomspace(*BOUNDS, 2000)
    assert posterior(found) >= max(map(posterior, tried)) - 1e-6


def test_few_clips_that_are_all_right_or_all_wrong_say_little() -> None:
    logits = np.tile([5.0, 0, 0, 0], (3, 1))
    assert 0.9 < best_temperature(logits, np.zeros(3, int)) < 1
    assert 1 < best_temperature(logits, np.ones(3, int)) < 5


def test_bounds_hold() -> None:
    assert best_temperature(np.eye(4)[[0] * 9999], np.zeros(9999, int)) == pytest.approx(BOUNDS[0], rel=1e-3)
    assert best_temperature(1000 * np.eye(4)[[0] * 99], np.ones(99, int)) == pytest.approx(BOUNDS[1], rel=1e-3)
    assert best_temperature(np.zeros((5, 4)), np.zeros(5, int)) == pytest.approx(1, rel=1e-3)
