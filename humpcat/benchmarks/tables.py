"""How the benchmarks write figures into the cells of a table; :func:`markdown_table` writes the table."""

from collections.abc import Iterable

from humpcat.evaluation.significance import Difference, p_text
from humpcat.evaluation.table import Figure

NONE = "–"
"""Stands where nothing was measured."""

# A mean of equal figures may miss them by as much.
_ROUNDING = 1e-9


def per_cents(shares: Iterable[float] | None) -> str:
    """Return several scores of one system as per cents, such as accuracy, UAR and macro-F1.

    Args:
        shares: between 0 and 1; None where the system was not measured.

    Example:
        >>> per_cents([0.5, 0.25]), per_cents(None)
        ('50.0 / 25.0', '–')
    """
    return NONE if shares is None else " / ".join(f"{100 * share:.1f}" for share in shares)


def mean_and_spread(figure: Figure | None, *, ends: bool = False) -> str:
    """Return a score in per cent with its spread; a system that was fitted once has none.

    Args:
        figure: the score; None where the system was not measured.
        ends: whether the interval stands beside it.

    Example:
        >>> mean_and_spread(Figure(0.5, 0.01, 0.4, 0.6)), mean_and_spread(Figure(0.5, 0.0, 0.4, 0.6), ends=True)
        ('50.0 ± 1.0', '50.0 [40.0, 60.0]')
    """
    if figure is None:
        return NONE
    spread = figure.sd if figure.sd and figure.sd > _ROUNDING else None
    return str(Figure(figure.mean, spread, figure.low if ends else None, figure.high if ends else None))


def beside(ours: str, theirs: float | None) -> str:
    """Return what was measured, and in brackets what a paper printed, where it printed anything.

    Example:
        >>> beside("61.0", 62.91), beside("61.0", None)
        ('61.0 (62.91)', '61.0')
    """
    return ours if theirs is None else f"{ours} ({theirs:.2f})"


def difference(one: Difference | None) -> str:
    """Return a difference in points with its interval and p, bold where it is significant.

    Args:
        one: the difference of one score; None where not both systems were measured.
    """
    if one is None:
        return NONE
    text = f"{one.points}, {p_text(one.p_holm)}"
    return f"**{text}**" if one.significant else text


def number(value: float | None) -> str:
    """Return a figure as a paper prints it.

    Example:
        >>> number(0.5), number(None)
        ('0.50', '–')
    """
    return NONE if value is None else f"{value:.2f}"
