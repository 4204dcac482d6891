"""What holds for every shallow method of adaptation: scikit-learn's checks, bad input, any order."""

import warnings

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from humpcat.domain_adaptation import METHODS
from humpcat.domain_adaptation.coral import CORAL
from humpcat.domain_adaptation.jdar import JDAR
from humpcat.domain_adaptation.ridge import RidgeAdaptation
from humpcat.domain_adaptation.svm import SourceSVM
from humpcat.domain_adaptation.tca import TCA
from humpcat.domain_adaptation.tsdsl import TSDSL
from humpcat.errors import AdaptationError

SHALLOW = [SourceSVM(), TCA(), CORAL(), TSDSL(), JDAR(), RidgeAdaptation()]


@pytest.fixture(params=SHALLOW, ids=lambda model: type(model).__name__)
def method(request):
    return type(request.param)()


def corpora(n=90, features=12, seed=0):
    """Three classes, and a target on another scale."""
    rng = np.random.default_rng(seed)
    centres = 2 * rng.normal(size=(3, features))
    labels, other = rng.integers(0, 3, n), rng.integers(0, 3, n)
    source = centres[labels] + rng.normal(size=(n, features))
    target = centres[other] + rng.normal(size=(n, features))
    return source, np.array(["angry", "happy", "sad"])[labels], 100 * target + 7, other


@parametrize_with_checks(SHALLOW)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_the_registry_offers_them_by_name():
    assert [type(METHODS[name]()) for name in ("svm", "tca", "coral", "tsdsl", "jdar", "ridge")] == list(
        map(type, SHALLOW)
    )


def test_a_clean_target_on_other_scales_is_recognised(method):
    source, labels, target, other = corpora()
    model = method.fit(source, labels, target)
    assert model.score(target, model.classes_[other]) > 0.9
    probabilities = model.predict_proba(target)
    assert probabilities.shape == (90, 3)
    assert probabilities.sum(axis=1) == pytest.approx(1)


def test_new_clips_of_the_target_are_answered_like_old_ones(method):
    source, labels, target, _ = corpora()
    model = method.fit(source, labels, target)
    alone = np.vstack([model.predict_proba(clip[None]) for clip in target[:5]])
    assert model.predict_proba(target)[:5] == pytest.approx(alone, abs=1e-6)


def test_the_order_of_the_clips_does_not_count(method):
    source, labels, target, _ = corpora()
    answers = method.fit(source, labels, target).predict(target)
    rng = np.random.default_rng(1)
    first, second = rng.permutation(len(source)), rng.permutation(len(target))
    again = type(method)().fit(source[first], labels[first], target[second]).predict(target)
    assert np.array_equal(answers, again)


def test_a_feature_that_is_constant_in_either_corpus_does_no_harm(method):
    source, labels, target, other = corpora()
    source[:, 2], target[:, 3] = 5.0, -1e6
    source[:, 4], target[:, 4] = 1.0, 2.0
    model = method.fit(source, labels, target)
    assert model.score(target, model.classes_[other]) > 0.8


def test_missing_values_are_the_mean_of_their_corpus(method):
    source, labels, target, _ = corpora()
    source[0, 1] = target[5, 2] = np.nan
    model = method.fit(source, labels, target)
    filled = target[5:6].copy()
    filled[0, 2] = np.nanmean(target[:, 2])
    assert model.predict_proba(target[5:6]) == pytest.approx(model.predict_proba(filled), abs=1e-9)


def test_a_feature_without_any_value_in_the_target_says_nothing(method):
    source, labels, target, other = corpora()
    target[:, 6] = np.nan
    model = method.fit(source, labels, target)
    assert model.score(target, model.classes_[other]) > 0.8


def test_a_source_clip_without_any_value_is_left_out_with_a_warning(method):
    source, labels, target, _ = corpora()
    source[3] = np.nan
    with pytest.warns(UserWarning, match=r"1 of 90 source clips have no value at all, the first in row 3"):
        answers = method.fit(source, labels, target).predict_proba(target)
    rest = np.arange(90) != 3
    assert answers == pytest.approx(type(method)().fit(source[rest], labels[rest], target).predict_proba(target))


def test_a_target_clip_without_any_value_is_answered_as_the_mean_with_a_warning(method):
    source, labels, target, _ = corpora()
    rest = np.arange(90) != 3
    mean = target[rest].mean(axis=0, keepdims=True)
    target[3] = np.nan
    model = method.fit(source, labels, target)
    with pytest.warns(UserWarning, match=r"1 of 90 clips have no value at all, the first in row 3"):
        answers = model.predict_proba(target)
    assert answers[3:4] == pytest.approx(model.predict_proba(mean), abs=1e-9)


@pytest.mark.parametrize("which", ["X", "X_target"])
def test_an_infinite_value_is_refused_with_its_place(method, which):
    source, labels, target, _ = corpora()
    {"X": source, "X_target": target}[which][4, 1] = -np.inf
    with pytest.raises(AdaptationError, match=f"^{which} holds -inf in row 4, column 1: expected finite values"):
        method.fit(source, labels, target)


def test_one_class_is_refused(method):
    source, _, target, _ = corpora()
    with pytest.raises(AdaptationError, match=r"^y has one class only, 'sad': expected source clips of two classes"):
        method.fit(source, ["sad"] * 90, target)


def test_a_class_of_one_source_clip_is_a_class(method):
    source, labels, target, _ = corpora()
    few = np.r_[np.flatnonzero(labels == "angry")[:1], np.flatnonzero(labels != "angry")]
    model = method.fit(source[few], labels[few], target)
    assert model.classes_.tolist() == ["angry", "happy", "sad"]
    assert np.isfinite(model.predict_proba(target)).all()


def test_a_target_of_two_clips_is_enough_and_one_is_not(method):
    source, labels, target, _ = corpora()
    if isinstance(method, CORAL):
        method.set_params(regularization=0.1)
    assert np.isfinite(method.fit(source, labels, target[:2]).predict_proba(target[:2])).all()
    with pytest.raises(AdaptationError, match=r"^X_target has one clip with a value: expected two or more"):
        method.fit(source, labels, target[:1])


def test_more_features_than_clips_and_fewer_give_no_warning(method):
    for features in (5, 300):
        source, labels, target, _ = corpora(n=40, features=features)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # skada and POT warn of what they miss while they are imported.
            warnings.filterwarnings("ignore", module="(skada|ot|sklearn.utils.validation)")
            method.fit(source, labels, target).predict(target)


def test_other_features_in_the_target_are_refused(method):
    source, labels, target, _ = corpora()
    with pytest.raises(AdaptationError, match=r"^X_target has the shape \(90, 11\): expected \(clips, 12\)"):
        method.fit(source, labels, target[:, 1:])


def test_a_corpus_without_any_value_is_refused(method):
    source, labels, target, _ = corpora()
    with pytest.raises(AdaptationError, match=r"^X_target has no value in any of its 90 clips"):
        method.fit(source, labels, np.full_like(target, np.nan))
    with pytest.raises(AdaptationError, match=r"^X has no value in any of its 90 clips"):
        method.fit(np.full_like(source, np.nan), labels, target)
