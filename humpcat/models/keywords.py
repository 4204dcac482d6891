"""Settings of configurations and feature extractors that nobody reads, which transformers would keep as attributes."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from transformers import PreTrainedConfig

from humpcat.keywords import keywords_of, likeness, nearest, refuse_unknown

_MISSPELT = 0.8
"""Likeness from which an unknown setting is a known one misspelt; others are remarks of somebody else's."""

_THEIRS = frozenset(
    {
        *vars(PreTrainedConfig()),
        *keywords_of(PreTrainedConfig),
        *("attn_implementation", "auto_map", "experts_implementation", "model_type", "name_or_path", "num_labels"),
        *("output_attentions", "torch_dtype"),
    }
)
"""What transformers itself reads of a configuration, whatever its model."""


def refuse_strange(configuration: type[PreTrainedConfig], further: Iterable[str]) -> None:
    """Refuse settings that a configuration was given in code, and that neither it nor transformers reads.

    Args:
        configuration: the configuration's class.
        further: settings beside its own.

    Raises:
        KeywordError: one is read by nobody; the sentence names the nearest.
    """
    strange = [name for name in further if name not in _THEIRS and not name.startswith("_")]
    refuse_unknown(configuration.__name__, strange, keywords_of(configuration))


def without_remarks(
    kind: type, settings: Mapping[str, Any], theirs: Collection[str] = _THEIRS
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part what a file holds into settings, and remarks that somebody else put there.

    Args:
        kind: class of the configuration or feature extractor.
        settings: what the file holds.
        theirs: what transformers reads of it.

    Returns:
        Settings and remarks.

    Raises:
        KeywordError: what would be a remark is nearly a setting.
    """
    own = keywords_of(kind)
    remarks = {
        name: value
        for name, value in settings.items()
        if name not in own and name not in theirs and not name.startswith("_")
    }
    for name in remarks:
        if likeness(name, nearest(name, own)) >= _MISSPELT:
            refuse_unknown(kind.__name__, [name], own)
    return {name: value for name, value in settings.items() if name not in remarks}, remarks


def with_remarks(made: Any, remarks: Mapping[str, Any]) -> Any:
    """Put remarks back on what was made of the settings beside them, so that they are saved again.

    Args:
        made: a configuration or feature extractor, or a tuple that begins with one.
        remarks: as :func:`without_remarks` gives them.
    """
    for name, value in remarks.items():
        setattr(made[0] if isinstance(made, tuple) else made, name, value)
    return made
