"""The self-trained ridge against scikit-learn, against leaving out by hand, and on a known shift."""

import tracemalloc

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.utils.estimator_checks import parametrize_with_checks

from humpcat.self_training import SelfTrainedRidge, SourceMemory
from humpcat.self_training.class_shares import reliability
from humpcat.self_training.ridge import UNLABELLED
from humpcat.self_training.soft_labels import balanced, sharpened


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


def test_every_clip_is_left_out_of_its_own_answer_and_weighs_by_its_noise():
    source, labels, target, _ = world(n=60)
    groups = np.repeat(["many", "few"], [45, 15])
    noise = np.repeat([0.45, 1.0], [45, 15])
    rows = np.hstack([np.vstack([source, target]) / np.sqrt(6), np.ones((120, 1))])
    weights = np.concatenate([np.full(60, 1 / 5.0), 1 / noise])
    # In one round, the soft labels are what the source says.
    heard = np.r_[:60]

    def ridge(at, answers):
        return Ridge(alpha=1.0, fit_intercept=False).fit(rows[at], answers, sample_weight=weights[at])

    answers = np.vstack([np.eye(3)[labels], np.zeros((60, 3))]) - 1 / 3
    scores = ridge(heard, answers[heard]).predict(rows[60:])
    rms = np.sqrt(np.mean((scores - scores.mean(axis=1, keepdims=True)) ** 2))
    soft = np.exp(scores / (2.0 * rms))
    answers[60:] = soft / soft.sum(axis=1, keepdims=True) - 1 / 3
    model = SelfTrainedRidge(rounds=1, balance=0.0).fit(source, labels, target, groups=groups)
    assert model.coef_ == pytest.approx(ridge(np.r_[:120], answers).coef_[:, :-1] / np.sqrt(6), abs=1e-9)
    for clip in range(60):
        others = np.delete(np.arange(120), 60 + clip)
        left_out = ridge(others, answers[others]).predict(rows[[60 + clip]])[0] + 1 / 3
        assert model.target_scores_[clip] == pytest.approx(left_out, abs=1e-9)


def test_memory_grows_with_the_clips_and_not_with_their_square():
    source, labels, _, _ = world(n=60)
    target = world(n=4000)[2]
    tracemalloc.start()
    SelfTrainedRidge(rounds=2).fit(source, labels, target)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4000 * 4000 * 8 / 4


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
    rng = np.random.default_rng(0)
    scores, groups, prior = rng.normal(size=(60, 3)), np.repeat([0, 1], 30), np.array([0.5, 0.3, 0.2])
    labels = balanced(sharpened(scores), groups, prior, 1.0)
    for group in (0, 1):
        assert labels[groups == group].mean(axis=0) == pytest.approx(prior, abs=1e-3)
    assert labels.sum(axis=1) == pytest.approx(1.0)


def test_a_class_of_the_target_only_is_refused():
    source, labels, target, _ = world(n=30)
    with pytest.raises(ValueError, match=r"y_target: 30 labels, of which \[7\] are not classes of the source"):
        SelfTrainedRidge().fit(source, labels, target, np.full(30, 7))


def test_groups_may_be_unnamed_and_are_one_a_clip():
    source, labels, target, _ = world(n=30)
    named = SelfTrainedRidge().fit(source, labels, target, groups=["a"] * 20 + ["b"] * 10)
    unnamed = SelfTrainedRidge().fit(source, labels, target, groups=["a"] * 20 + [None] * 10)
    assert (named.coef_ == unnamed.coef_).all()
    with pytest.raises(ValueError, match=r"groups: 5 groups, expected 30, one for each target clip\."):
        SelfTrainedRidge().fit(source, labels, target, groups=[0] * 5)


@pytest.mark.parametrize(
    "given", [{"source_noise": 0}, {"target_noise": -1.0}, {"temperatures": (3.0, 0.0)}, {"resumed": 0.0}]
)
def test_noise_and_temperature_are_positive(given):
    source, labels, target, _ = world(n=30)
    with pytest.raises(ValueError, match="expected all of them above 0"):
        SelfTrainedRidge(**given).fit(source, labels, target)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("classes", [1, 3])
def test_the_hardest_labels_stay_finite(classes):
    source, labels, target, _ = world(n=30)
    # One clip many times: all but one class have no share at all that could be balanced.
    same = np.repeat(target[:1], 40, axis=0)
    model = SelfTrainedRidge(temperatures=(1e-4, 1e-5)).fit(source, labels % classes, same)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.target_scores_).all()


