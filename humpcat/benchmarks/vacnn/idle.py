"""Where settings of the benchmark of VACNN do nothing, because no system that was asked for looks at them."""

from collections.abc import Callable
from typing import Any

from humpcat.benchmarks.vacnn.systems import systems_named
from humpcat.models.vacnn.configuration import VACNN
from humpcat.training.idle import Idle
from humpcat.training.vacnn.systems import PictureSystem

TIMM = ("resnet", "mobilenet", "inception")
"""The settings that name networks of timm."""


def _none(is_one: Callable[[PictureSystem], bool]) -> Callable[[Any], bool]:
    """Return whether none of the systems that are asked for is one of a kind."""
    return lambda settings: not any(map(is_one, systems_named(settings.systems)))


def _none_on(backbone: str) -> Callable[[Any], bool]:
    return _none(lambda system: system.backbone == backbone)


_none_pretrained = _none(lambda system: system.pretrained)

RULES = (
    Idle(("words",), "without a system that has visual words", _none(lambda system: system.bovw)),
    Idle(("pooling", "embedding_norm"), "without a system on VACNN's own network", _none_on(VACNN)),
    *(
        Idle((name,), "without a system on that network", _none_on(name))
        for name in ("resnet", "mobilenet", "inception")
    ),
    Idle(
        ("imagenet",),
        "without a pretrained system on a network of timm",
        _none(lambda system: system.pretrained and system.backbone != VACNN),
    ),
    Idle(
        ("pretraining", "pretraining_epochs", "pretraining_learning_rate"),
        "without a system that is pretrained",
        _none_pretrained,
    ),
    Idle(
        ("patience",),
        "without a pretrained system and with --valid-share 0, where no clip chooses an epoch",
        lambda settings: not settings.valid_share and _none_pretrained(settings),
    ),
)
"""Where settings of :func:`humpcat.benchmarks.vacnn.benchmark.measure` do nothing."""
