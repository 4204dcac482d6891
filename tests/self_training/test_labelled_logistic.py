"""The logistic regression of labelled clips from what is remembered of a source."""

import numpy as np
import pytest
from scipy.special import log_softmax

from humpcat.domain_adaptation.logistic import regression
from humpcat.self_training.labelled_logistic import INVERSE_PENALTY, labelled_logistic
from humpcat.self_training.memory import SourceMemory

WIDTH, CLASSES = 20, 4
ALL = np.ones(WIDTH, bool)
CENTRES = 0.5 * np.random.default_rng(7).normal(size=(CLASSES, WIDTH))
TOWARDS_THE_FIRST = CENTRES[0] - CENTRES[1]
BEFORE = 0.5 * CENTRES, np.zeros(CLASSES)


def clips(count: int, seed: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    return (rng.normal(size=(count, WIDTH)) + CENTRES[labels] + shift * TOWARDS_THE_FIRST).astype(np.float32), labels


@pytest.fixture
def memory() -> SourceMemory:
    return SourceMemory.of(*clips(800, 0), rank=WIDTH + 1)


def right(weight: np.ndarray, bias: np.ndarray, values: np.ndarray, labels: np.ndarray) -> float:
    return float(((values @ weight.T + bias).argmax(1) == labels).mean())


def test_it_is_about_as_good_as_the_regression_of_source_and_target_together(memory: SourceMemory) -> None:
    source, target, unseen = clips(800, 0), clips(24, 1, shift=1.0), clips(800, 2, shift=1.0)
    alone = regression([source], CLASSES, INVERSE_PENALTY)
    found = labelled_logistic(memory, alone, *target, ALL)
    together = regression([source, target], CLASSES, INVERSE_PENALTY)
    assert right(*found, *unseen) > right(*alone, *unseen) + 0.05
    assert right(*found, *unseen) > right(*together, *unseen) - 0.03


def test_no_other_weights_are_better(memory: SourceMemory) -> None:
    """Of what is minimised, written down anew."""
    values, labels = clips(12, 3, shift=0.5)
    weight, bias = labelled_logistic(memory, BEFORE, values, labels, ALL)

    def loss(weight: np.ndarray, bias: np.ndarray) -> float:
        moved = np.column_stack([np.sqrt(WIDTH) * (weight - BEFORE[0]), bias - BEFORE[1]])
        told = log_softmax(values @ weight.T + bias, axis=1)[np.arange(12), labels]
        # A full memory holds all of the source: 800 clips.
        curvature = 0.1 * 5.0 * np.square(moved @ memory.factor.T).sum()
        penalty = np.square(moved[:, :-1]).sum() / (WIDTH * INVERSE_PENALTY)
        return -(5.0 * np.square(memory.factor[:, -1]).sum() / 12) * told.sum() + (curvature + penalty) / 2

    least, rng = loss(weight, bias), np.random.default_rng(0)
    for size in (1e-3, 1e-2, 1e-1):
        for _ in range(20):
            other = loss(weight + size * rng.normal(size=weight.shape), bias + size * rng.normal(size=CLASSES))
            assert other > least * (1 - 1e-6)


def test_what_is_not_read_has_no_weight(memory: SourceMemory) -> None:
    read = np.arange(WIDTH) < 12
    weight, bias = labelled_logistic(memory, BEFORE, *clips(8, 1), read)
    assert (weight[:, ~read] == 0).all()
    assert (weight[:, read] != 0).all()
    assert bias.shape == (CLASSES,)


def test_one_clip_is_enough_and_moves_the_answer_to_its_like(memory: SourceMemory) -> None:
    values, labels = clips(1, 5, shift=2.0)
    weight, bias = labelled_logistic(memory, BEFORE, values, labels, ALL)
    before, after = values @ BEFORE[0].T + BEFORE[1], values @ weight.T + bias
    assert np.isfinite(weight).all()
    assert log_softmax(after)[0, labels[0]] > log_softmax(before)[0, labels[0]]
