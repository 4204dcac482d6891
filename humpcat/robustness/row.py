"""A row of a check: the figures of one distortion with what it is called."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from humpcat.distortions import Distortion
from humpcat.robustness.answering import CLEAN
from humpcat.robustness.figures import Figures

MOST_SENTENCES = 10
"""Failures of one distortion that the report names."""


@dataclass(frozen=True)
class Row(Figures):
    """The figures of one distortion with what it is called.

    Attributes:
        title: what was done to the clip.
        family: heading above it.
        failures: why clips failed, the first few.
    """

    title: str = CLEAN
    family: str = ""
    failures: tuple[str, ...] = ()

    @classmethod
    def of(cls, figures: Figures, distortion: Distortion | None, failures: Sequence[str]) -> "Row":
        """Return the figures of a distortion, or of the clips as they are, with its name."""
        title, family = (CLEAN, "") if distortion is None else (distortion.title, distortion.family)
        return cls(**asdict(figures), title=title, family=family, failures=tuple(failures[:MOST_SENTENCES]))
