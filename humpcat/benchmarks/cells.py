"""What a benchmark is made of: cells, each one fit with its answers on disk, and experiments that share them out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.protocols import Split


class System(Protocol):
    """What is fitted in a cell."""

    @property
    def name(self) -> str:
        """How it is called in tables."""

    @property
    def folder(self) -> str:
        """How its folder is called."""


S = TypeVar("S", bound=System)


@dataclass(frozen=True)
class Cell(Generic[S]):
    """One system, fitted once and tested: what is kept of a run that was killed.

    Attributes:
        system: what is fitted.
        draw: number of the draw, the seed or the fold.
        folder: where its answers lie.
    """

    system: S
    draw: int
    folder: Path

    @property
    def finished(self) -> bool:
        """Whether its answers lie there."""
        return (self.folder / PREDICTIONS).is_file()


class Experiment(ABC, Generic[S]):
    """One target under one protocol or mode: how its cells are split, fitted and answered.

    Attributes:
        may_fail: whether a system that cannot be fitted is left out; otherwise its error ends the run.
    """

    may_fail = False

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in print, such as "emodb, speaker"."""

    @abstractmethod
    def split(self, cell: Cell[S]) -> Split:
        """Return who is learnt from and who is tested, guarded against leakage.

        Raises:
            LeakageError: test material was seen, and that is not allowed.
        """

    @abstractmethod
    def work(self, cell: Cell[S], split: Split) -> Callable[[], Predictions]:
        """Return the fit of a cell, which gives its answers to the test clips; a process of its own may call it."""

    def begin(self, cell: Cell[S], split: Split) -> None:
        """Make sure that what lies in a cell's folder was made with the same settings; by default that is known.

        Raises:
            SettingsError: it was made with others.
        """

    def announcement(self, cell: Cell[S]) -> str | None:
        """Return what is printed before a cell is fitted; nothing by default."""
        return None

    def lots(self, cells: Sequence[Cell[S]]) -> list[list[Cell[S]]]:
        """Return the cells in lots, each of which one process fits; those of one system together by default."""
        found: dict[str, list[Cell[S]]] = {}
        for cell in cells:
            found.setdefault(cell.system.folder, []).append(cell)
        return list(found.values())
