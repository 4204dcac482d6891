"""The result table: systems by scores with their intervals, as Markdown and as plain figures."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from humpcat.evaluation.markdown_table import markdown_table
from humpcat.protocols.guarantee import Guarantee
from humpcat.shown import one_line

HEADINGS = {"wa": "accuracy (WA) %", "uar": "UAR %", "macro_f1": "macro-F1 %"}
"""How each score is named in a table."""


@dataclass(frozen=True)
class Figure:
    """One score of one system, between 0 and 1.

    Attributes:
        mean: mean over draws.
        sd: standard deviation (n - 1) over draws, or over folds where there is one draw; None for a single test.
        low: lower end of the interval, None where there is none.
        high: upper end of the interval, None where there is none.
    """

    mean: float
    sd: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """Return per cents, such as ``61.2 ± 3.0 [55.1, 67.9]``."""
        spread = "" if self.sd is None else f" ± {100 * self.sd:.1f}"
        ends = "" if self.low is None or self.high is None else f" [{100 * self.low:.1f}, {100 * self.high:.1f}]"
        return f"{100 * self.mean:.1f}{spread}{ends}"


@dataclass(frozen=True)
class SystemScores:
    """The scores of one system.

    Attributes:
        system: its name.
        guarantee: guarantees of its splits.
        figures: score ("wa", "uar", "macro_f1") to figure.
    """

    system: str
    guarantee: str
    figures: Mapping[str, Figure]

    @property
    def speaker_dependent(self) -> bool:
        """Whether test speakers were, or may have been, heard before."""
        return Guarantee.parse(self.guarantee).speaker_dependent


@dataclass(frozen=True)
class Summary:
    """The result table of a predictions table.

    Attributes:
        guarantee: what the splits guarantee; if systems differ, each is named.
        speakers: number of test speakers, 0 if none is known.
        clips: number of test clips.
        draws: number of draws.
        folds: number of folds of a draw, 1 where there are none.
        classes: class names.
        level: level of the intervals.
        resamples: number of bootstrap resamples.
        systems: chance, then the systems in the order of the predictions table.
        notes: sentences that a reader of the figures has to know.
    """

    guarantee: str
    speakers: int
    clips: int
    draws: int
    folds: int
    classes: tuple[str, ...]
    level: float
    resamples: int
    systems: tuple[SystemScores, ...]
    notes: tuple[str, ...]

    @property
    def speaker_dependent(self) -> bool:
        """Whether that is so of any system."""
        return any(row.speaker_dependent for row in self.systems)

    @property
    def tests(self) -> str:
        """Return how many draws there are and, if there are folds, how many of these."""
        folds = count(self.folds, "fold")
        if self.folds == 1:
            return count(self.draws, "draw")
        return folds if self.draws == 1 else f"{count(self.draws, 'draw')} of {folds}"

    def markdown(self) -> str:
        """Return the table as Markdown that also reads well in a terminal; its first line is the guarantee."""
        cells = [["system", *HEADINGS.values()]]
        cells += [[row.system, *(str(row.figures[name]) for name in HEADINGS)] for row in self.systems]
        speakers = count(self.speakers, "speaker") if self.speakers else "speakers not known"
        size = f"{speakers}, {count(self.clips, 'clip')}, {self.tests}"
        return "\n".join(
            [
                f"Guarantee: {one_line(self.guarantee)} ({size}).",
                "",
                *markdown_table(cells, padded=True),
                "",
                *map(one_line, self.notes),
                "",
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the same figures, as shares between 0 and 1, in plain dicts, lists and numbers."""
        return asdict(self) | {
            "classes": list(self.classes),
            "systems": [asdict(row) for row in self.systems],
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Summary":
        """Build the table that :meth:`to_dict` gave.

        Args:
            content: what it gave.

        Example:
            >>> row = SystemScores("chance", "none", {"wa": Figure(0.25, None)})
            >>> one = Summary("none", 2, 8, 1, 1, ("happy", "sad"), 0.95, 1000, (row,), ())
            >>> Summary.from_dict(one.to_dict()) == one
            True
        """
        rows = (
            SystemScores(
                row["system"], row["guarantee"], {name: Figure(**one) for name, one in row["figures"].items()}
            )
            for row in content["systems"]
        )
        lists = {"classes": tuple(content["classes"]), "systems": tuple(rows), "notes": tuple(content["notes"])}
        return cls(**{**content, **lists})


def count(n: int, what: str) -> str:
    """Return a number with its noun.

    Args:
        n: the number.
        what: the noun in the singular.

    Example:
        >>> count(1, "speaker"), count(2, "speaker")
        ('1 speaker', '2 speakers')
    """
    return f"{n} {what}{'' if n == 1 else 's'}"
