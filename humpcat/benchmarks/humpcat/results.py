"""A benchmark's figures from its predictions: systems on several targets, by how much they have learnt of each."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from humpcat.evaluation.comparison import to_dict
from humpcat.evaluation.metrics import SCORE_FUNCTIONS
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.significance import Comparison, compare_systems, correct_together
from humpcat.evaluation.table import Figure, Summary, count
from humpcat.protocols.split import SPEAKER_DEPENDENT

HUMPCAT, PROBE = "humpcat", "probe"

MODELS = {HUMPCAT: "HuMP-CAT", PROBE: "linear probe", "target-only": "target-only"}
"""What is compared, and how it is called in tables."""

MODES = {"source": "inductive", "corpus": "corpus-adaptive", "speaker": "speaker-adaptive"}
"""What is known of the target without labels, by what standardises it, and how that is called."""


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
    def rank(self) -> float:
        """Where the amount stands among others: none, shots by their number, a share."""
        return (self.shots or 0) if self.share is None else math.inf


ZERO_SHOT = Amount()


def system_name(model: str, amount: Amount) -> str:
    """Return the name of a system in the predictions table.

    Args:
        model: one of ``MODELS``.
        amount: what it has learnt.

    Example:
        >>> system_name("probe", Amount(shots=1))
        'linear probe (1 clip a class)'
    """
    return f"{MODELS[model]} ({amount})"


@dataclass(frozen=True)
class TargetResults:
    """One target in one mode.

    Attributes:
        corpus: registered name of the target.
        title: the owner's name for it.
        mode: one of ``MODES``.
        predictions: all systems and draws.
        summary: their result table.
    """

    corpus: str
    title: str
    mode: str
    predictions: Predictions
    summary: Summary

    @property
    def guarantee(self) -> str:
        """What the splits guarantee of the test speakers; what validates is said in the result table."""
        return "; ".join(sorted({text.partition(";")[0] for text in self.predictions.values("guarantee")}))

    @property
    def speaker_dependent(self) -> bool:
        """Whether a test speaker was heard, or it is not known who speaks."""
        return SPEAKER_DEPENDENT in self.summary.guarantee

    @property
    def figures(self) -> Mapping[str, Mapping[str, Figure]]:
        """Name of the system, "chance" among them, to score to figure."""
        return {row.system: row.figures for row in self.summary.systems}


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
        measured: every target in every mode.
        amounts: what was learnt, none first.
        gaps: HuMP-CAT beside the linear probe.
    """

    measured: tuple[TargetResults, ...]
    amounts: tuple[Amount, ...]
    gaps: tuple[Gap, ...]

    @classmethod
    def of(cls, measured: Sequence[TargetResults], amounts: Sequence[Amount]) -> "BenchmarkResults":
        """Compare what was measured.

        A family of tests is one mode and one amount: all targets and scores of it are corrected together.

        Args:
            measured: at least one target in one mode.
            amounts: all amounts that may be there.
        """
        found = {system for one in measured for system in one.figures}
        present = tuple(a for a in amounts if any(system_name(model, a) in found for model in MODELS))
        modes = dict.fromkeys(one.mode for one in measured)
        families = (_compared(measured, mode, amount) for mode in modes for amount in present)
        return cls(tuple(measured), present, tuple(gap for family in families for gap in family))

    @property
    def corpora(self) -> Mapping[str, str]:
        """Registered name to title of each target."""
        return {one.corpus: one.title for one in self.measured}

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes that were measured."""
        return tuple(dict.fromkeys(one.mode for one in self.measured))

    def mean(self, mode: str, model: str, amount: Amount) -> Mapping[str, float] | None:
        """Return the mean of each score over the targets, None unless every one of them has it.

        Args:
            mode: one of ``MODES``.
            model: one of ``MODELS``.
            amount: what was learnt.
        """
        rows = [one.figures.get(system_name(model, amount)) for one in self.measured if one.mode == mode]
        whole = [row for row in rows if row is not None]
        if len(whole) < len(self.corpora):
            return None
        return {name: float(np.mean([row[name].mean for row in whole])) for name in SCORE_FUNCTIONS}

    def means(self) -> Iterator[tuple[str, str, Amount, Mapping[str, float]]]:
        """Yield mode, model, amount and mean scores wherever all targets have them."""
        for mode in self.modes:
            for model in MODELS:
                for amount in self.amounts:
                    mean = self.mean(mode, model, amount)
                    if mean is not None:
                        yield mode, model, amount, mean

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, as shares between 0 and 1, in plain dicts, lists and numbers."""
        return {
            "corpora": {
                corpus: {one.mode: one.summary.to_dict() for one in self.measured if one.corpus == corpus}
                for corpus in self.corpora
            },
            "means": [
                {"mode": mode, "system": MODELS[model], "learnt": str(amount), "scores": dict(mean)}
                for mode, model, amount, mean in self.means()
            ],
            "differences": [
                {"corpus": gap.corpus, "mode": gap.mode, "learnt": str(gap.amount)} | to_dict(gap.comparison)
                for gap in self.gaps
            ],
        }


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
