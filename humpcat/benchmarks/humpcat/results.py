"""A benchmark's figures from its predictions: systems on several targets, by how much they have learnt of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.benchmarks.humpcat.target import Amount, name_in_tables
from humpcat.benchmarks.humpcat.target_results import TargetResults
from humpcat.benchmarks.humpcat.untidy import Beside, beside_tidy
from humpcat.evaluation.comparison import to_dict
from humpcat.evaluation.metrics import SCORE_FUNCTIONS
from humpcat.evaluation.significance import Comparison, compare_systems, correct_together
from humpcat.protocols.situations import TIDY

HUMPCAT, PROBE = "humpcat", "probe"
"""The two systems whose difference is tested."""

MODES = {"source": "inductive", "corpus": "corpus-adaptive", "speaker": "speaker-adaptive"}
"""What is known of the target without labels, by what standardises it, and how that is called."""


def system_name(system: str, amount: Amount) -> str:
    """Return the name of a system in the predictions table.

    Example:
        >>> system_name("probe", Amount(shots=1))
        'linear probe (1 clip a class)'
    """
    return name_in_tables(SYSTEMS[system].title, amount)


@dataclass(frozen=True)
class Gap:
    """HuMP-CAT beside the linear probe of the same mode and amount, on the same clips.

    Attributes:
        corpus: the target.
        mode: one of ``MODES``.
        amount: what both have learnt.
        comparison: HuMP-CAT less linear probe.
    """

    corpus: str
    mode: str
    amount: Amount
    comparison: Comparison


@dataclass(frozen=True)
class BenchmarkResults:
    """Everything that was measured.

    Attributes:
        measured: every target in every mode, where all is tidy.
        amounts: what was learnt, none first.
        gaps: HuMP-CAT beside the linear probe.
        untidy: every target in every mode in other situations.
        beside: each system in these, beside the tidy target.
    """

    measured: tuple[TargetResults, ...]
    amounts: tuple[Amount, ...]
    gaps: tuple[Gap, ...]
    untidy: tuple[TargetResults, ...] = ()
    beside: tuple[Beside, ...] = ()

    @classmethod
    def of(cls, measured: Sequence[TargetResults], amounts: Sequence[Amount]) -> "BenchmarkResults":
        """Compare what was measured.

        A family of tests is one mode and one amount: all targets and scores of it are corrected together.
        """
        every, measured = measured, [one for one in measured if one.situation == TIDY]
        untidy = tuple(one for one in every if one.situation != TIDY)
        found = {system for one in measured for system in one.figures}
        present = tuple(a for a in amounts if any(system_name(system, a) in found for system in SYSTEMS.names()))
        modes = dict.fromkeys(one.mode for one in measured)
        families = (_compared(measured, mode, amount) for mode in modes for amount in present)
        gaps = tuple(gap for family in families for gap in family)
        return cls(tuple(measured), present, gaps, untidy, tuple(beside_tidy(every, present)))

    @property
    def corpora(self) -> Mapping[str, str]:
        """Registered name to title of each target."""
        return {one.corpus: one.title for one in self.measured}

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems that were measured somewhere, in the order of the tables."""
        found = {system for one in self.measured for system in one.figures}
        return tuple(
            name for name in SYSTEMS.names() if any(system_name(name, amount) in found for amount in self.amounts)
        )

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes that were measured."""
        found = {one.mode for one in self.measured}
        return tuple(mode for mode in MODES if mode in found)

    def mean(self, mode: str, system: str, amount: Amount) -> Mapping[str, float] | None:
        """Return the mean of each score over the targets, None unless every one of them has it."""
        rows = [one.figures.get(system_name(system, amount)) for one in self.measured if one.mode == mode]
        whole = [row for row in rows if row is not None]
        if len(whole) < len(self.corpora):
            return None
        return {name: float(np.mean([row[name].mean for row in whole])) for name in SCORE_FUNCTIONS}

    def means(self) -> Iterator[tuple[str, str, Amount, Mapping[str, float]]]:
        """Yield mode, system, amount and mean scores wherever all targets have them."""
        for mode in self.modes:
            for system in self.systems:
                for amount in self.amounts:
                    mean = self.mean(mode, system, amount)
                    if mean is not None:
                        yield mode, system, amount, mean

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, as shares between 0 and 1, in plain dicts, lists and numbers."""
        return {
            "corpora": {
                corpus: {one.mode: one.summary.to_dict() for one in self.measured if one.corpus == corpus}
                for corpus in self.corpora
            },
            "means": [
                {"mode": mode, "system": SYSTEMS[system].title, "learnt": str(amount), "scores": dict(mean)}
                for mode, system, amount, mean in self.means()
            ],
            "differences": [
                {"corpus": gap.corpus, "mode": gap.mode, "learnt": str(gap.amount)} | to_dict(gap.comparison)
                for gap in self.gaps
            ],
        } | self._untidy()

    def _untidy(self) -> dict[str, Any]:
        """Return the figures of targets that are not tidy, nothing where none was measured."""
        if not self.untidy:
            return {}
        tables = [
            {"corpus": one.corpus, "mode": one.mode, "situation": one.situation} | one.summary.to_dict()
            for one in self.untidy
        ]
        return {"untidy": tables, "untidy less tidy": [one.to_dict() for one in self.beside]}


def _compared(measured: Sequence[TargetResults], mode: str, amount: Amount) -> list[Gap]:
    """Compare on every target, and correct together."""
    names = system_name(HUMPCAT, amount), system_name(PROBE, amount)
    both = [one for one in measured if one.mode == mode and all(name in one.figures for name in names)]
    compared = [
        compare_systems(*(one.predictions.of_system(name) for name in names), names=(names[0], names[1]))
        for one in both
    ]
    corrected = correct_together(compared)
    return [Gap(one.corpus, mode, amount, made) for one, made in zip(both, corrected, strict=True)]
