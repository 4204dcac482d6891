from typing import Any

import pytest

from humpcat.benchmarks.humpcat.idle import RULES
from humpcat.benchmarks.humpcat.settings import AdaptingSettings, BenchmarkSettings
from humpcat.errors import SettingsError
from humpcat.training.idle import require_effect
from humpcat.training.settings import AdaptationSettings, TargetDataSettings

NO_STEPS = ["humpcat", "probe"]


def check(systems: list[str], modes: list[str] | None = None, **changed: Any) -> None:
    benchmark = BenchmarkSettings(systems=systems, modes=modes or ["source", "corpus"])
    parts = benchmark, AdaptingSettings(), TargetDataSettings(), AdaptationSettings(scope="summary")
    for name, value in changed.items():
        setattr(next(part for part in parts if hasattr(part, name)), name, value)
    require_effect(RULES, *parts)


@pytest.mark.parametrize(("name", "value"), [("epochs", 9), ("learning_rate", 0.1), ("steps_per_epoch", 3)])
def test_settings_of_gradient_steps_that_nobody_takes_are_refused(name: str, value: float) -> None:
    with pytest.raises(SettingsError, match=f"{value}: does nothing with --scope summary and without a system that"):
        check(NO_STEPS, **{name: value})
    check([*NO_STEPS, "target-only"], **{name: value})
    check(NO_STEPS, scope="biases", **{name: value})
    check(NO_STEPS, align="mmd", **{name: value})


def test_what_the_modes_or_the_alignment_do_not_use_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^--self-training False: does nothing with --modes source alone"):
        check(NO_STEPS, ["source"], self_training=False)
    check(NO_STEPS, self_training=False)
    with pytest.raises(SettingsError, match=r"^--align-weight 2\.0: does nothing with --align none"):
        check(NO_STEPS, align_weight=2.0)
    check(NO_STEPS, align="mmd", align_weight=2.0)
