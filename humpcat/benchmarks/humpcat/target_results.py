"""One target in one mode and situation: what was answered, and the table of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from humpcat.benchmarks.humpcat.target import target_name
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.table import Figure, Summary
from humpcat.protocols.guarantee import Guarantee
from humpcat.protocols.situations import TIDY


@dataclass(frozen=True)
class TargetResults:
    """One target in one mode and situation.

    Attributes:
        corpus: registered name of the target.
        title: the owner's name for it.
        mode: one of ``MODES``.
        predictions: all systems and draws.
        summary: their result table.
        situation: what of the target lay there without labels.
    """

    corpus: str
    title: str
    mode: str
    predictions: Predictions
    summary: Summary
    situation: str = TIDY

    @property
    def name(self) -> str:
        """The target, the mode, and the situation unless it is tidy."""
        return target_name(self.corpus, self.mode, self.situation)

    @property
    def guarantee(self) -> str:
        """What the splits guarantee of the test speakers; what validates is said in the result table."""
        found = [str(Guarantee.parse(text).of_the_test) for text in self.predictions.values("guarantee")]
        return str(Guarantee.together(found))

    @property
    def speaker_dependent(self) -> bool:
        """Whether a test speaker was heard, or it is not known who speaks."""
        return self.summary.speaker_dependent

    @property
    def figures(self) -> Mapping[str, Mapping[str, Figure]]:
        """Name of the system, "chance" among them, to score to figure."""
        return {row.system: row.figures for row in self.summary.systems}
