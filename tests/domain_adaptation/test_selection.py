import numpy as np
import pytest

from humpcat.benchmarks.cross_corpus.variants import ABLATION, METHOD_NAMES, MethodVariant, sensitivity
from humpcat.domain_adaptation.logistic import StandardisedLogistic
from humpcat.domain_adaptation.selection import LearningData, chosen


class Turned(StandardisedLogistic):
    """A logistic regression that confuses the classes, or is never sure, where its parameter says so."""

    def __init__(self, wrong: bool = False, sure: float = 1.0, C: float = 1.0) -> None:
        super().__init__(C)
        self.wrong, self.sure = wrong, sure

    def _proba(self, values):
        probabilities = super()._proba(values)
        probabilities = probabilities[:, ::-1] if self.wrong else probabilities
        return self.sure * probabilities + (1 - self.sure) / 2


@pytest.fixture
def learning() -> LearningData:
    """Two classes on one value; the target is the same on another scale."""
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    X = (y + 0.1 * rng.normal(size=40))[:, None].astype(np.float32)
    return LearningData(X, np.array(["anger", "sadness"])[y], 1000 * X - 7, np.arange(40) >= 30)


def test_nothing_is_chosen_unless_asked_for(learning: LearningData) -> None:
    def fail(**parameters: object) -> Turned:
        raise AssertionError(parameters)

    assert chosen(fail, {"wrong": [True, False]}, "none", learning) == {}
    assert chosen(fail, {}, "source", learning) == {}


def test_held_out_source_clips_choose_though_the_target_is_on_another_scale(learning: LearningData) -> None:
    assert chosen(Turned, {"wrong": [True, False]}, "source", learning) == {"wrong": False}


def test_held_out_clips_are_not_learnt_from(learning: LearningData) -> None:
    seen = []

    class Noted(Turned):
        def fit(self, X, y, X_target=None):
            seen.append(len(X))
            return super().fit(X, y, X_target)

    chosen(Noted, {"sure": [1.0, 0.5]}, "source", learning)
    assert seen == [30, 30]


def test_certainty_chooses_without_any_class_of_the_target(learning: LearningData) -> None:
    assert chosen(Turned, {"sure": [0.1, 0.9, 0.5]}, "entropy", learning) == {"sure": 0.9}


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_what_is_tried_are_parameters_of_the_method(method: str) -> None:
    model = MethodVariant(method).make(7, {"one": np.array([0, 1])})
    assert set(MethodVariant(method).grid) <= set(model.get_params())
    assert model.get_params().get("random_state", 7) == 7


@pytest.mark.parametrize("system", [*ABLATION, *sensitivity([0.7])], ids=lambda system: system.variant)
def test_every_variant_differs_from_afsr_in_what_it_says(system: MethodVariant) -> None:
    plain, made = (one.make(0, {"one": np.array([0, 1])}).get_params() for one in (MethodVariant("afsr"), system))
    assert {name for name in made if made[name] != plain[name]} == set(system.parameters)