def test_a_few_clips_of_each_class_do_not_make_the_classes_alike_frequent():
    """Two balanced shots, a target in which three quarters are of one class: the answers follow the target."""
    rng = np.random.default_rng(3)
    source, labels, _, _ = world()
    other = np.repeat([0, 1, 2], [270, 45, 45])
    target = np.hstack([0.3 * np.eye(3)[other], 1.2 * np.eye(3)[other]]) + 0.5 * rng.normal(size=(360, 6))
    given = np.full(360, UNLABELLED)
    shots = np.concatenate([np.flatnonzero(other == name)[:2] for name in range(3)])
    given[shots] = other[shots]
    answers = SelfTrainedRidge(balance=0.5).fit(source, labels, target, given).predict(target)
    assert (answers == 0).mean() == pytest.approx(0.75, abs=0.06)
    assert (answers == other).mean() > 0.8


def test_views_are_regressions_of_scaled_values_that_answer_together():
    source, labels, target, _ = world(n=60)
    narrow = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    both = SelfTrainedRidge(rounds=0, views=[np.ones(6), 2 * narrow]).fit(source, labels, target)
    whole = SelfTrainedRidge(rounds=0).fit(source, labels, target)
    rows = np.hstack([2 * narrow * source / np.sqrt(6), np.ones((60, 1))])
    ridge = Ridge(alpha=5.0, fit_intercept=False).fit(rows, np.eye(3)[labels] - 1 / 3)
    alone = np.hstack([2 * narrow * target / np.sqrt(6), np.ones((60, 1))]) @ ridge.coef_.T + 1 / 3
    wanted = (whole.target_scores_ + alone) / 2
    assert both.target_scores_ == pytest.approx(wanted, abs=1e-9)


def test_views_must_be_of_the_values():
    source, labels, target, _ = world(n=30)
    with pytest.raises(ValueError, match=r"views: shapes \[\(5,\)\], expected one or more of 6 factors each\."):
        SelfTrainedRidge(views=[np.ones(5)]).fit(source, labels, target)


def test_labels_of_one_speaker_do_not_undo_what_the_clips_say_by_themselves():
    source, labels, target, other = world()
    # The labelled speaker is off in a direction that tells nothing of the class, and most of one class.
    known = np.r_[np.flatnonzero(other == 0)[:20], np.flatnonzero(other == 1)[:4], np.flatnonzero(other == 2)[:4]]
    target[known] += 2.0
    given = np.full(len(other), UNLABELLED)
    given[known] = other[known]
    test = given == UNLABELLED
    model = SelfTrainedRidge().fit(source, labels, target, given)
    assert (model.predict(target)[test] == other[test]).mean() > 0.9


def test_rounds_may_begin_with_what_another_regression_says():
    source, labels, target, other = world()
    memory = SourceMemory.of(source, labels, rank=7)
    plain = SelfTrainedRidge(rounds=3).fit_from(memory, target)
    same = SelfTrainedRidge(rounds=3).fit_from(memory, target, start=np.eye(3)[other])
    swapped = SelfTrainedRidge(rounds=3).fit_from(memory, target, start=np.eye(3)[(other + 1) % 3])
    assert (same.predict(target) == other).mean() > (plain.predict(target) == other).mean()
    assert (swapped.predict(target) == (other + 1) % 3).mean() > 0.6


def test_soft_labels_give_the_weights_that_they_came_with():
    source, labels, target, other = world()
    memory = SourceMemory.of(source, labels, rank=7)
    given = np.where(np.arange(len(other)) < 20, other, UNLABELLED)
    whole = SelfTrainedRidge().fit_from(memory, target, given)
    again = SelfTrainedRidge().fit_labels(memory, target, whole.target_labels_, whole.target_scores_)
    assert (again.target_scores_ == whole.target_scores_).all()
    assert again.coef_ == pytest.approx(whole.coef_, abs=1e-12)
    assert again.intercept_ == pytest.approx(whole.intercept_, abs=1e-12)
    assert (whole.target_labels_[:20] == np.eye(3)[other[:20]]).all()


def test_answers_that_become_too_reliable_are_not_believed():
    source, labels, target, other = world()
    given = np.where(np.arange(len(other)) < 20, other, UNLABELLED)
    trained, plain = (SelfTrainedRidge(rounds=count).fit(source, labels, target, given) for count in (60, 0))
    gain = reliability(trained.target_scores_[20:]) - reliability(plain.target_scores_[20:])
    assert trained.self_trained_
    assert gain > 0
    believed, doubted = (
        SelfTrainedRidge(most_gain=gain + by).fit(source, labels, target, given) for by in (1e-6, -1e-6)
    )
    assert (believed.self_trained_, doubted.self_trained_) == (True, False)
    assert (believed.coef_ == trained.coef_).all()
    assert (doubted.coef_ == plain.coef_).all()
