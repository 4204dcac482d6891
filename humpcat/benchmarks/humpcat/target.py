"""One target in one mode: how much of it is learnt, the splits of its cells, and what all of them share."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from humpcat.benchmarks.cells import Cell, Experiment
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.table import count
from humpcat.protocols import Split
from humpcat.protocols.situations import TIDY
from humpcat.training.drawing import in_draw
from humpcat.training.task import Task

T = TypeVar("T")


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
        """How the amount is called in the name of a folder, such as "5-shots" or "20-percent"."""
        if self.shots is not None:
            return f"{self.shots}-shots"
        return str(self) if self.share is None else f"{100 * self.share:g}-percent"

    @property
    def rank(self) -> float:
        """Where the amount stands among others: none, shots by their number, a share."""
        return (self.shots or 0) if self.share is None else math.inf

    def under(self, task: Task) -> Task:
        """Return the task under the protocol that gives this amount; all amounts of a draw have one test set."""
        if self.shots is None:
            return task.under(protocol="speakers")
        return task.under(protocol="shots", shots=self.shots)


ZERO_SHOT = Amount()


class Once:
    """Keeps what was computed, by a key; a copy that is sent to another process begins empty.

    Example:
        >>> once = Once()
        >>> once("memory", lambda: [1]) is once("memory", lambda: [2])
        True
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def __call__(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what is kept under a key, computed when it is first asked for."""
        if key not in self._known:
            self._known[key] = compute()
        found: T = self._known[key]
        return found

    def __reduce__(self) -> tuple[type["Once"], tuple[()]]:
        return Once, ()


class TargetSystem(ABC):
    """A system that is compared with the others on the same test clips.

    A subclass is one file of a folder of systems, which offers an instance in its ``EXPORT``. What it computes for
    several cells it keeps in :attr:`Target.once`.

    Attributes:
        name: how it is asked for.
        title: how it is called in tables.
        zero_shot: whether it answers without a labelled clip of the target too.
        gradients: whether it takes gradient steps whatever the scope.
    """

    name: str
    title: str
    zero_shot = True
    gradients = True

    def require(self) -> None:  # noqa: B027
        """Make sure that all packages it needs are there; called before any work is done.

        Raises:
            HumpcatError: one is missing.
        """

    @abstractmethod
    def answers(self, target: "Target", cell: "Cell[Learner]", split: Split) -> Predictions:
        """Learn from the clips of a split that adapt and validate, and answer those that test.

        Args:
            target: the target, its source model and what is known of both.
            cell: the amount, the draw, and a folder for whatever is kept on the way.
            split: the split.
        """


def name_in_tables(title: str, amount: Amount, situation: str = TIDY) -> str:
    """Return how a system is called that has learnt an amount of a target in a situation.

    Example:
        >>> name_in_tables("linear probe", Amount(shots=1), "others")
        'linear probe (1 clip a class; others)'
    """
    return f"{title} ({amount})" if situation == TIDY else f"{title} ({amount}; {situation})"


def target_name(corpus: str, mode: str, situation: str = TIDY) -> str:
    """Return how a target in a mode is called, with its situation unless it is tidy.

    Example:
        >>> target_name("emodb", "speaker"), target_name("emodb", "speaker", "others")
        ('emodb, speaker', 'emodb, speaker, others')
    """
    return ", ".join([corpus, mode, *([] if situation == TIDY else [situation])])


@dataclass(frozen=True)
class Learner:
    """A system that learns an amount of the target.

    Attributes:
        system: the system.
        amount: how much of the target it learns with labels.
        situation: in what situation the target's clips are.
    """

    system: TargetSystem
    amount: Amount
    situation: str = TIDY

    @property
    def name(self) -> str:
        """How it is called in tables, such as "linear probe (1 clip a class)"."""
        return name_in_tables(self.system.title, self.amount, self.situation)

    @property
    def folder(self) -> str:
        """How its folder is called, such as "probe-1-shots"."""
        return f"{self.system.name}-{self.amount.folder}"


@dataclass(frozen=True)
class Target(Experiment[Learner]):
    """A target in a mode and a situation.

    Attributes:
        task: the target, under the mode's standardisation; where a system asks, with the clips as they come in a draw.
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
        """The target, the mode, and the situation unless it is tidy."""
        return target_name(self.task.corpus, self.mode, self.situation)

    @property
    def situation(self) -> str:
        """What of the target lies there without labels."""
        return self.task.settings.situation

    @property
    def mode(self) -> str:
        """What standardises the target's clips."""
        return self.task.settings.normalization

    @property
    def by_speaker(self) -> bool:
        """Whether each speaker's own clips standardise, of the target and then of the source too."""
        return self.mode == "speaker"

    def cell(self, system: TargetSystem, amount: Amount, draw: int) -> Cell[Learner]:
        """Return the cell of a system that learns an amount in a draw."""
        learner = Learner(system, amount, self.situation)
        return Cell(learner, draw, self.folder / f"draw-{draw}" / learner.folder)

    def drawn(self, amount: Amount, draw: int) -> Split:
        """Return the split that gives an amount in a draw, guarded.

        Raises:
            ProtocolError: the speakers that adapt have too few clips.
            LeakageError: test material was seen by the source model.
        """
        return self._drawn(amount, draw)[1]

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
        """Return the table of what a system said of each test clip of a cell: one probability a class."""
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

    def _drawn(self, amount: Amount, draw: int) -> tuple[Task, Split]:
        # Where nothing is learnt with labels, the clips that would adapt are like all others.
        labels = amount != ZERO_SHOT
        return self.once(("split", amount, draw), lambda: in_draw(amount.under(self.task), draw, labels=labels))

    def _as_it_comes(self, cell: Cell[Learner]) -> "Target":
        """Return the target with the clips of a cell's draw; what cells share is kept by what clips these are."""
        here, _ = self._drawn(cell.system.amount, cell.draw)
        if not here.pool:
            return self
        task = replace(self.task, prepared=here.prepared, every=here.every, pool=here.pool)
        return replace(self, task=task, once=self.once(("pool", here.pool), Once))

    def _answers(self, cell: Cell[Learner], split: Split) -> Predictions:
        made = cell.system.system.answers(self._as_it_comes(cell), cell, split)
        return made.as_fold(cell.system.name, 0)
