import pytest
import torch

from humpcat.errors import SettingsError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.training.settings import AdaptationSettings, TargetSettings
from humpcat.training.trainable import SCOPES, SETTINGS_OF_SCOPE, chosen_scope, keep_to_scope, require_used


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
    assert str(caught.value) == "scope 'adapters' is unknown: choose one of all, biases, head, summary."


def test_the_default_is_the_summary_where_there_is_one() -> None:
    plain, paper = HumpCatConfig(), HumpCatConfig(statistics=False)
    assert [chosen_scope(None, config) for config in (plain, paper)] == ["summary", "all"]
    assert chosen_scope("head", plain) == "head"


def test_the_summary_alone_where_there_is_none() -> None:
    with pytest.raises(SettingsError) as caught:
        chosen_scope("summary", HumpCatConfig(statistics=False))
    assert str(caught.value) == (
        "scope 'summary': the source model has no linear branch, so nothing would change: choose one of all, biases, "
        "head."
    )


CHANGED = {
    **{"epochs": 9, "batch_size": 9, "accumulation": 9, "learning_rate": 0.1, "weight_decay": 0.9},
    **{"label_smoothing": 0.9, "balanced": False, "mask": 0.9, "averaging": 0.9, "patience": 9},
    "loss": "cross-entropy",
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_setting_that_the_scope_does_not_use_is_refused(name: str) -> None:
    for scope in (None, "summary"):
        with pytest.raises(SettingsError) as caught:
            require_used(TargetSettings(lang="de"), AdaptationSettings(scope=scope, **{name: CHANGED[name]}))
        assert str(caught.value) == (
            f"{name} {CHANGED[name]}: is not used with scope 'summary', which is fitted in closed form: leave it out, "
            "or choose --scope among all, biases, head, which use it."
        )
    for scope in ("all", "biases", "head"):
        require_used(TargetSettings(lang="de"), AdaptationSettings(scope=scope, **CHANGED))


def test_an_alignment_uses_them_without_a_scope() -> None:
    require_used(TargetSettings(lang="de"), AdaptationSettings(align="mmd", align_weight=2.0, **CHANGED))
    with pytest.raises(SettingsError, match=r"align_weight 2\.0: is not used with align 'none'"):
        require_used(TargetSettings(lang="de"), AdaptationSettings(align_weight=2.0))


def test_settings_of_batches_and_protocol_are_refused_where_nothing_uses_them() -> None:
    plain = AdaptationSettings()
    for changed, what in (
        ({"steps_per_epoch": 7}, "scope"),
        ({"source_per_batch": 7}, "scope"),
        ({"shots": 7}, "protocol"),
    ):
        with pytest.raises(SettingsError, match=f"{next(iter(changed))} 7: is not used with {what} "):
            require_used(TargetSettings(lang="de", **changed), plain)
    # No source clip at all is something that every scope understands.
    require_used(TargetSettings(lang="de", source_per_batch=0, protocol="shots", shots=7), plain)


def test_the_table_knows_every_scope_and_names_real_settings() -> None:
    assert list(SETTINGS_OF_SCOPE) == list(SCOPES)
    known = {*AdaptationSettings.__dataclass_fields__, *TargetSettings.__dataclass_fields__}
    assert {name for names in SETTINGS_OF_SCOPE.values() for name in names} <= known
