"""The fusion learns what it is told of clips without labels, and nothing else of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.self_training.ridge import UNLABELLED
from humpcat.training.fusion_student import FusionStudent
from humpcat.training.linear_branch import fit_summary
from humpcat.training.settings import AdaptationSettings
from humpcat.training.trainer.loop import branch_logits

from .test_linear_branch import part

SETTINGS = AdaptationSettings(epochs=4, batch_size=8, learning_rate=1e-2)


def told(model: HumpCatForAudioClassification, labelled: int) -> tuple[float, float]:
    """Return how many clips without labels the fusion answers as it was told, before and after it learnt."""
    labels = [0, 1, 2, 3] * 8
    clips, accelerator = part(labels, "p", 0), Accelerator(cpu=True)
    fit_summary(model, clips)
    answers = 6.0 * np.eye(4)[labels]
    known = replace(clips, ids=clips.ids[:labelled], labels=labels[:labelled], lengths=clips.lengths[:labelled])
    rest = replace(
        clips, ids=clips.ids[labelled:], labels=[UNLABELLED] * (32 - labelled), lengths=[1.0] * (32 - labelled)
    )

    def share() -> float:
        return float((branch_logits(model, rest, accelerator)[0].argmax(1) == labels[labelled:]).mean())

    before = share()
    FusionStudent(accelerator, SETTINGS, 20).learn(model, known, rest, answers[labelled:])
    return before, share()


@pytest.mark.parametrize("labelled", [0, 8])
def test_it_answers_as_it_was_told(labelled: int, model: HumpCatForAudioClassification) -> None:
    before, after = told(model, labelled)
    assert before < 0.6
    assert after > 0.9


def test_both_branches_have_the_same_say(model: HumpCatForAudioClassification) -> None:
    told(model, 8)
    clips = part([0, 1, 2, 3] * 8, "p", 0)
    fusion, summary = (
        logits - logits.mean(axis=1, keepdims=True) for logits in branch_logits(model, clips, Accelerator(cpu=True))
    )
    weights = model.branch_weights.tolist()
    assert weights[0] * np.sqrt((fusion**2).mean()) == pytest.approx(
        weights[1] * np.sqrt((summary**2).mean()), rel=1e-4
    )


def test_the_summary_and_what_standardises_stay(model: HumpCatForAudioClassification) -> None:
    fit_summary(model, part([0, 1, 2, 3] * 8, "p", 0))
    assert model.summary is not None
    weight, held = model.summary.weight.clone(), model.standardizer.held()
    told(model, 8)
    assert torch.equal(model.summary.weight, weight)
    assert all(torch.equal(model.standardizer.held()[name], value) for name, value in held.items())
