"""A setting that would do nothing is an error, which says where it does something."""

from pathlib import Path
from typing import Any

import pytest

import humpcat
from humpcat.errors import ProtocolError, SettingsError
from humpcat.models.humpcat.scopes import CLOSED_FORM as CLOSED_FORM_SCOPES
from humpcat.models.humpcat.scopes import SCOPES
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.idle import NOT_DISTILLED, TARGET_RULES, require_effect
from humpcat.training.settings import AdaptationSettings, TargetDataSettings, TargetSettings

from .making import World, finetune, train

GRADIENTS = {
    **{"epochs": 9, "batch_size": 9, "accumulation": 9, "learning_rate": 0.1, "weight_decay": 0.9},
    **{"label_smoothing": 0.9, "balanced": False, "mask": 0.9, "averaging": 0.9, "patience": 9},
    "loss": "cross-entropy",
}
CLOSED_FORM = (
    "does nothing with --scope summary, which is fitted in closed form (distilled, all, biases and head take gradient "
    "steps): leave it out."
)


def check(*, scope: str = "summary", data: dict | None = None, target: dict | None = None, **optimization) -> None:
    require_effect(
        TARGET_RULES,
        TargetSettings(**{"corpus": "emodb", **(target or {})}),
        TargetDataSettings(**(data or {})),
        AdaptationSettings(scope=scope, **optimization),
    )


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_setting_that_the_scope_does_not_use_is_refused(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check(**{name: GRADIENTS[name]})
    assert str(caught.value) == f"--{name.replace('_', '-')} {GRADIENTS[name]}: {CLOSED_FORM}"


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if scope not in CLOSED_FORM_SCOPES])
def test_the_other_scopes_take_them_all(scope: str) -> None:
    check(scope=scope, target={"steps_per_epoch": 7, "source_per_batch": 7}, **GRADIENTS)


def test_an_alignment_takes_them_too() -> None:
    check(scope="all", align="mmd", align_weight=2.0, **GRADIENTS)
    with pytest.raises(SettingsError, match=r"--align-weight 2\.0: does nothing with --align none: leave it out"):
        check(align_weight=2.0)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"steps_per_epoch": 7}, f"--steps-per-epoch 7: {CLOSED_FORM}"),
        (
            {"source_per_batch": 7},
            "--source-per-batch 7: does nothing with --scope summary or distilled, where no source clip is in a "
            "batch: leave it out.",
        ),
        ({"shots": 7}, "--shots 7: does nothing with --protocol speakers or clips: leave it out."),
        ({"splits": ["a.json"], "share": 0.3}, "--share 0.3: does nothing with --splits: leave it out."),
        ({"splits": ["a.json"], "draws": 2}, "--draws 2: does nothing with --splits: leave it out."),
        ({"splits": ["a.json"], "protocol": "clips"}, "--protocol clips: does nothing with --splits: leave it out."),
        (
            {"normalization": "source", "self_training": False},
            "--self-training False: does nothing with --normalization source, where no clip is used without its "
            "label: leave it out.",
        ),
    ],
)
def test_settings_of_batches_protocol_and_standardisation(target: dict, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check(target=target)
    assert str(caught.value) == said


def test_no_source_clip_at_all_is_understood_by_every_scope() -> None:
    check(target={"source_per_batch": 0, "protocol": "shots", "shots": 7})


def test_how_to_read_data_of_ones_own_is_for_data_of_ones_own() -> None:
    with pytest.raises(SettingsError, match="--speaker-level 1: does nothing with registered corpora"):
        check(data={"speaker_level": 1})
    check(data={"speaker_level": 1}, target={"corpus": "my/clips"})
    with pytest.raises(SettingsError, match="--data-dir corpora: does nothing with --toy, which brings its own"):
        check(data={"toy": True, "data_dir": "corpora"})


def test_nothing_reads_ahead_where_nothing_is_fitted_by_steps() -> None:
    check(workers=2)
    with pytest.raises(SettingsError, match="--workers 2: does nothing with --scope summary and --baseline false"):
        check(workers=2, target={"baseline": False})


def test_the_functions_of_notebooks_refuse_them_too(world: World, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--speaker-level 1: does nothing with registered corpora"):
        humpcat.adapt("emodb", out=tmp_path / "out", source=world.source, speaker_level=1)
    with pytest.raises(SettingsError, match="--labels a=anger: does nothing with registered corpora"):
        humpcat.evaluate("emodb", model=world.source, labels=["a=anger"])
    with pytest.raises(SettingsError, match="--data-dir corpora: does nothing with data of your own"):
        humpcat.evaluate(tmp_path, model=world.source, data_dir="corpora")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("recipe", [train, finetune])
def test_a_folder_that_cannot_be_made_is_refused_before_any_work(
    recipe: Any, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(PreparedCorpus, "__init__", lambda *_: pytest.fail("no clip is to be read"))
    with pytest.raises(SettingsError) as caught:
        recipe(world, tmp_path / "file/out")
    assert str(caught.value) == (
        f"out {tmp_path}/file/out: cannot be written to (Not a directory): name another folder."
    )


def test_splits_and_settings_of_a_resumed_run_are_read_before_any_work(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PreparedCorpus, "__init__", lambda *_: pytest.fail("no clip is to be read"))
    with pytest.raises(ProtocolError, match=r"none\.json: no such file"):
        finetune(world, tmp_path / "out", splits=[str(tmp_path / "none.json")])
    with pytest.raises(SettingsError, match="was begun with seed 0, now 1: resume with the same settings"):
        finetune(world, world.target, resume=True, optimization={"seed": 1})


def test_rules_name_real_settings() -> None:
    known = {
        name for kind in (AdaptationSettings, TargetSettings, TargetDataSettings) for name in kind.__dataclass_fields__
    }
    assert {name for rule in TARGET_RULES for name in rule.names} <= known


def test_distillation_takes_steps_and_has_a_loss_of_its_own() -> None:
    taken = {name: value for name, value in GRADIENTS.items() if name not in NOT_DISTILLED}
    check(scope="distilled", target={"steps_per_epoch": 7, "baseline": False}, **taken)
    for name in NOT_DISTILLED:
        with pytest.raises(
            SettingsError, match="with --scope distilled and --baseline false, where the fusion learns"
        ):
            check(scope="distilled", target={"baseline": False}, **{name: GRADIENTS[name]})
