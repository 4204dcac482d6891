"""What a system of the benchmark has to do: learn from some clips of a target, and answer the test clips."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from humpcat.evaluation.predictions import Predictions
from humpcat.protocols import Split

if TYPE_CHECKING:
    from humpcat.benchmarks.cells import Cell
    from humpcat.benchmarks.humpcat.target import Learner, Target


class TargetSystem(ABC):
    """A system that is compared with the others on the same test clips.

    A subclass is one file of a folder of systems, which offers an instance in its ``EXPORT``. What it computes for
    several cells it keeps in :attr:`Target.once <humpcat.benchmarks.humpcat.target.Target.once>`.

    Attributes:
        name: how it is asked for.
        title: how it is called in tables.
        zero_shot: whether it answers without a labelled clip of the target too.
    """

    name: str
    title: str
    zero_shot = True

    def require(self) -> None:  # noqa: B027
        """Make sure that all packages it needs are there; called before any work is done.

        Raises:
            HumpcatError: one is missing.
        """

    @abstractmethod
    def answers(self, target: Target, cell: Cell[Learner], split: Split) -> Predictions:
        """Learn from the clips of a split that adapt and validate, and answer those that test.

        Args:
            target: the target, its source model and what is known of both.
            cell: the amount, the draw, and a folder for whatever is kept on the way.
            split: the split.
        """
