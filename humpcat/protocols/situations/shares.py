"""Unequal shares of the classes: each test speaker's are drawn from a Dirichlet distribution."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from humpcat.protocols.situations.base import Row, Situation, unlabelled_by_speaker, without
from humpcat.protocols.split import Split

FEWEST = 4
"""Clips that a speaker keeps at least, as far as there are so many."""

ALPHAS = (1.0, 0.3)
"""Concentrations: with 1 all shares are as likely, with 0.3 most speakers have one or two classes."""


def dirichlet_shares(
    rows: Sequence[Row], classes: Mapping[str, str], split: Split, rng: np.random.Generator, *, alpha: float
) -> Sequence[Row]:
    """Return the rows with as many of each test speaker's clips as have drawn shares of the classes.

    Shares are drawn over the classes that the speaker has clips of.

    Raises:
        ProtocolError: who speaks a test clip is not known.
    """
    gone: set[str] = set()
    for own in unlabelled_by_speaker(rows, split, _name(alpha)).values():
        by_class: dict[str, list[str]] = {}
        for row in own:
            by_class.setdefault(classes[row["id"]], []).append(row["id"])
        names = sorted(by_class)
        shares = rng.dirichlet([alpha] * len(names))
        kept = whole_clips(shares, [len(by_class[name]) for name in names])
        for name, count in zip(names, kept, strict=True):
            ids = by_class[name]
            gone |= {ids[place] for place in rng.permutation(len(ids))[count:]}
    return without(rows, gone)


def whole_clips(shares: npt.NDArray[np.float64], there: Sequence[int], fewest: int = FEWEST) -> list[int]:
    """Return how many clips of each class make the largest set of given shares that there are clips for.

    A set of n clips has the given shares as nearly as whole clips allow if it is dealt by largest remainders. Where
    there are too few clips for a set of ``fewest``, what lacks is taken from the classes of the largest shares that
    have clips left.

    Args:
        shares: shares of the classes, which add up to 1.
        there: clips of each class.
        fewest: smallest set.

    Example:
        >>> whole_clips(np.array([0.5, 0.5]), [3, 10]), whole_clips(np.array([0.9, 0.1]), [2, 10])
        ([3, 3], [2, 2])
    """
    for size in range(sum(there), fewest - 1, -1):
        dealt = _dealt(shares, size)
        if all(count <= most for count, most in zip(dealt, there, strict=True)):
            return dealt
    size = min(fewest, sum(there))
    found = [min(count, most) for count, most in zip(_dealt(shares, size), there, strict=True)]
    for place in np.argsort(-shares, kind="stable").tolist():
        found[place] += min(there[place] - found[place], size - sum(found))
    return found


def _dealt(shares: npt.NDArray[np.float64], size: int) -> list[int]:
    """Deal a number of clips by largest remainders; of equal ones the first class goes first."""
    wanted = shares * size
    dealt = np.floor(wanted).astype(int)
    rest = np.argsort(dealt - wanted, kind="stable")[: size - int(dealt.sum())]
    dealt[rest] += 1
    found: list[int] = dealt.tolist()
    return found


def _name(alpha: float) -> str:
    return f"shares-dirichlet-{alpha:g}"


EXPORT = tuple(
    Situation(
        _name(alpha),
        f"each test speaker's shares of the classes are drawn from Dirichlet({alpha:g})",
        partial(dirichlet_shares, alpha=alpha),
    )
    for alpha in ALPHAS
)
