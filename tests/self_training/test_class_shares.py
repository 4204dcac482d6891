"""Shares of the classes among clips without labels: known worlds, and what must not be taken for a missing class."""

import numpy as np
import pytest

from humpcat.self_training import SelfTrainedRidge
from humpcat.self_training.class_shares import ClassShares, disagreement, likeliest_shares, reliability
from humpcat.self_training.ridge import UNLABELLED


def scores(classes: np.ndarray, certainty: float = 0.7, seed: int = 0) -> np.ndarray:
    """Return noisy scores of clips of which the classes are known."""
    rng = np.random.default_rng(seed)
    return certainty * np.eye(4)[classes] + (1 - certainty) / 4 + 0.1 * rng.normal(size=(len(classes), 4))


def test_the_likeliest_shares_are_those_of_clips_that_are_drawn_from_them() -> None:
    rng = np.random.default_rng(0)
    classes = rng.choice(3, 20000, p=[0.6, 0.3, 0.1])
    values = rng.normal(size=20000) + 2 * classes
    likelihood = np.exp(-0.5 * (values[:, None] - 2 * np.arange(3)) ** 2)
    found = likeliest_shares(likelihood / likelihood.sum(axis=1, keepdims=True))
    assert found == pytest.approx([0.6, 0.3, 0.1], abs=0.01)


def test_a_class_that_is_not_there_is_rare_and_the_others_are_not() -> None:
    classes = np.repeat([0, 1, 3], 40)
    first = scores(classes)
    shares = ClassShares.of(first, first, np.empty((0, 4)), even=True)
    assert shares.rare.round(3).tolist() == [0, 0, 1, 0]
    assert shares.expected[2] < 0.02
    # Soft labels that took some clips for it have no say.
    assert shares.toward(np.full(4, 0.25))[2] < 0.02


def test_what_labels_hide_is_not_rare_as_long_as_the_source_hears_it() -> None:
    classes = np.repeat(range(4), 40)
    hidden = scores(np.where(classes == 2, 0, classes))
    labelled = np.eye(4)[np.repeat(range(4), 5)]
    assert ClassShares.of(hidden, hidden, labelled, even=True).rare[2] == 1
    assert ClassShares.of(hidden, scores(classes), labelled, even=True).rare[2] == 0


def test_with_even_shares_only_labels_speak_and_without_the_first_answers_do_too() -> None:
    classes = np.repeat(range(4), [55, 15, 15, 15])
    first, labelled = scores(classes, certainty=0.9), np.eye(4)[np.repeat(range(4), 5)]
    assert ClassShares.of(first, first, labelled, even=True).expected == pytest.approx([0.25] * 4)
    uneven = ClassShares.of(first, first, labelled, even=False).expected
    assert 0.4 < uneven[0] < 0.55
    assert uneven.sum() == pytest.approx(1)
    # A source alone takes some classes for others.
    alone = ClassShares.of(first, first, np.empty((0, 4)), even=False).expected
    assert alone == pytest.approx([0.25] * 4)


def test_without_an_unlabelled_clip_the_labelled_ones_say_it_all() -> None:
    labelled = np.eye(4)[np.repeat(range(4), [20, 0, 0, 0])]
    nothing = np.empty((0, 4))
    assert ClassShares.of(nothing, nothing, labelled, even=False).expected == pytest.approx([0.625, *[0.125] * 3])


def test_certain_answers_are_reliable_and_explain_themselves() -> None:
    classes = np.repeat(range(4), 10)
    sure, unsure = scores(classes, 0.9), scores(classes, 0.3)
    assert reliability(sure) > reliability(unsure) > 0
    assert disagreement(sure) < disagreement(unsure)


def test_self_training_does_not_make_clips_of_a_class_that_is_missing() -> None:
    rng = np.random.default_rng(2)
    labels, other = rng.integers(0, 3, 300), rng.integers(0, 2, 200)
    centres = 2.0 * np.eye(3)
    source = np.hstack([centres[labels], np.zeros((300, 3))]) + rng.normal(size=(300, 6))
    target = np.hstack([centres[other], 1.5 * centres[other]]) + rng.normal(size=(200, 6))
    plain = SelfTrainedRidge(rounds=0).fit(source, labels, target, np.full(200, UNLABELLED))
    trained = SelfTrainedRidge().fit(source, labels, target, np.full(200, UNLABELLED))
    assert (trained.predict(target) == 2).mean() < 0.02
    assert (trained.predict(target) == other).mean() >= (plain.predict(target) == other).mean()
