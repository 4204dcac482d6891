"""Few clips a test speaker, drawn without a look at what class they are of."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from humpcat.protocols.situations.base import Row, Situation, unlabelled_by_speaker, without
from humpcat.protocols.split import Split

AMOUNTS = (5, 10, 25)
"""Clips a speaker."""


def few_clips(
    rows: Sequence[Row], classes: Mapping[str, str], split: Split, rng: np.random.Generator, *, count: int
) -> Sequence[Row]:
    """Return the rows with so many of each test speaker's clips without labels, all of one who has no more.

    The clips of a smaller number are among those of a larger one of the same seed.

    Raises:
        ProtocolError: who speaks a test clip is not known.
    """
    gone: set[str] = set()
    for own in unlabelled_by_speaker(rows, split, f"clips-{count}").values():
        gone |= {own[place]["id"] for place in rng.permutation(len(own))[count:]}
    return without(rows, gone)


EXPORT = tuple(
    Situation(f"clips-{count}", f"{count} clips of each test speaker", partial(few_clips, count=count))
    for count in AMOUNTS
)
