"""A seeded generator of hostile files: audio, tables, checkpoints, and entries of the feature store.

Each kind has a maker of cases. What it makes of a seed and a number is always the same, so that a finding is told by
these two. Valid files are written first, by the libraries that people use; then each case damages one of them.
"""

from .audio import AudioCases
from .case import Case, Cases
from .checkpoints import CheckpointCases
from .stores import StoreCases
from .tables import TableCases

KINDS: dict[str, type[Cases]] = {
    "audio": AudioCases,
    "tables": TableCases,
    "checkpoints": CheckpointCases,
    "stores": StoreCases,
}

__all__ = ["KINDS", "Case", "Cases"]
