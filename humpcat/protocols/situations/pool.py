"""Which clips lie there: those of the classes alone, those of all others too, or all but those of one class."""

from collections.abc import Mapping, Sequence

import numpy as np

from humpcat.errors import ProtocolError
from humpcat.protocols.situations.base import TIDY, Row, Situation, without
from humpcat.protocols.split import Split


def every(rows: Sequence[Row], classes: Mapping[str, str], split: Split, rng: np.random.Generator) -> Sequence[Row]:
    """Return all rows."""
    return rows


def missing_class(
    rows: Sequence[Row], classes: Mapping[str, str], split: Split, rng: np.random.Generator
) -> Sequence[Row]:
    """Return all rows but those of one class, which is drawn, that have no label.

    Raises:
        ProtocolError: there are fewer than two classes.
    """
    names = sorted({classes[row["id"]] for row in rows})
    if len(names) < 2:
        raise ProtocolError(
            f"situation 'missing-class': clips of {len(names)} classes found, expected two or more: choose another "
            "situation or label space."
        )
    missing, learnt = names[int(rng.integers(len(names)))], set(split.learnt)
    return without(rows, {row["id"] for row in rows if classes[row["id"]] == missing} - learnt)


EXPORT = (
    Situation(TIDY, "every clip of these classes and no other", every),
    Situation(
        "others",
        "clips of other classes lie among those without labels",
        every,
        other_classes=True,
        modes=("corpus", "speaker"),
    ),
    Situation("missing-class", "one class, drawn, has neither test clips nor clips without labels", missing_class),
)
