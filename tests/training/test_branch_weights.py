import numpy as np
import pytest
import torch
from accelerate import Accelerator
from scipy.special import softmax
from torch.nn.functional import cross_entropy

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.self_training.branch_weights import FUSION_SHARE, MOST_WEIGHT, likeliest_scale
from humpcat.training.calibration import weigh_branches
from humpcat.training.data.examples import ClipDataset
from humpcat.training.linear_branch import fit_summary
from humpcat.training.trainer.loop import branch_logits

from .data.test_examples import InMemory
from .test_linear_branch import part


def test_a_branch_that_helps_counts_and_one_that_does_not_counts_for_nothing(
    model: HumpCatForAudioClassification,
) -> None:
    learnt, unheard = part([0, 1, 2, 3] * 10, "learnt", 0), part([0, 1, 2, 3] * 10, "unheard", 50)
    fit_summary(model, learnt)
    with torch.no_grad():
        # A fusion that is sure of the first class whatever it hears.
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([20.0, 0, 0, 0]))
    weigh_branches(model, unheard, Accelerator(cpu=True))
    fusion, summary = model.branch_weights.tolist()
    assert fusion < 0.01
    assert summary > 0.1


def test_the_weights_are_those_of_the_greatest_likelihood(model: HumpCatForAudioClassification) -> None:
    learnt, clips = part([0, 1, 2, 3] * 6, "learnt", 0), part([0, 1, 1, 3], "unheard", 50)
    fit_summary(model, learnt)
    accelerator = Accelerator(cpu=True)
    weigh_branches(model, clips, accelerator)

    fusion, summary = branch_logits(model, clips, accelerator)

    def loss(weights: list[float]) -> float:
        logits = torch.from_numpy(weights[0] * fusion + weights[1] * summary)
        return cross_entropy(logits, torch.tensor(clips.labels)).item()

    best = model.branch_weights.tolist()
    for step in ([0.05, 0], [-0.05, 0], [0, 0.05], [0, -0.05]):
        tried = [min(MOST_WEIGHT, max(0.0, weight + change)) for weight, change in zip(best, step, strict=True)]
        assert loss(best) <= loss(tried) + 1e-5


def test_without_validation_clips_the_weights_stay(model: HumpCatForAudioClassification) -> None:
    weigh_branches(model, ClipDataset((), (), (), InMemory({}), {}, {}), Accelerator(cpu=True))
    assert model.branch_weights.tolist() == [1.0, 1.0]


def test_the_scale_is_the_most_likely_and_the_ratio_is_kept() -> None:
    labels = np.arange(400) % 4
    # Three of four are right, whatever the logits' size.
    logits = 20 * np.eye(4)[np.where(np.arange(400) % 16 < 4, (labels + 1) % 4, labels)]
    fusion, summary = likeliest_scale(logits, logits, labels)
    assert fusion / summary == pytest.approx(FUSION_SHARE)
    assert softmax((fusion + summary) * logits, axis=1).max() == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("n", [8, 40])
def test_clips_that_are_all_right_do_not_make_it_certain(n: int) -> None:
    labels = np.arange(n) % 4
    logits = 50 * np.eye(4)[labels]
    fusion, summary = likeliest_scale(logits, logits, labels)
    assert softmax((fusion + summary) * logits, axis=1).max() == pytest.approx(1 - 1 / (n + 2), abs=1e-3)
    assert fusion < summary < MOST_WEIGHT


def test_without_any_answer_the_scale_is_one() -> None:
    nothing = np.empty((0, 4))
    assert likeliest_scale(nothing, nothing, np.empty(0, np.int64)).tolist() == [FUSION_SHARE, 1.0]
