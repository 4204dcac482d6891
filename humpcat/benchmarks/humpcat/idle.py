"""Where settings of the benchmark of HuMP-CAT do nothing."""

from typing import Any

from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.protocols.situations import SITUATIONS
from humpcat.training.idle import GRADIENTS, Idle, in_closed_form
from humpcat.training.settings import NO_ALIGNMENT


def _without_steps(settings: Any) -> bool:
    return in_closed_form(settings) and not any(SYSTEMS[name].gradients for name in settings.systems)


def _in_no_mode(settings: Any) -> bool:
    """Whether a situation changes nothing in all modes that are asked for."""
    return any(set(settings.modes).isdisjoint(SITUATIONS[name].modes) for name in settings.situations)


RULES = (
    Idle(("data_dir",), "with --toy, which brings its own", lambda settings: settings.toy),
    Idle(GRADIENTS, "with --scope summary and without a system that takes gradient steps", _without_steps),
    Idle(("align_weight",), "with --align none", lambda settings: settings.align == NO_ALIGNMENT),
    Idle(
        ("self_training",),
        "with --modes source alone, where no clip is used without its label",
        lambda settings: set(settings.modes) == {"source"},
    ),
    Idle(("situations",), "with these --modes, none of which uses what is otherwise in one of them", _in_no_mode),
)
"""Where settings of the benchmark do nothing; the scope has its name already."""
