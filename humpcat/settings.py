"""How a setting is declared: a field of a dataclass with the text that ``--help`` shows and the values it takes.

Whatever a value comes from, a command line, a file or a keyword, it is checked where the dataclass is made: once, and
before any work.
"""

import os
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, field, fields
from numbers import Integral, Real
from typing import Any, Union, get_args, get_origin, get_type_hints

from humpcat.errors import SettingsError
from humpcat.setting_ranges import FINITE, WHOLE, Range, shown


def flag(name: str) -> str:
    """Return how a setting is written on the command line.

    Example:
        >>> flag("tuned_layers")
        '--tuned-layers'
    """
    return "--" + name.replace("_", "-")


def setting(default: Any, text: str, within: Range | None = None) -> Any:
    """Return a dataclass field with the text that ``--help`` shows.

    Args:
        default: the default; a list is copied for each instance.
        text: what the setting does.
        within: which numbers it takes, or each of a list of them; any finite ones by default.
    """
    metadata = {"help": text, "within": within}
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


class Settings:
    """A dataclass of settings, whose values are checked against the types and ranges of its fields.

    Raises:
        SettingsError: a value is of another type or out of range; the sentence names the setting.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Drawing(Settings):
        ...     share: float = setting(0.5, "Share that is drawn.", Range(0, 1))
        >>> Drawing(share=float("nan"))
        Traceback (most recent call last):
        humpcat.errors.SettingsError: --share nan: expected a number from 0 to 1.
    """

    def __post_init__(self) -> None:
        kinds = get_type_hints(type(self))
        for each in fields(self):  # type: ignore[arg-type]
            value = getattr(self, each.name)
            # A default is right, such as an empty text for what a function takes by another keyword.
            if each.default is MISSING or value is not each.default:
                setattr(self, each.name, _checked(each.name, value, kinds[each.name], each.metadata.get("within")))


def require_readable(content: Mapping[str, Any], kinds: Iterable[type]) -> None:
    """Refuse settings, read from a file, that no dataclass which has them would take.

    Args:
        content: settings by their names; what none of the dataclasses has is passed over.
        kinds: dataclasses of settings.

    Raises:
        SettingsError: a value is of another type or out of range.
    """
    faults: dict[str, SettingsError] = {}
    taken: set[str] = set()
    for kind in kinds:
        types_of = get_type_hints(kind)
        for each in fields(kind):
            if each.name in content and each.name not in taken:
                try:
                    _checked(each.name, content[each.name], types_of[each.name], each.metadata.get("within"))
                    taken.add(each.name)
                except SettingsError as error:
                    faults[each.name] = error
    for name in faults.keys() - taken:
        raise faults[name]


def _checked(name: str, value: Any, kind: Any, within: Range | None) -> Any:
    """Return a value as its field's type has it, such as a NumPy number as Python's."""
    choices = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    if value is None and type(None) in choices:
        return None
    kind = next(choice for choice in choices if choice is not type(None))
    if get_origin(kind) is list:
        inner = get_args(kind)[0]
        # One name alone is a list of it.
        values = [value] if isinstance(value, str | os.PathLike) and inner is str else value
        if isinstance(values, str | bytes) or not isinstance(values, Sequence):
            raise SettingsError(f"{flag(name)} {shown(value)}: expected a list of {_PLURALS[inner]}.")
        return [_checked(name, each, inner, within) for each in values]
    return _CHECKS[kind](name, value, within)


def _flag(name: str, value: Any, within: Range | None) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"{flag(name)} {shown(value)}: expected true or false.")
    return value


def _text(name: str, value: Any, within: Range | None) -> str:
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise SettingsError(f"{flag(name)} {shown(value)}: expected a text.")
    if not value or "\0" in value:
        raise SettingsError(f"{flag(name)} {shown(value)}: expected a text that is not empty and holds no NUL.")
    return value


def _whole(name: str, value: Any, within: Range | None) -> int:
    (within or WHOLE).require(flag(name), value)
    return int(value) if isinstance(value, Integral) else value


def _number(name: str, value: Any, within: Range | None) -> float:
    (within or FINITE).require(flag(name), value)
    return float(value) if isinstance(value, Real) else value


_CHECKS = {bool: _flag, str: _text, int: _whole, float: _number}

_PLURALS = {bool: "switches", str: "texts", int: "whole numbers", float: "numbers"}
