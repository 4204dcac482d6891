"""What a step hears: drawn anew for every step from the seed and the step's number, whatever was drawn before."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import soxr
import torch
from torch import Tensor

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.distillation.augmentation import drawn_speed, mixed, paused, recorded
from humpcat.distillation.clips import Clips
from humpcat.distortions import generator_of
from humpcat.errors import AudioError
from humpcat.features.base import FRAME_SAMPLES

HELD_OUT_SHARE = 64
"""One clip of so many is not learnt from, but measured on."""

HELD_OUT_LEAST = 2
"""Clips of each corpus that are not learnt from, at least."""

HELD_OUT_MOST = 64
"""Clips that are measured on."""

_SHORTEST = 5 * FRAME_SAMPLES


@dataclass(frozen=True)
class Batch:
    """What a step hears.

    Attributes:
        teacher: crops as the teacher hears them, each of shape (samples,).
        student: crops as the student hears them: ``copies`` of all, one after the other, in the teacher's order.
        place: where within the longest stretch the student hears them, from 0 to 1.
    """

    teacher: list[Tensor]
    student: list[Tensor]
    place: float


class Draws:
    """Draws crops: corpora by the square root of their lengths, their clips alike.

    Args:
        corpora: audio to learn from, without what is held out.
        seconds: length of a crop in the middle; the crops of a step are half to twice as long.
        batch_seconds: what the student hears in a step.
        copies: recordings of each crop.
        seed: of everything that is drawn.

    Raises:
        AudioError: a corpus has too few clips.
    """

    def __init__(
        self, corpora: Sequence[Clips], *, seconds: float, batch_seconds: float, copies: int, seed: int
    ) -> None:
        self.seconds, self.batch_seconds, self.copies, self.seed = seconds, batch_seconds, copies, seed
        self._corpora = list(corpora)
        self._places = [np.setdiff1d(np.arange(len(one)), list(held_out(one))) for one in corpora]
        lengths = np.sqrt([one.seconds for one in corpora])
        self._shares = lengths / lengths.sum()

    def __call__(self, step: int, purpose: str = "steps") -> Batch:
        """Return what a step hears.

        Args:
            step: its number, from 0.
            purpose: what it is drawn for; another purpose hears something else.
        """
        generator = generator_of(self.seed, purpose, str(step))
        seconds = half_to_twice(self.seconds, generator)
        crops = max(1, round(self.batch_seconds / seconds / self.copies))
        voices = [
            paused(mixed(self._crop(seconds, generator), lambda: self._crop(seconds, generator), generator), generator)
            for _ in range(crops)
        ]
        heard = [recorded(voice, generator) for _ in range(self.copies) for voice in voices]
        teacher, student = ([torch.from_numpy(each) for each in one] for one in (voices, heard))
        return Batch(teacher, student, float(generator.random()))

    def _crop(self, seconds: float, generator: np.random.Generator) -> Waveform:
        """Return a crop of a clip, at another speed as it may be; as long as the clip where that is shorter."""
        corpus = int(generator.choice(len(self._corpora), p=self._shares))
        clips, place = self._corpora[corpus], int(generator.choice(self._places[corpus]))
        speed = drawn_speed(generator)
        wanted, there = round(seconds * speed * SAMPLING_RATE), clips.length(place)
        start = int(generator.integers(max(there - wanted, 0) + 1))
        crop = clips.part(place, start, wanted)
        if speed != 1.0:
            crop = soxr.resample(crop, speed * SAMPLING_RATE, SAMPLING_RATE, quality="LQ")
        # Whole frames, of whose numbers of samples Fourier transforms are fast.
        whole = max(_SHORTEST, len(crop) // FRAME_SAMPLES * FRAME_SAMPLES)
        return np.pad(crop[:whole], (0, max(0, whole - len(crop))))


def half_to_twice(seconds: float, generator: np.random.Generator) -> float:
    """Return a length from half to twice as long, even on a logarithmic scale.

    Args:
        seconds: the length in the middle.
        generator: draws it.

    Example:
        >>> lengths = [half_to_twice(2.0, np.random.default_rng(seed)) for seed in range(100)]
        >>> 1 <= min(lengths) < 1.2, 3.5 < max(lengths) <= 4
        (True, True)
    """
    return float(seconds * 2 ** generator.uniform(-1, 1))


def held_out(clips: Clips) -> frozenset[int]:
    """Return which clips are not learnt from: of a corpus' ids the first by their hashes, whatever else is there.

    Args:
        clips: of one corpus.

    Raises:
        AudioError: there are too few to hold any out.
    """
    if len(clips) < 2 * HELD_OUT_LEAST:
        raise AudioError(
            f"{clips.name}: {len(clips)} usable clips, expected at least {2 * HELD_OUT_LEAST}: learn from more audio."
        )
    order = sorted(range(len(clips)), key=lambda place: blake2b(clips.ids[place].encode(), digest_size=8).digest())
    return frozenset(order[: max(HELD_OUT_LEAST, len(clips) // HELD_OUT_SHARE)])


def held_out_clips(corpora: Sequence[Clips], longest: float) -> list[Tensor]:
    """Return the beginnings of clips that are not learnt from, corpora in turn, always the same.

    Args:
        corpora: audio that is learnt from.
        longest: seconds above which a clip is cut.

    Raises:
        AudioError: a corpus has too few clips.
    """
    queues = [[(one, place) for place in sorted(held_out(one))] for one in corpora]
    turns = [queue[turn] for turn in range(max(map(len, queues))) for queue in queues if turn < len(queue)]
    samples = round(longest * SAMPLING_RATE)
    return [torch.from_numpy(clips.part(place, 0, samples)) for clips, place in turns[:HELD_OUT_MOST]]
