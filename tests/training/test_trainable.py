import pytest
import torch

from humpcat.errors import SettingsError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.scopes import keep_to_scope
from humpcat.training.trainable import chosen_scope


def trained(scope: str) -> set[str]:
    model = HumpCatForAudioClassification(HumpCatConfig(encoder_width=8, encoder_layers=[0], hidden_size=8, heads=2))
    keep_to_scope(model, scope)
    return {name for name, weight in model.named_parameters() if weight.requires_grad}


def test_each_scope_trains_more_than_the_one_before() -> None:
    nothing, head, biases, everything = (trained(name) for name in ("summary", "head", "biases", "all"))
    assert nothing == set()
    assert head == {"classifier.weight", "classifier.bias"}
    assert head < biases < everything
    assert {"norm.weight", "mfcc_stream.forth.0.bias_ih_l0", "encoder_cat.back.0.attention.in_proj_bias"} < biases
    assert not [name for name in biases if "weight" in name and "norm" not in name and "classifier" not in name]


def test_what_was_frozen_stays_frozen() -> None:
    model = HumpCatForAudioClassification(HumpCatConfig(encoder_width=8, encoder_layers=[0], hidden_size=8, heads=2))
    model.stem.requires_grad_(False)
    keep_to_scope(model, "all")
    assert not any(weight.requires_grad for weight in model.stem.parameters())
    assert torch.is_tensor(model.classifier.weight)
    assert model.classifier.weight.requires_grad


def test_an_unknown_scope() -> None:
    with pytest.raises(SettingsError) as caught:
        chosen_scope("adapters", HumpCatConfig())
    assert str(caught.value) == "--scope adapters is unknown: choose one of all, biases, head, summary, distilled."


def test_the_default_is_the_summary_where_there_is_one() -> None:
    plain, paper = HumpCatConfig(), HumpCatConfig(statistics=False)
    assert [chosen_scope(None, config) for config in (plain, paper)] == ["summary", "all"]
    heard = [chosen_scope(None, config, self_training=True) for config in (plain, paper)]
    assert heard == ["distilled", "all"]
    assert chosen_scope("head", plain) == "head"


def test_the_summary_alone_where_there_is_none() -> None:
    with pytest.raises(SettingsError) as caught:
        chosen_scope("summary", HumpCatConfig(statistics=False))
    assert str(caught.value) == (
        "--scope summary: the source model has no linear branch, so nothing would change: choose one of all, biases, "
        "head."
    )


def test_nothing_is_distilled_where_no_clip_is_heard_without_its_label() -> None:
    with pytest.raises(SettingsError, match="--scope distilled where no clip is learnt from without its label"):
        chosen_scope("distilled", HumpCatConfig())
