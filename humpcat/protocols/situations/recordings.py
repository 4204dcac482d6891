"""Two recording conditions: half of the test speakers came through a telephone."""

from collections.abc import Mapping, Sequence

import numpy as np

from humpcat.protocols.situations.base import RECORDING, Row, Situation, unlabelled_by_speaker
from humpcat.protocols.split import Split

TELEPHONE = "telephone"
"""The distortion by which they were recorded."""


def two_recordings(
    rows: Sequence[Row], classes: Mapping[str, str], split: Split, rng: np.random.Generator
) -> Sequence[Row]:
    """Return all rows, those of half of the test speakers, at least of one, recorded by telephone.

    Raises:
        ProtocolError: who speaks a test clip is not known.
    """
    speakers = unlabelled_by_speaker(rows, split, "two-recordings")
    names = list(speakers)
    by_telephone = {names[place] for place in rng.permutation(len(names))[: max(1, len(names) // 2)]}
    heard = {row["id"] for name in by_telephone for row in speakers[name]}
    return [{**row, RECORDING: TELEPHONE} if row["id"] in heard else row for row in rows]


EXPORT = (
    Situation(
        "two-recordings",
        "half of the test speakers are heard through a telephone band (300 to 3400 Hz)",
        two_recordings,
    ),
)
