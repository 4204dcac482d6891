"""One target in one mode: the splits of its cells, their fits, and what all of them share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from humpcat.benchmarks.cells import Cell, Experiment
from humpcat.benchmarks.humpcat.amounts import Amount
from humpcat.benchmarks.humpcat.once import Once
from humpcat.benchmarks.humpcat.systems.base import TargetSystem
from humpcat.evaluation.predictions import Predictions
from humpcat.protocols import Split
from humpcat.training.task import Task, draw_split


@dataclass(frozen=True)
class Learner:
    """A system that learns an amount of the target.

    Attributes:
        system: the system.
        amount: how much of the target it learns with labels.
    """

    system: TargetSystem
    amount: Amount

    @property
    def name(self) -> str:
        """How it is called in tables, such as "linear probe (1 clip a class)"."""
        return f"{self.system.title} ({self.amount})"

    @property
    def folder(self) -> str:
        """How its folder is called, such as "probe-1-shots"."""
        return f"{self.system.name}-{self.amount.folder}"


@dataclass(frozen=True)
class Target(Experiment[Learner]):
    """A target in a mode.

    Attributes:
        task: the target, under the mode's standardisation.
        folder: where its cells lie.
        draws: how many draws are asked for.
        once: what the target's cells share.
        run: what all targets and modes of one run share.
    """

    task: Task
    folder: Path
    draws: int
    once: Once = field(default_factory=Once)
    run: Once = field(default_factory=Once)

    @property
    def name(self) -> str:
        """The target and the mode."""
        return f"{self.task.corpus}, {self.mode}"

    @property
    def mode(self) -> str:
        """What standardises the target's clips."""
        return self.task.settings.normalization

    @property
    def by_speaker(self) -> bool:
        """Whether each speaker's own clips standardise, of the target and then of the source too."""
        return self.mode == "speaker"

    def cell(self, system: TargetSystem, amount: Amount, draw: int) -> Cell[Learner]:
        """Return a cell.

        Args:
            system: the system.
            amount: what it learns.
            draw: number of the draw.
        """
        learner = Learner(system, amount)
        return Cell(learner, draw, self.folder / f"draw-{draw}" / learner.folder)

    def drawn(self, amount: Amount, draw: int) -> Split:
        """Return the split of a draw, guarded.

        Args:
            amount: how much of the target is learnt with labels.
            draw: number of the draw.

        Raises:
            ProtocolError: the speakers that adapt have too few clips.
            LeakageError: test material was seen by the source model.
        """
        return self.once(("split", amount, draw), lambda: draw_split(amount.under(self.task), draw))

    def split(self, cell: Cell[Learner]) -> Split:
        """See :class:`Experiment`."""
        return self.drawn(cell.system.amount, cell.draw)

    def work(self, cell: Cell[Learner], split: Split) -> Callable[[], Predictions]:
        """See :class:`Experiment`."""
        return partial(self._answers, cell, split)

    def announcement(self, cell: Cell[Learner]) -> str:
        """See :class:`Experiment`."""
        return f"{self.name}, draw {cell.draw + 1} of {self.draws}: {cell.system.name}"

    def predictions(
        self, cell: Cell[Learner], split: Split, said: Mapping[str, Sequence[float]], model_hash: str
    ) -> Predictions:
        """Return the table of a system's answers to the test clips.

        Args:
            cell: the cell.
            split: its split.
            said: test clip to one probability a class.
            model_hash: hash of the system's weights.
        """
        prepared = self.task.prepared
        return Predictions.build(
            list(prepared.rows.values()),
            {clip_id: prepared.classes[clip_id] for clip_id in split.test},
            said,
            self.task.space.classes,
            system=cell.system.name,
            draw=cell.draw,
            model_hash=model_hash,
            guarantee=split.guarantee,
            fingerprints=prepared.features.fingerprints,
        )

    def _answers(self, cell: Cell[Learner], split: Split) -> Predictions:
        made = cell.system.system.answers(self, cell, split)
        return made.as_fold(cell.system.name, 0)
