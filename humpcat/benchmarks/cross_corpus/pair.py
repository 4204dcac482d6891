"""One direction under one protocol on one feature set: its splits, its cells, and its answers together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from humpcat.benchmarks.cells import Cell, Experiment
from humpcat.benchmarks.cross_corpus.directions import Direction
from humpcat.benchmarks.cross_corpus.fit import PairFit, Tested, require_same_parameters
from humpcat.benchmarks.cross_corpus.settings import TRANSDUCTIVE
from humpcat.benchmarks.cross_corpus.variants import MethodVariant
from humpcat.benchmarks.runner import answers
from humpcat.domain_adaptation.selection import HELD_OUT_SHARE, NONE, SOURCE, LearningData, Values
from humpcat.evaluation.predictions import Predictions
from humpcat.features.sets import FeatureSet
from humpcat.protocols import Split, check_split, inductive_pairs, labelled, transductive_pairs
from humpcat.training.data.prepared_corpus import PreparedCorpus

_SPLITS = {True: transductive_pairs, False: inductive_pairs}


@dataclass(frozen=True)
class FeatureValues:
    """A feature set of some clips, read from disk once, when first asked for.

    Attributes:
        set: the feature set.
        prepared: the clips.
    """

    set: FeatureSet
    prepared: PreparedCorpus

    @cached_property
    def _read(self) -> Mapping[str, Values]:
        ids = list(self.prepared.rows)
        return dict(zip(ids, self.set.matrix(self.prepared.features, ids), strict=True))

    def of(self, ids: Sequence[str]) -> Values:
        """Return the values of some clips, shape (clips, values)."""
        return np.stack([self._read[clip_id] for clip_id in ids])


@dataclass(frozen=True)
class PairBenchmark(Experiment[MethodVariant]):
    """What all cells of one direction share.

    Attributes:
        direction: source, target, classes.
        protocol: "transductive" or "inductive".
        features: values of the clips of both corpora, and perhaps of others.
        seeds: number of seeds, or of draws of the speakers.
        select: how parameters are chosen.
        allow_leakage: stamp what leaks instead of refusing it.
        folder: where its cells lie.
    """

    may_fail = True

    direction: Direction
    protocol: str
    features: FeatureValues
    seeds: int
    select: str
    allow_leakage: bool
    folder: Path

    @cached_property
    def rows(self) -> list[Mapping[str, Any]]:
        """Rows of both corpora."""
        return [row for row in self.features.prepared.rows.values() if row["corpus"] in self.direction.pair]

    @cached_property
    def gold(self) -> Mapping[str, str]:
        """Class of each clip of both corpora that has one of the pair's."""
        return labelled(self.rows, self.direction.space)[0]

    @cached_property
    def splits(self) -> Sequence[Split]:
        """The split of each draw, guarded; all alike under the transductive protocol.

        Raises:
            ProtocolError: the clips that are there share fewer than two classes, or speakers lack.
            LeakageError: a test speaker or test audio was seen, and that is not allowed.
        """
        transductive = self.protocol == TRANSDUCTIVE
        return [self._split(0)] * self.seeds if transductive else [self._split(draw) for draw in range(self.seeds)]

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes that both corpora have clips of, in the order of the label space."""
        found = {self.gold[clip_id] for clip_id in self.splits[0].train}
        return tuple(name for name in self.direction.space.classes if name in found)

    def draws(self, system: MethodVariant) -> int:
        """Return how many fits a system takes: one where neither split, parameters nor system change with the seed."""
        chosen = self.select != NONE and bool(system.grid)
        return self.seeds if system.random or chosen or self.protocol != TRANSDUCTIVE else 1

    @property
    def name(self) -> str:
        """Protocol and pair."""
        return f"{self.protocol}, {self.folder.name}"

    def cells(self, system: MethodVariant) -> list[Cell[MethodVariant]]:
        """Return all cells of a system."""
        return [Cell(system, draw, self.folder / system.folder / f"draw-{draw}") for draw in range(self.draws(system))]

    def lots(self, cells: Sequence[Cell[MethodVariant]]) -> list[list[Cell[MethodVariant]]]:
        """Return each cell alone: they share what is read from disk and nothing else."""
        return [[cell] for cell in cells]

    def split(self, cell: Cell[MethodVariant]) -> Split:
        """See :class:`Experiment`."""
        return self.splits[cell.draw]

    def begin(self, cell: Cell[MethodVariant], split: Split) -> None:
        """See :class:`Experiment`."""
        if cell.finished:
            require_same_parameters(cell.system, cell.draw, cell.folder)

    def work(self, cell: Cell[MethodVariant], split: Split) -> PairFit:
        """See :class:`Experiment`."""
        held_out = set(self._split(cell.draw, HELD_OUT_SHARE).valid) if self.select == SOURCE else set()
        learning = LearningData(
            X=self.features.of(split.train),
            y=np.array([self.gold[clip_id] for clip_id in split.train]),
            X_target=self.features.of(split.unlabelled),
            held_out=np.array([clip_id in held_out for clip_id in split.train]),
        )
        fingerprints, test = self.features.prepared.features.fingerprints, set(split.test)
        tested = Tested(
            X=self.features.of(split.test),
            rows=[row for row in self.rows if row["id"] in test],
            gold={clip_id: self.gold[clip_id] for clip_id in split.test},
            fingerprints={clip_id: fingerprints[clip_id] for clip_id in split.test},
        )
        groups = self.features.set.groups
        return PairFit(cell.system, cell.draw, split, self.classes, learning, tested, groups, self.select, cell.folder)

    def gathered(self, systems: Sequence[MethodVariant]) -> Predictions | None:
        """Return the answers of all systems of which every cell is finished; None where there is none.

        The answers of a system that was fitted once stand under every seed, so that all systems are compared on the
        same clips and seeds.
        """
        tables = []
        for system in systems:
            cells = self.cells(system)
            if not all(cell.finished for cell in cells):
                continue
            made = answers(cells)
            tables += [made] if len(cells) == self.seeds else [made.as_draw(draw) for draw in range(self.seeds)]
        return Predictions.concat(tables) if tables else None

    def learnt(self) -> dict[int, list[str]]:
        """Return the classes of the source's clips by draw, whose majority a constant answer takes."""
        return {draw: [self.gold[clip_id] for clip_id in split.train] for draw, split in enumerate(self.splits)}

    def _split(self, draw: int, valid_share: float = 0.0) -> Split:
        protocol = _SPLITS[self.protocol == TRANSDUCTIVE]
        pair = self.direction.pair
        drawn = protocol(self.rows, self.gold, [pair], seed=draw, valid_share=valid_share)[pair]
        return check_split(
            self.rows, drawn, self.features.prepared.features.fingerprints, allow_leakage=self.allow_leakage
        )
