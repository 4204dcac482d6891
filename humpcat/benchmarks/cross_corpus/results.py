"""Figures of one feature set under one protocol: every direction, the mean over directions, differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from humpcat.benchmarks.cross_corpus.directions import Direction
from humpcat.benchmarks.cross_corpus.variants import MethodVariant
from humpcat.evaluation.metrics import SCORE_FUNCTIONS, Scores, confusion, scores
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.significance import Comparison, compare_systems, correct_together
from humpcat.evaluation.summary import summarise
from humpcat.evaluation.table import Figure, Summary
from humpcat.protocols.cross_corpus import Pair

CHANCE = "chance"

Macro = tuple[float, float, float]
"""Macro precision, recall and F1, between 0 and 1."""


@dataclass(frozen=True)
class DirectionResults:
    """What was measured on one direction.

    Attributes:
        direction: source, target, classes.
        predictions: all systems and seeds.
        summary: their result table.
    """

    direction: Direction
    predictions: Predictions
    summary: Summary


@dataclass(frozen=True)
class ProtocolResults:
    """What was measured.

    Attributes:
        features: name of the feature set.
        protocol: "transductive" or "inductive".
        directions: the directions.
        predictions: for each pair all systems and seeds.
        summaries: for each pair the result table.
    """

    features: str
    protocol: str
    directions: tuple[Direction, ...]
    predictions: Mapping[Pair, Predictions]
    summaries: Mapping[Pair, Summary]

    @classmethod
    def of(cls, features: str, protocol: str, directions: Sequence[DirectionResults]) -> "ProtocolResults":
        """Put the results of several directions together."""
        return cls(
            features,
            protocol,
            tuple(one.direction for one in directions),
            {one.direction.pair: one.predictions for one in directions},
            {one.direction.pair: one.summary for one in directions},
        )

    @property
    def pairs(self) -> list[Pair]:
        """The pairs, in the order of the directions."""
        return [direction.pair for direction in self.directions]

    @property
    def systems(self) -> list[str]:
        """Names of all systems that were measured somewhere, in the order of the tables."""
        rows = [row.system for pair in self.pairs for row in self.summaries[pair].systems]
        return [system for system in dict.fromkeys(rows) if system != CHANCE]

    def has(self, system: str, pair: Pair) -> bool:
        """Return whether a system was measured on a pair."""
        return any(row.system == system for row in self.summaries[pair].systems)

    def everywhere(self, system: str) -> bool:
        """Return whether a system was measured on every pair."""
        return all(self.has(system, pair) for pair in self.pairs)

    def figures(self, system: str, pair: Pair) -> Mapping[str, Figure] | None:
        """Return a system's scores on a pair, None where it was not measured."""
        if pair not in self.summaries:
            return None
        return next((row.figures for row in self.summaries[pair].systems if row.system == system), None)

    @cached_property
    def means(self) -> Mapping[str, Mapping[str, Figure]]:
        """For each system that was measured everywhere its scores, mean over directions.

        Spread is that of this mean over seeds. Intervals resample speakers, each with all directions of which it is
        a test speaker.
        """
        found: dict[str, Mapping[str, Figure]] = {}
        for system in self.systems:
            if self.everywhere(system):
                chance, row = summarise(self._whole(system)).systems
                spread = self._spread(system)
                found.setdefault(CHANCE, {name: replace(figure, sd=None) for name, figure in chance.figures.items()})
                found[system] = {name: replace(figure, sd=spread[name]) for name, figure in row.figures.items()}
        return found

    def macro(self, system: str, pair: Pair) -> Macro:
        """Return macro precision, recall and F1, mean over seeds; a class that was never answered has precision 0."""
        part = self.predictions[pair].of_system(system)
        by_draw = []
        for draw in np.unique(part.values("draw")):
            own = part.of_draw(int(draw))
            tested = np.unique(own.gold)
            by_draw.append(
                precision_recall_fscore_support(
                    own.gold, own.predicted, labels=tested, average="macro", zero_division=0.0
                )[:3]
            )
        precision, recall, f1 = np.mean(by_draw, axis=0).tolist()
        return precision, recall, f1

    def confusion(self, system: str, pair: Pair) -> list[list[float]]:
        """Return for each true class (row) the share of each answer, over all seeds."""
        part = self.predictions[pair].of_system(system)
        counts = confusion(part.gold, part.predicted, part.classes)
        shares: list[list[float]] = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).tolist()
        return shares

    def differences(self, first: MethodVariant, others: Sequence[MethodVariant]) -> list[Comparison]:
        """Compare a system with others, mean over directions; p values are corrected over all of them.

        Args:
            first: the system.
            others: those that it is compared with; who was not measured everywhere is passed over.
        """
        if not self.everywhere(first.name):
            return []
        both = [other.name for other in others if self.everywhere(other.name)]
        return correct_together([self._compared(first.name, other) for other in both])

    def differences_by_pair(
        self, first: MethodVariant, others: Sequence[MethodVariant]
    ) -> dict[Pair, list[Comparison]]:
        """Compare a system with others on every pair; p values are corrected over all of it."""
        made = {
            (pair, other.name): compare_systems(
                self.predictions[pair].of_system(first.name), self.predictions[pair].of_system(other.name)
            )
            for pair in self.pairs
            for other in others
            if self.has(first.name, pair) and self.has(other.name, pair)
        }
        found: dict[Pair, list[Comparison]] = {pair: [] for pair in self.pairs}
        for (pair, _), one in zip(made, correct_together(list(made.values())), strict=True):
            found[pair].append(one)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, as shares between 0 and 1, in plain dicts, lists and numbers."""
        return {
            "features": self.features,
            "protocol": self.protocol,
            "means": {
                system: {name: vars(figure) for name, figure in figures.items()}
                for system, figures in self.means.items()
            },
            "directions": [
                {
                    "source": direction.source.name,
                    "target": direction.target.name,
                    "macro precision, recall, F1": {
                        system: self.macro(system, direction.pair)
                        for system in self.systems
                        if self.has(system, direction.pair)
                    },
                    "confusion": {
                        system: self.confusion(system, direction.pair)
                        for system in self.systems
                        if self.has(system, direction.pair)
                    },
                }
                | self.summaries[direction.pair].to_dict()
                for direction in self.directions
            ],
        }

    @cached_property
    def _known(self) -> dict[tuple[str, str], Comparison]:
        """What :meth:`_compared` has compared: the page and the figures ask for the same."""
        return {}

    def _compared(self, first: str, second: str) -> Comparison:
        """Compare two systems over all directions, once."""
        key = first, second
        if key not in self._known:
            self._known[key] = compare_systems(self._whole(first), self._whole(second))
        return self._known[key]

    def _whole(self, system: str) -> Predictions:
        """All directions of a system in one table, its draws counted on: the mean over draws is that over directions.

        Classes are those of any pair. UAR and macro-F1 are means over the classes that a draw has.
        """
        parts = [self.predictions[pair].of_system(system) for pair in self.pairs]
        classes = tuple(dict.fromkeys(name for part in parts for name in part.classes))
        tables: list[Predictions] = []
        for part in parts:
            for draw in np.unique(part.values("draw")):
                tables.append(part.of_draw(int(draw)).over(classes).as_draw(len(tables)))
        return Predictions.concat(tables)

    def _spread(self, system: str) -> dict[str, float | None]:
        """Return the standard deviation over seeds of each score's mean over directions."""
        by_seed: dict[int, list[Scores]] = {}
        for pair in self.pairs:
            part = self.predictions[pair].of_system(system)
            for draw in np.unique(part.values("draw")):
                own = part.of_draw(int(draw))
                by_seed.setdefault(int(draw), []).append(scores(own.gold, own.predicted, own.classes))
        found: dict[str, float | None] = {}
        for name in SCORE_FUNCTIONS:
            means = [np.mean([getattr(score, name) for score in own]) for own in by_seed.values()]
            found[name] = float(np.std(means, ddof=1)) if len(means) > 1 else None
        return found
