"""How much of a target is learnt with labels, and under which protocol that is drawn."""

import math
from dataclasses import dataclass

from humpcat.evaluation.table import count
from humpcat.training.task import Task


@dataclass(frozen=True)
class Amount:
    """How much of a target was learnt with labels; nothing at all where neither is given.

    Attributes:
        shots: clips a class.
        share: share of the speakers, with all of their clips.

    Example:
        >>> print(Amount(), Amount(shots=5), Amount(share=0.2), sep=", ")
        zero-shot, 5 clips a class, 20 % of speakers
    """

    shots: int | None = None
    share: float | None = None

    def __str__(self) -> str:
        """Return how the amount is called in tables."""
        if self.shots is not None:
            return f"{count(self.shots, 'clip')} a class"
        return "zero-shot" if self.share is None else f"{100 * self.share:g} % of speakers"

    @property
    def folder(self) -> str:
        """How the amount is called in the name of a folder.

        Example:
            >>> [Amount().folder, Amount(shots=5).folder, Amount(share=0.2).folder]
            ['zero-shot', '5-shots', '20-percent']
        """
        if self.shots is not None:
            return f"{self.shots}-shots"
        return str(self) if self.share is None else f"{100 * self.share:g}-percent"

    @property
    def rank(self) -> float:
        """Where the amount stands among others: none, shots by their number, a share."""
        return (self.shots or 0) if self.share is None else math.inf

    def under(self, task: Task) -> Task:
        """Return the task under the protocol that gives this amount; all amounts of a draw have one test set.

        Args:
            task: the target.
        """
        if self.shots is None:
            return task.under(protocol="speakers")
        return task.under(protocol="shots", shots=self.shots)


ZERO_SHOT = Amount()
