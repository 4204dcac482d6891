"""A part of an audio file as one string, so that whatever is handed a path is handed the part and nothing else.

Written as media fragments are (W3C, Media Fragments URI 1.0): ``call.wav#t=1.5,4`` is what lies between 1.5 and 4
seconds. A program that does not know this finds no such file, where a path beside two numbers would be read whole.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from humpcat.errors import AudioError

ROUNDING = 0.1
"""Seconds by which a part may end after its file does, as annotations that were rounded do."""

_TIME = r"\d+(?:\.\d+)?"
_ADDRESS = re.compile(rf"(?P<path>.+)#t=(?P<start>{_TIME})?(?:,(?P<end>{_TIME}))?", re.DOTALL)


@dataclass(frozen=True)
class Segment:
    """A part of a file.

    Attributes:
        path: the file.
        start: where the part begins, in seconds.
        end: where it ends, None for the end of the file.
    """

    path: str
    start: float
    end: float | None

    @property
    def address(self) -> str:
        """The part as one string."""
        return address(self.path, self.start, self.end)

    def frames(self, length: int, rate: int) -> tuple[int, int]:
        """Return the first sample of the part and the one behind its last.

        Args:
            length: samples of the whole file.
            rate: samples per second.

        Raises:
            AudioError: the part is empty, or lies beyond the file.

        Example:
            >>> Segment("call.wav", 0.5, 2.04).frames(32_000, 16_000)
            (8000, 32000)
        """
        seconds = length / rate
        until = "the end" if self.end is None else f"{self.end:g} s"
        if self.end is not None and self.end <= self.start:
            raise AudioError(
                f"{self.address}: the part from {self.start:g} s to {until} is empty, expected an end after the "
                "start: mend the table."
            )
        if self.start >= seconds or (self.end is not None and self.end > seconds + ROUNDING):
            raise AudioError(
                f"{self.address}: the part from {self.start:g} s to {until} lies beyond the file, which lasts "
                f"{seconds:.2f} s: mend the table, whose times are taken for seconds unless the column's name says "
                "otherwise (start_ms), or read whole files by --columns start=."
            )
        last = length if self.end is None else min(round(self.end * rate), length)
        return round(self.start * rate), last


def address(path: str | Path, start: float = 0.0, end: float | None = None) -> str:
    """Return a part of a file as one string; the path itself where the part is the whole.

    Args:
        path: the file.
        start: where the part begins, in seconds.
        end: where it ends, None for the end of the file.

    Example:
        >>> address("call.wav", 1.5, 4), address("call.wav", 1.5), address("call.wav")
        ('call.wav#t=1.5,4', 'call.wav#t=1.5', 'call.wav')
    """
    if not start and end is None:
        return str(path)
    return f"{path}#t={_written(start)}" + ("" if end is None else f",{_written(end)}")


def parsed(text: str) -> Segment | None:
    """Return the part that a string names, None for a string that names a whole file.

    Args:
        text: as :func:`address` writes it.

    Example:
        >>> parsed("call.wav#t=1.5,4"), parsed("call.wav")
        (Segment(path='call.wav', start=1.5, end=4.0), None)
    """
    match = _ADDRESS.fullmatch(text) if "#t=" in text else None
    if match is None or (match["start"] is None and match["end"] is None):
        return None
    return Segment(match["path"], float(match["start"] or 0), float(match["end"]) if match["end"] else None)


def segment_of(source: object) -> Segment | None:
    """Return the part of a file that a source of audio names, None for everything else.

    Args:
        source: as for :func:`humpcat.audio.load`. A file that is really called so is itself.
    """
    if not isinstance(source, str | Path):
        return None
    segment = parsed(str(source))
    return None if segment is None or Path(source).is_file() else segment


def _written(seconds: float) -> str:
    return f"{seconds:.6f}".rstrip("0").rstrip(".")
