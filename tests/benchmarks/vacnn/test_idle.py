from typing import Any

import pytest

from humpcat.benchmarks.vacnn.benchmark import BenchmarkSettings
from humpcat.benchmarks.vacnn.idle import RULES
from humpcat.errors import SettingsError
from humpcat.training.idle import require_effect
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings

PURE = "VACNN + BOVW, pure"


def check(*systems: str, valid_share: float = 0.0, **changed: Any) -> None:
    benchmark = BenchmarkSettings(systems=list(systems), valid_share=valid_share)
    network, optimization = PictureSettings(), PictureOptimization()
    for name, value in changed.items():
        setattr(next(part for part in (benchmark, network, optimization) if hasattr(part, name)), name, value)
    require_effect(RULES, benchmark, network, optimization)


@pytest.mark.parametrize(
    ("systems", "used_by", "changed", "where"),
    [
        (["VACNN"], PURE, {"words": [64]}, "--words 64: does nothing without a system that has visual words: leave"),
        (
            ["ResNet"],
            PURE,
            {"pooling": "mean"},
            "--pooling mean: does nothing without a system on VACNN's own",
        ),
        (["VACNN", "MobileNet"], "ResNet", {"resnet": "resnet18"}, "--resnet resnet18: does nothing without a system"),
        (["VACNN"], "MobileNet", {"imagenet": True}, "--imagenet True: does nothing without a pretrained system on a"),
        ([PURE], "VACNN", {"pretraining": ["tess"]}, "--pretraining tess: does nothing without a system that is"),
        ([PURE], "VACNN", {"pretraining_epochs": 3}, "--pretraining-epochs 3: does nothing without a system that is"),
        ([PURE], "VACNN", {"patience": 2}, "--patience 2: does nothing without a pretrained system and with --valid"),
    ],
)
def test_a_setting_that_no_system_looks_at_is_refused(
    systems: list[str], used_by: str, changed: dict[str, Any], where: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{where}"):
        check(*systems, **changed)
    check(*systems, used_by, **changed)
    # Without a name all systems are measured.
    check(**changed)
    check(*systems)


def test_patience_waits_for_whatever_clips_choose_an_epoch() -> None:
    check(PURE, valid_share=0.1, patience=2)
