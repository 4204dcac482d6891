"""What every maker of hostile files gives."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

EITHER, ANSWERED, FLAGGED, REFUSED = "either", "answered", "flagged", "refused"


@dataclass(frozen=True)
class Case:
    """One hostile input.

    Attributes:
        name: what was done to what, such as "12 truncate flac".
        path: the file or folder to be opened.
        kind: audio, tables, checkpoints or stores.
        expectation: "answered"; "flagged", answered with a flag; "refused"; or "either", where a damage may well
            leave a file that is still good.
    """

    name: str
    path: Path
    kind: str
    expectation: str = EITHER


class Cases:
    """Makes the cases of one kind.

    Args:
        folder: where files are written.
    """

    kind: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Write the valid files that are damaged later."""

    @abstractmethod
    def make(self, number: int, random: Random) -> Case:
        """Write one case.

        Args:
            number: of the case; its file is named by it.
            random: what everything is drawn from.
        """

    def cases(self, seed: int, count: int, first: int = 0) -> Iterator[Case]:
        """Yield cases one by one, each written when it is asked for.

        Args:
            seed: of the whole.
            count: how many.
            first: number of the first.
        """
        for number in range(first, first + count):
            yield self.make(number, Random(f"{self.kind} {seed} {number}"))
