"""Settings of a configuration that are misspelt, which transformers would keep as attributes that nobody reads."""

from collections.abc import Iterable

from transformers import PreTrainedConfig

from humpcat.keywords import keywords_of, likeness, nearest, refuse_unknown

_MISSPELT = 0.8
"""Likeness from which an unknown setting is a known one misspelt; others are remarks of somebody else's."""


def refuse_misspelt(configuration: type[PreTrainedConfig], further: Iterable[str]) -> None:
    """Refuse a setting that is nearly one of a configuration's own.

    Args:
        configuration: the configuration's class.
        further: settings beside its own, which transformers or anybody else may know.

    Raises:
        KeywordError: one is a misspelt one of its own.
    """
    own = keywords_of(configuration)
    theirs = {*vars(PreTrainedConfig()), *keywords_of(PreTrainedConfig)}
    for name in further:
        if name not in theirs and likeness(name, nearest(name, own)) >= _MISSPELT:
            refuse_unknown(configuration.__name__, [name], own)
