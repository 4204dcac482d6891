"""What holds for every deep method: scikit-learn's checks, the loss and its parts, determinism, bad input."""

import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from humpcat.domain_adaptation import METHODS
from humpcat.domain_adaptation.afsr import AFSR
from humpcat.domain_adaptation.afsr_network import AFSRNetwork
from humpcat.domain_adaptation.dann import DANN
from humpcat.domain_adaptation.dasa import DASA
from humpcat.errors import AdaptationError

SMALL = {"steps": 60, "batch_size": 24, "latent": 8, "learning_rate": 0.02}
DEEP = [DANN(hidden=16, **SMALL), DASA(hidden=16, **SMALL), AFSR(width=4, **SMALL)]


@pytest.fixture(params=DEEP, ids=lambda model: type(model).__name__)
def method(request):
    return type(request.param)(**request.param.get_params())


def corpora(n=90, features=12, seed=0):
    """Three classes, and a target on other scales whose clips are all moved along one direction by class."""
    rng = np.random.default_rng(seed)
    centres = 2 * rng.normal(size=(3, features))
    labels, other = np.arange(n) % 3, rng.integers(0, 3, n)
    source = centres[labels] + rng.normal(size=(n, features))
    target = centres[other] + rng.normal(size=(n, features))
    return source, np.array(["angry", "happy", "sad"])[labels], 100 * target + 7, other


@cache
def fitted(kind):
    """Return a method that was fitted to the corpora as they are, for those who leave it as it is."""
    (model,) = [model for model in DEEP if type(model) is kind]
    return kind(**model.get_params()).fit(*corpora()[:3])


@parametrize_with_checks([AFSR(width=4, **(SMALL | {"steps": 30, "learning_rate": 0.05}))])
def test_scikit_learns_own_checks(estimator, check):
    # One check alone looks at how many clips are right.
    few = {} if check.func.__name__ == "check_classifiers_train" else {"steps": 6}
    check(clone(estimator).set_params(**few))


@pytest.mark.slow
@parametrize_with_checks(DEEP[:2])
def test_scikit_learns_own_checks_of_the_simpler_networks(estimator, check):
    check(estimator)


def test_the_registry_makes_them_by_name():
    made = [METHODS[name](steps=7, random_state=3) for name in ("dann", "dasa", "afsr")]
    assert [type(model) for model in made] == [DANN, DASA, AFSR]
    assert [(model.steps, model.random_state) for model in made] == [(7, 3)] * 3


def test_importing_the_registry_pulls_in_no_torch():
    code = "import sys, humpcat.domain_adaptation; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_clean_target_on_other_scales_is_recognised(method):
    *_, target, other = corpora()
    model = fitted(type(method))
    assert model.score(target, model.classes_[other]) > 0.9
    probabilities = model.predict_proba(target)
    assert probabilities.shape == (90, 3)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert model.transform(target).shape == (90, 8)


def test_a_clip_is_answered_alike_alone_and_among_others(method):
    target, model = corpora()[2], fitted(type(method))
    alone = np.vstack([model.predict_proba(clip[None]) for clip in target[:5]])
    assert model.predict_proba(target)[:5] == pytest.approx(alone, abs=1e-12)


def test_a_seed_says_everything_and_torchs_own_generator_is_left_as_it_was(method):
    source, labels, target, _ = corpora()
    torch.manual_seed(5)
    expected = torch.random.get_rng_state()
    first = method.fit(source, labels, target).predict_proba(target)
    assert (torch.random.get_rng_state() == expected).all()
    torch.manual_seed(6)
    assert np.array_equal(fitted(type(method)).predict_proba(target), first)
    assert not np.array_equal(
        method.set_params(random_state=1).fit(source, labels, target).predict_proba(target), first
    )


def test_the_loss_is_recorded_for_each_epoch_and_falls(method):
    model = fitted(type(method))
    # 90 clips in batches of 24 are 4 steps.
    assert len(model.objective_) == 15
    assert {len(values) for values in model.losses_.values()} == {15}
    assert model.losses_["classification"][-1] < model.losses_["classification"][0]


def test_the_losses_have_names():
    names = [set(fitted(type(model)).losses_) for model in DEEP]
    assert names == [
        {"classification", "adversary"},
        {"classification", "reconstruction", "alignment"},
        {"classification", "reconstruction", "alignment"},
    ]


@pytest.mark.parametrize(
    ("off", "names"),
    [
        ({"alignment": None}, {"classification", "reconstruction"}),
        ({"reconstruction_weight": 0}, {"classification", "alignment"}),
    ],
)
def test_a_term_of_afsr_that_is_off_is_not_in_the_loss(off, names):
    source, labels, target, _ = corpora()
    without = AFSR(width=4, **off, **SMALL).fit(source, labels, target)
    assert set(without.losses_) == names
    assert without.objective_ != fitted(AFSR).objective_


