"""The self-trained ridge against scikit-learn, against leaving out by hand, and on a known shift."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.utils.estimator_checks import parametrize_with_checks

from humpcat.adaptation import SelfTrainedRidge
from humpcat.adaptation.self_training import UNLABELLED


def world(shift=1.5, n=240, seed=0):
    """A source whose classes part along one axis, a target whose classes part along another, too."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    centres = np.eye(3)[labels]
    source = np.hstack([2 * centres, rng.normal(size=(n, 3))]) + rng.normal(size=(n, 6))
    other = rng.integers(0, 3, n)
    target = np.hstack([0.8 * np.eye(3)[other], shift * np.eye(3)[other]]) + 0.4 * rng.normal(size=(n, 6))
    return source, labels, target - target.mean(axis=0), other


@parametrize_with_checks([SelfTrainedRidge()])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_without_a_target_it_is_ridge_regression():
    source, labels, target, _ = world()
    model = SelfTrainedRidge(source_noise=2.0).fit(source, labels)
    values = np.hstack([source / np.sqrt(6), np.ones((len(source), 1))])
    ridge = Ridge(alpha=2.0, fit_intercept=False).fit(values, np.eye(3)[labels] - 1 / 3)
    wanted = np.hstack([target / np.sqrt(6), np.ones((len(target), 1))]) @ ridge.coef_.T + 1 / 3
    assert model.decision_function(target) == pytest.approx(wanted, abs=1e-9)


def test_labelled_target_clips_weigh_by_their_noise():
    source, labels, target, other = world(n=60)
    model = SelfTrainedRidge(source_noise=4.0, target_noise=0.5).fit(source, labels, target, other)
    values = np.vstack([source, target]) / np.sqrt(6)
    values = np.hstack([values, np.ones((120, 1))])
    weights = np.repeat([1 / 4.0, 1 / 0.5], 60)
    ridge = Ridge(alpha=1.0, fit_intercept=False)
    ridge.fit(values, np.eye(3)[np.concatenate([labels, other])] - 1 / 3, sample_weight=weights)
    assert model.coef_ == pytest.approx(ridge.coef_[:, :-1] / np.sqrt(6), abs=1e-9)


def test_a_clip_is_left_out_of_its_own_answer():
    source, labels, target, other = world(n=40)
    given = np.where(np.arange(40) < 39, other, UNLABELLED)
    # In one round the last clip's soft label cannot move its own answer.
    model = SelfTrainedRidge(rounds=1).fit(source, labels, target, given)
    known = SelfTrainedRidge(rounds=0).fit(source, labels, target[:39], other[:39])
    assert model.target_scores_[-1] == pytest.approx(known.decision_function(target[-1:])[0], abs=1e-8)


def test_it_follows_a_shift_that_the_source_does_not_have():
    source, labels, target, other = world()
    plain = SelfTrainedRidge(rounds=0).fit(source, labels)
    trained = SelfTrainedRidge().fit(source, labels, target)
    assert (trained.predict(target) == other).mean() > (plain.predict(target) == other).mean() + 0.05


def test_labels_that_are_not_known_are_not_used():
    source, labels, target, other = world()
    given = np.where(np.arange(len(other)) < 20, other, UNLABELLED)
    first = SelfTrainedRidge().fit(source, labels, target, given)
    order = np.random.default_rng(1).permutation(len(target))
    second = SelfTrainedRidge().fit(source, labels, target[order], given[order])
    assert first.coef_ == pytest.approx(second.coef_, abs=1e-8)
    assert first.target_scores_[order] == pytest.approx(second.target_scores_, abs=1e-8)


def test_full_balance_gives_each_group_the_prior():
    from humpcat.adaptation.self_training import _balanced

    rng = np.random.default_rng(0)
    scores, groups, prior = rng.normal(size=(60, 3)), np.repeat([0, 1], 30), np.array([0.5, 0.3, 0.2])
    labels = _balanced(scores, groups, prior, 1.0)
    for group in (0, 1):
        assert labels[groups == group].mean(axis=0) == pytest.approx(prior, abs=1e-3)
    assert labels.sum(axis=1) == pytest.approx(1.0)


def test_a_class_of_the_target_only_is_refused():
    source, labels, target, _ = world(n=30)
    with pytest.raises(ValueError, match=r"y_target: 30 labels, of which \[7\] are not classes of the source"):
        SelfTrainedRidge().fit(source, labels, target, np.full(30, 7))
