"""Whether the settings of a configuration are numbers of the kind and size that a network can be built from.

A configuration comes from a file that anyone may have written: a wrong value is refused in one sentence before memory
is asked for it.
"""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

from humpcat.errors import SettingsError


def whole_number(name: str, value: Any, least: int, most: int) -> None:
    """Refuse what is not a whole number in a range.

    Args:
        name: of the setting.
        value: what was found.
        least: smallest value allowed.
        most: largest value allowed.

    Raises:
        SettingsError: it is something else.

    Example:
        >>> whole_number("heads", 0, 1, 64)
        Traceback (most recent call last):
        humpcat.errors.SettingsError: heads 0: expected a whole number from 1 to 64.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise SettingsError(f"{name} {_shown(value)}: expected a whole number from {least} to {most}.")


def number(name: str, value: Any, least: float, below: float) -> None:
    """Refuse what is not a finite number in a range.

    Args:
        name: of the setting.
        value: what was found.
        least: smallest value allowed.
        below: bound that the value stays below.

    Raises:
        SettingsError: it is something else.

    Example:
        >>> number("dropout", 5, 0, 1)
        Traceback (most recent call last):
        humpcat.errors.SettingsError: dropout 5: expected a number of at least 0 and below 1.
    """
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not real or not math.isfinite(value) or not least <= value < below:
        raise SettingsError(f"{name} {_shown(value)}: expected a number of at least {least:g} and below {below:g}.")


def whole_numbers(name: str, values: Any, least: int, most: int) -> None:
    """Refuse what is not a list of different whole numbers in a range.

    Args:
        name: of the setting.
        values: what was found.
        least: smallest value allowed.
        most: largest value allowed.

    Raises:
        SettingsError: it is something else, or empty.

    Example:
        >>> whole_numbers("encoder_layers", [4, -1], 0, 128)
        Traceback (most recent call last):
        humpcat.errors.SettingsError: encoder_layers -1: expected a whole number from 0 to 128.
    """
    if not isinstance(values, Sequence) or isinstance(values, str) or not values or len(values) > most + 1:
        raise SettingsError(f"{name} {_shown(values)}: expected a list of whole numbers from {least} to {most}.")
    for value in values:
        whole_number(name, value, least, most)
    if len(set(values)) < len(values):
        raise SettingsError(f"{name} {_shown(values)}: expected each number once.")


def text(name: str, value: Any) -> None:
    """Refuse what is not a text that is not empty.

    Args:
        name: of the setting.
        value: what was found.

    Raises:
        SettingsError: it is something else.
    """
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{name} {_shown(value)}: expected a name.")


def flag(name: str, value: Any) -> None:
    """Refuse what is neither true nor false.

    Args:
        name: of the setting.
        value: what was found.

    Raises:
        SettingsError: it is something else.
    """
    if not isinstance(value, bool):
        raise SettingsError(f"{name} {_shown(value)}: expected true or false.")


def _shown(value: Any) -> str:
    # What a file holds may be as long as it likes.
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
