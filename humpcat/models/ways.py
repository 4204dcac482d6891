"""What each way of use of a model gives, as it was measured: one file beside the model, which all tables are made of.

``recipes/table_ways.py`` writes it; the card, ``humpcat predict --help`` and the README say what stands in it.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from humpcat.errors import HumpcatError
from humpcat.files import read_json, write_json

WAYS = "ways.json"
"""Name of the file beside the model."""


@dataclass(frozen=True)
class Way:
    """One way of use.

    Attributes:
        given: what there is to go by.
        command: what a user types then.
        uar: unweighted average recall, 0 to 1, the mean over draws.
        low: lower end of its 95 % interval; None where too few speakers are known for one.
        high: upper end.
    """

    given: str
    command: str
    uar: float
    low: float | None
    high: float | None

    def figure(self, digits: int) -> str:
        """Return the recall in per cent with its interval.

        Args:
            digits: behind the point.

        Example:
            >>> Way("", "", 0.582, 0.5481, 0.615).figure(1)
            '58.2 [54.8, 61.5]'
        """
        ends = (
            ""
            if self.low is None or self.high is None
            else f" [{100 * self.low:.{digits}f}, {100 * self.high:.{digits}f}]"
        )
        return f"{100 * self.uar:.{digits}f}{ends}"


@dataclass(frozen=True)
class Ways:
    """The ways of use of a model on one corpus of which it has learnt nothing.

    Attributes:
        title: the corpus, as its owner calls it.
        speakers: how many test.
        clips: how many test.
        draws: of who adapts and who tests.
        classes: how many the model tells apart.
        model_hash: of the weights that were measured.
        ways: the rows.
    """

    title: str
    speakers: int
    clips: int
    draws: int
    classes: int
    model_hash: str
    ways: tuple[Way, ...]

    @classmethod
    def read(cls, folder: Path) -> "Ways | None":
        """Read what lies beside a model; None where nothing does.

        Args:
            folder: the model's folder.

        Raises:
            HumpcatError: the file is damaged.
        """
        if not (folder / WAYS).is_file():
            return None
        found = read_json(folder / WAYS)
        try:
            return cls(**{**found, "ways": tuple(Way(**way) for way in found["ways"])})
        except (KeyError, TypeError) as error:
            raise HumpcatError(
                f"{folder / WAYS}: is no table of ways of use ({type(error).__name__} {error}): measure them again by "
                "recipes/table_ways.py."
            ) from None

    def write(self, folder: Path) -> None:
        """Write the file into a model's folder."""
        write_json(folder / WAYS, asdict(self))

    def markdown(self) -> str:
        """Return what was measured and the table."""
        head = ["| what there is | what you type | UAR % |", "|---|---|---|"]
        rows = [f"| {way.given} | `{way.command}` | {way.figure(1)} |" for way in self.ways]
        return "\n".join([self._measured(), "", *head, *rows])

    def lines(self) -> list[str]:
        """Return the same as lines for a terminal."""
        return [self._measured(), *(f"{way.given}: {way.figure(0)} %: {way.command}" for way in self.ways)]

    def _measured(self) -> str:
        return (
            f"UAR of {self.classes} classes (chance: {100 / self.classes:.0f} %) on {self.title}, of which the model "
            f"has learnt nothing: {self.clips} clips of {self.speakers} speakers, {self.clips / self.speakers:.0f} of "
            f"each; mean over {self.draws} draws of who adapts, in brackets the 95 % interval that resamples speakers."
        )
