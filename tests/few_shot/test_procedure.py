import numpy as np
import pytest
import torch
from scipy.special import softmax

from humpcat.few_shot.crossvalidation import few, learning_amounts
from humpcat.few_shot.procedure import blended, weigh
from humpcat.training.branch_weights import FUSION_SHARE, MOST_WEIGHT


def test_a_blend_has_the_targets_mean_and_a_spread_between() -> None:
    source, target = {"mfcc": torch.tensor([[0.0], [4.0]])}, {"mfcc": torch.tensor([[3.0], [1.0]])}
    assert blended(source, target)["mfcc"].tolist() == [[3.0], [2.0]]


def test_the_scale_is_the_most_likely_and_the_ratio_is_kept() -> None:
    labels = np.arange(400) % 4
    # Three of four are right, whatever the logits' size.
    logits = 20 * np.eye(4)[np.where(np.arange(400) % 16 < 4, (labels + 1) % 4, labels)]
    fusion, summary = weigh(logits, logits, labels)
    assert fusion / summary == pytest.approx(FUSION_SHARE)
    assert softmax((fusion + summary) * logits, axis=1).max() == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("n", [8, 40])
def test_clips_that_are_all_right_do_not_make_it_certain(n: int) -> None:
    labels = np.arange(n) % 4
    logits = 50 * np.eye(4)[labels]
    fusion, summary = weigh(logits, logits, labels)
    assert softmax((fusion + summary) * logits, axis=1).max() == pytest.approx(1 - 1 / (n + 2), abs=1e-3)
    assert fusion < summary < MOST_WEIGHT


def test_few_clips_of_each_class_or_all_there_are() -> None:
    classes = {f"{name}{index}": name for name, count in (("a", 9), ("b", 2)) for index in range(count)}
    drawn = few(tuple(classes), classes, 3, np.random.default_rng(0))
    assert sorted(classes[clip_id] for clip_id in drawn) == ["a", "a", "a", "b", "b"]
    assert drawn == few(tuple(reversed(classes)), classes, 3, np.random.default_rng(0))
    assert drawn != few(tuple(classes), classes, 3, np.random.default_rng(1))


def test_amounts_double_until_nearly_all_clips_are_taken() -> None:
    from humpcat.protocols import Split

    classes = {f"{name}{index}": name for name in "abcd" for index in range(10)}
    fold = Split("x", 0, "", train=tuple(classes)[:38], test=tuple(classes)[38:])
    assert learning_amounts([fold], classes) == {1: 4.0, 2: 8.0, 4: 16.0}
