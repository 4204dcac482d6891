"""Who speaks is named wrongly, or not at all; who adapts and who tests stays, by who really speaks."""

from collections.abc import Mapping, Sequence

import numpy as np

from humpcat.errors import ProtocolError
from humpcat.protocols.situations.base import Row, Situation
from humpcat.protocols.split import Split

MISLABELLED = 0.2
"""Share of the clips that bear another speaker's name."""


def mislabelled(
    rows: Sequence[Row], classes: Mapping[str, str], split: Split, rng: np.random.Generator
) -> Sequence[Row]:
    """Return all rows, a fifth of them under another speaker's name.

    Raises:
        ProtocolError: fewer than two speakers are known.
    """
    names = sorted({row["speaker"] for row in rows if row["speaker"] is not None})
    if len(names) < 2:
        raise ProtocolError(
            f"situation 'speakers-mislabelled': {len(names)} speakers found, expected two or more: choose another "
            "situation."
        )
    wrong = set(rng.permutation(len(rows))[: round(MISLABELLED * len(rows))].tolist())
    found = []
    for place, row in enumerate(rows):
        if place in wrong:
            others = [name for name in names if name != row["speaker"]]
            row = {**row, "speaker": others[int(rng.integers(len(others)))]}
        found.append(row)
    return found


def unknown(rows: Sequence[Row], classes: Mapping[str, str], split: Split, rng: np.random.Generator) -> Sequence[Row]:
    """Return all rows without a speaker."""
    return [{**row, "speaker": None} for row in rows]


EXPORT = (
    Situation(
        "speakers-mislabelled",
        f"{100 * MISLABELLED:g} % of the clips are standardised under another speaker's name",
        mislabelled,
        modes=("speaker",),
    ),
    Situation(
        "speakers-unknown",
        "nobody says who speaks, and groups of like voices stand for the speakers",
        unknown,
        modes=("speaker",),
    ),
)
