import pytest
import torch

from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.new_head import remembered, shared_note, with_classes
from humpcat.training.linear_branch import remember_source

from .data.test_examples import LAYERS, WIDTH
from .test_linear_branch import part

CLASSES = ["e", "c", "a"]


def test_what_both_know_is_kept_and_the_rest_of_the_head_is_neutral(model: HumpCatForAudioClassification) -> None:
    with torch.no_grad():
        model.classifier.bias.copy_(torch.arange(4.0))
    remember_source(model, part([0, 1, 2, 3] * 10, "source", 0))
    other = with_classes(model, CLASSES)
    assert list(other.config.label2id) == CLASSES
    assert other.config.id2label == dict(enumerate(CLASSES))
    assert other.classifier.bias.tolist() == [1.0, 2.0, 0.0]
    assert torch.equal(other.classifier.weight[1:], model.classifier.weight[[2, 0]])
    assert torch.equal(other.classifier.weight[0], model.classifier.weight[[2, 0]].mean(0))
    assert other.summary is not None
    assert model.summary is not None
    assert torch.equal(other.summary.weight[2], model.summary.weight[0])
    assert remembered(other).known.tolist() == [False, True, True]
    assert (remembered(other).solution[1] == remembered(model).solution[2]).all()
    assert torch.equal(other.norm.weight, model.norm.weight)
    assert list(model.config.label2id) == list("abcd"), "the source does not change"


def test_no_class_in_common(model: HumpCatForAudioClassification) -> None:
    remember_source(model, part([0, 1, 2, 3] * 10, "source", 0))
    other = with_classes(model, ["x", "y"])
    assert not other.classifier.weight.any()
    assert not remembered(other).known.any()
    assert shared_note("abcd", ["x", "y"]).startswith("the head is new and shares no class with the source, which ")


@pytest.mark.parametrize("classifier", ["linear", "cosine"])
def test_a_model_without_summary_and_memory(classifier: str) -> None:
    plain = HumpCatForAudioClassification(
        HumpCatConfig(
            encoder_width=WIDTH,
            encoder_layers=range(LAYERS),
            hidden_size=8,
            heads=2,
            statistics=False,
            classifier=classifier,
            label2id={"a": 0, "b": 1},
        )
    )
    other = with_classes(plain, ["b", "c", "d"])
    assert torch.equal(other.classifier.weight[0], plain.classifier.weight[1])
    assert other.summary is None
    assert other.memory_factor is None