@pytest.mark.parametrize("part", ["attention", "reconstruction", "shortcut"])
def test_each_part_of_afsrs_network_does_something_and_can_be_left_out(part):
    torch.manual_seed(0)
    parts = {"heads": 2, "spatial_reconstruction": True, "shortcut": True}
    network = AFSRNetwork([[0, 1, 2], [3, 4]], 3, width=4, **parts, latent=8, dropout=0.1).eval()
    values = torch.randn(6, 5)
    network(values).square().sum().backward()
    trained = {name.split(".")[0] for name, weight in network.named_parameters() if weight.grad is not None}
    assert part in trained
    whole = network.encode(values)
    setattr(network, part, None if part == "shortcut" else torch.nn.Identity())
    assert not torch.allclose(network.encode(values), whole)
    off = {"attention": "heads", "reconstruction": "spatial_reconstruction", "shortcut": "shortcut"}[part]
    without = AFSRNetwork([[0, 1, 2], [3, 4]], 3, width=4, **(parts | {off: None}), latent=8, dropout=0.1)
    assert not any(name.startswith(f"{part}.") for name, _ in without.named_parameters())


def test_any_number_of_steps_will_do():
    source, labels, target, _ = corpora()
    for steps in (1, 2, 9, 10, 11, 20):
        assert np.isfinite(DASA(**(SMALL | {"steps": steps})).fit(source, labels, target).objective_).all()


def test_each_alignment_of_afsr_gives_a_finite_loss_of_its_own():
    source, labels, target, _ = corpora()
    kinds = (None, "local_mmd", "mmd", "coral", "adversary")
    made = [AFSR(width=4, alignment=kind, **(SMALL | {"steps": 8})).fit(source, labels, target) for kind in kinds]
    for model in made[1:]:
        assert np.isfinite(model.losses_["alignment"]).all()
    answers = [model.predict_proba(target).round(9).tobytes() for model in made]
    assert len(set(answers)) == len(kinds)


def test_local_alignment_brings_the_latents_of_the_domains_together():
    source, labels, target, _ = corpora()
    target[:, :3] = target[:, :3] ** 2
    settings = SMALL | {"steps": 120}
    free = AFSR(width=4, alignment_weight=0.0, **settings).fit(source, labels, target)
    bound = AFSR(width=4, alignment_weight=5.0, **settings).fit(source, labels, target)
    assert bound.losses_["alignment"][-1] < 0.7 * free.losses_["alignment"][-1]


def test_one_source_clip_of_a_class_is_enough(method):
    source, labels, target, other = corpora()
    kept = (labels != "sad") | (np.cumsum(labels == "sad") == 1)
    model = method.fit(source[kept], labels[kept], target)
    assert list(model.classes_) == ["angry", "happy", "sad"]
    assert np.isfinite(model.predict_proba(target)).all()
    assert model.score(target[other != 2], model.classes_[other[other != 2]]) > 0.6


def test_a_target_of_two_clips_is_enough(method):
    source, labels, target, _ = corpora()
    method.set_params(steps=10)
    assert np.isfinite(method.fit(source, labels, target[:2]).predict_proba(target)).all()
    assert np.isfinite(method.objective_).all()


def test_constant_features_and_missing_values_do_no_harm(method):
    source, labels, target, other = corpora()
    source[:, 2], target[:, 3] = 5.0, -1e6
    source[0, 1] = target[5, 4] = np.nan
    model = method.fit(source, labels, target)
    assert np.isfinite(model.objective_).all()
    assert model.score(target, model.classes_[other]) > 0.7


def test_an_outlier_counts_for_no_more_than_five_deviations(method):
    target, model = corpora()[2], fitted(type(method))
    far, farther = (np.where(np.arange(12) == 4, value, target[:1]) for value in (1e6, 1e12))
    assert np.array_equal(model.predict_proba(far), model.predict_proba(farther))


def test_groups_make_the_tokens():
    source, labels, target, other = corpora()
    groups = [np.arange(0, 12, 2), np.array([1]), [3, 5, 7, 9, 11]]
    model = AFSR(groups, width=4, **SMALL).fit(source, labels, target)
    assert model.network_.encode(torch.zeros(1, 12, dtype=torch.float64)).shape == (1, 8)
    assert model.network_.tokens(torch.zeros(1, 12, dtype=torch.float64)).shape == (1, 3, 4)
    assert model.score(target, model.classes_[other]) > 0.8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"groups": [[0, 1], [1, 2]]}, "groups name 4 places: expected each of the 12 features from 0 to 11 in one"),
        ({"alignment": "best"}, "alignment 'best': expected None or one of local_mmd, mmd, coral, adversary."),
        ({"width": 6, "heads": 4}, "width 6 with 4 heads: expected one head or more, which divide the width."),
        ({"width": 5, "attention": False}, "width 5: expected an even number."),
        ({"steps": 0}, "steps 0 and batch_size 64: expected one step and two clips, or more."),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    source, labels, target, _ = corpora()
    with pytest.raises(AdaptationError, match=f"^{message}"):
        AFSR(**settings).fit(source, labels, target)
