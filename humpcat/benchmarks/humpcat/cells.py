"""One cell of the benchmark: a system, an amount, a draw."""

from dataclasses import dataclass

from humpcat.benchmarks.humpcat.results import Amount, system_name
from humpcat.training.task import Task


@dataclass(frozen=True)
class BenchmarkCell:
    """One system, trained on one amount of one draw and tested: what is kept of a run that was killed.

    Attributes:
        model: one of ``MODELS``.
        amount: how much of the target is learnt with labels.
        draw: number of the draw.
    """

    model: str
    amount: Amount
    draw: int

    @property
    def name(self) -> str:
        """The system's name in tables."""
        return system_name(self.model, self.amount)

    @property
    def folder(self) -> str:
        """Where the cell lies below the folder of its corpus and mode."""
        amount = self.amount
        learnt = f"{amount.shots}-shots" if amount.shots else f"{100 * amount.share:g}-percent" if amount.share else ""
        return f"draw-{self.draw}/{self.model}-{learnt or amount}"


def under_protocol(task: Task, amount: Amount) -> Task:
    """Return the task under the protocol that gives an amount; all amounts of a draw have one test set.

    Args:
        task: the target.
        amount: what is to be learnt.
    """
    return (
        task.under(protocol="speakers") if amount.shots is None else task.under(protocol="shots", shots=amount.shots)
    )
