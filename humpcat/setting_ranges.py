"""Whether a setting is a number of the kind and size that can be used.

It comes from a command line, or from a file that anyone may have written: a wrong value is refused in one sentence,
before any work and before memory is asked for it.
"""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from humpcat.errors import SettingsError


@dataclass(frozen=True)
class Range:
    """The finite numbers that a setting takes.

    Attributes:
        least: smallest value.
        most: largest value.
        above: whether the smallest is itself too small.
        below: whether the largest is itself too large.
        whole: whether only whole numbers are taken.
    """

    least: float
    most: float
    above: bool = False
    below: bool = False
    whole: bool = False

    def require(self, name: str, value: Any) -> None:
        """Refuse what is not such a number.

        Args:
            name: of the setting.
            value: what was found.

        Raises:
            SettingsError: it is something else.

        Example:
            >>> Range(0, 1, above=True).require("--decay", -1)
            Traceback (most recent call last):
            humpcat.errors.SettingsError: --decay -1: expected a number above 0 and up to 1.
        """
        if not self.holds(value):
            raise SettingsError(f"{name} {shown(value)}: expected {self}.")

    def holds(self, value: Any) -> bool:
        """Return whether a value is such a number.

        Args:
            value: anything.
        """
        if isinstance(value, bool) or not isinstance(value, Integral if self.whole else Real):
            return False
        # NaN compares to nothing, and a whole number may be too large for a float: it is compared as it is.
        found: Any = value
        low = found > self.least if self.above else found >= self.least
        high = found < self.most if self.below else found <= self.most
        return bool(low and high and abs(found) != math.inf)

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        least, most = (f"{end:.0f}" if float(end).is_integer() else f"{end:g}" for end in (self.least, self.most))
        if math.isinf(self.least):
            return f"{kind} that is finite" if not self.whole else kind
        if not self.above and not self.below:
            return f"{kind} from {least} to {most}" if math.isfinite(self.most) else f"{kind} from {least}"
        if not self.above:
            return f"{kind} of at least {least} and below {most}"
        if math.isinf(self.most):
            return f"{kind} above {least}"
        return f"{kind} above {least} and {'below' if self.below else 'up to'} {most}"


def from_to(least: int, most: int) -> Range:
    """Return the whole numbers from one to another.

    Args:
        least: smallest value.
        most: largest value.

    Example:
        >>> str(from_to(1, 64))
        'a whole number from 1 to 64'
    """
    return Range(least, most, whole=True)


def number_in(within: Range) -> Callable[[str], float]:
    """Return what ``argparse`` takes for a type: numbers of a range, and nothing else.

    Args:
        within: the range.

    Example:
        >>> parser = argparse.ArgumentParser(exit_on_error=False)
        >>> _ = parser.add_argument("--draws", type=number_in(Range(1, 9, whole=True)))
        >>> parser.parse_args(["--draws", "3"]).draws
        3
        >>> parser.parse_args(["--draws", "0"])
        Traceback (most recent call last):
        argparse.ArgumentError: argument --draws: found 0, expected a whole number from 1 to 9
    """

    def number(text: str) -> float:
        try:
            value = int(text) if within.whole else float(text)
        except ValueError:
            value = None
        if value is None or not within.holds(value):
            raise argparse.ArgumentTypeError(f"found {text[:60]}, expected {within}")
        return value

    return number


FINITE = Range(-math.inf, math.inf)
WHOLE = Range(-math.inf, math.inf, whole=True)

SEEDS = from_to(0, 2**32 - 1)
"""What NumPy, scikit-learn and torch all take for a seed."""

COUNTS = from_to(1, 10**9)
"""How often something is done, or how many there are of it."""

RESAMPLES = from_to(1, 10**7)
"""How often something is resampled or swapped."""

LEVELS = from_to(1, 1000)
"""Levels of folders; 1 is the first below the root."""

SHARES = Range(0, 1)
"""Shares, nothing and all among them."""

PARTS = Range(0, 1, above=True, below=True)
"""Shares that leave something on either side."""

BELOW_ONE = Range(0, 1, below=True)
"""Shares that leave something."""


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
    from_to(least, most).require(name, value)


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
    Range(least, below, below=True).require(name, value)


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
        raise SettingsError(f"{name} {shown(values)}: expected a list of whole numbers from {least} to {most}.")
    for value in values:
        whole_number(name, value, least, most)
    if len(set(values)) < len(values):
        raise SettingsError(f"{name} {shown(values)}: expected each number once.")


def text(name: str, value: Any) -> None:
    """Refuse what is not a text that is not empty.

    Args:
        name: of the setting.
        value: what was found.

    Raises:
        SettingsError: it is something else.
    """
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{name} {shown(value)}: expected a name.")


def flag(name: str, value: Any) -> None:
    """Refuse what is neither true nor false.

    Args:
        name: of the setting.
        value: what was found.

    Raises:
        SettingsError: it is something else.
    """
    if not isinstance(value, bool):
        raise SettingsError(f"{name} {shown(value)}: expected true or false.")


def shown(value: Any) -> str:
    """Return a value as a sentence shows it: what a file or a command holds may be as long as it likes.

    Args:
        value: anything.

    Example:
        >>> shown(-1), shown("x" * 100)[-6:]
        ('-1', 'xxx...')
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        # Python writes no whole number of more than some thousand digits.
        text = f"of type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
