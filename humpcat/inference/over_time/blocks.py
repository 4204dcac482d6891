"""A recording block by block, so that memory does not grow with its length."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from humpcat import audio
from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.decoding import libsndfile
from humpcat.errors import AudioError
from humpcat.segment import Segment, address, segment_of

BLOCK_SECONDS = 300.0
"""Speech that is decoded at once: five minutes are 20 MB."""


@dataclass(frozen=True)
class Recording:
    """A recording that is read part by part.

    Attributes:
        source: a path, or whatever else :func:`humpcat.audio.load` takes.
        seconds: its length.
        channel: which channel is heard; the mean of all by default.
        samples: what was decoded of a source that cannot be read by parts, None where it can.
    """

    source: Any
    seconds: float
    channel: str | int | None = None
    samples: Waveform | None = None

    @classmethod
    def of(cls, source: Any, channel: str | int | None = None) -> "Recording":
        """Open a recording; files are read by parts, anything else is decoded at once.

        Args:
            source: as for :func:`humpcat.audio.load`.
            channel: "left", "right" or a number from 0; the mean of all by default.

        Raises:
            AudioError: it cannot be used.
        """
        if (found := _readable_by_parts(source)) is not None:
            return cls(str(source), found.duration, channel)
        samples = audio.load(source, channel=channel)
        return cls(source, len(samples) / SAMPLING_RATE, channel, samples)

    @classmethod
    def each(cls, source: Any) -> list["Recording"]:
        """Open every channel of a recording as a recording of its own.

        Args:
            source: as for :meth:`of`.

        Raises:
            AudioError: it cannot be used.
        """
        if (found := _readable_by_parts(source)) is not None:
            return [cls(str(source), found.duration, place) for place in range(found.channels)]
        whole = audio.read(source)
        waveforms = [whole.waveform(channel=place) for place in range(whole.channels)]
        return [cls(source, len(heard) / SAMPLING_RATE, place, heard) for place, heard in enumerate(waveforms)]

    def part(self, start: float, end: float) -> Waveform:
        """Return what lies between two times in seconds, shape (samples,), at ``SAMPLING_RATE``.

        Raises:
            AudioError: it cannot be decoded.
        """
        if self.samples is not None:
            return self.samples[round(start * SAMPLING_RATE) : round(end * SAMPLING_RATE)]
        last = None if end >= self.seconds else end
        return audio.load(address(self.source, start, last), channel=self.channel)

    def blocks(self) -> Iterator[tuple[float, float]]:
        """Yield beginnings and ends of blocks in seconds."""
        for start in np.arange(0.0, self.seconds, BLOCK_SECONDS):
            end = min(float(start) + BLOCK_SECONDS, self.seconds)
            # What is shorter than a clip may be is no block of its own.
            if end - start >= 1.0 or start == 0:
                yield float(start), end

    def peak(self) -> float:
        """Return the largest amplitude, by which quiet recordings are told from silence.

        Raises:
            AudioError: no sample is there.
        """
        found = [float(np.abs(self.part(*block)).max(initial=0.0)) for block in self.blocks()]
        if not found:
            raise AudioError(f"{self.source}: holds no sample: leave it out.")
        return max(found)


def _readable_by_parts(source: Any) -> audio.AudioInfo | None:
    """Return what a long file's header says, where it can be decoded from a place on; None for anything else."""
    if not isinstance(source, str | Path) or segment_of(source) is not None:
        return None
    found = audio.probe(source)
    # What cannot be decoded from a place on is decoded once, not once a block.
    first = Segment(str(source), 0.0, BLOCK_SECONDS)
    return found if found.duration > BLOCK_SECONDS and libsndfile.decode_part(first) is not None else None
