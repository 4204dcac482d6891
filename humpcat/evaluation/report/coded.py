"""One system's predictions as numbers, from which counts of any group of clips are quickly made."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from humpcat.evaluation.metrics import Floats
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.resampling import MOST_GROUPS, SpeakerCounts, coded_counts

Codes = npt.NDArray[np.int64]

DURATIONS = (1.0, 2.0, 3.0, 5.0, 10.0)
"""Ends of the groups by duration, in seconds."""


@dataclass(frozen=True)
class Coded:
    """Predictions of one system; rows are predictions.

    Attributes:
        predictions: what was coded.
        clip: number of the clip.
        unit: number of the speaker, or of the clip beyond all speakers where the speaker is not known.
        draw: number of the draw.
        gold: index of the true class.
        answered: index of the most probable class.
        n_draws: number of draws.
        n_speakers: number of known speakers; a unit below it is one.
    """

    predictions: Predictions
    clip: Codes
    unit: Codes
    draw: Codes
    gold: Codes
    answered: Codes
    n_draws: int
    n_speakers: int

    @classmethod
    def of(cls, predictions: Predictions) -> "Coded":
        """Number what is in a table of one system.

        Args:
            predictions: the table.
        """
        table, classes = predictions.table, predictions.classes
        clip, _clips = numbered(table["id"])
        speaker, names = groups(predictions, "speaker")
        draw, draws = numbered(table["draw"])
        gold, found = numbered(table["gold"])
        place = np.array([classes.index(name) for name in found], dtype=np.int64)
        return cls(
            predictions=predictions,
            clip=clip,
            unit=np.where(speaker < 0, len(names) + clip, speaker),
            draw=draw,
            gold=place[gold],
            answered=predictions.probabilities.argmax(axis=1),
            n_draws=len(draws),
            n_speakers=len(names),
        )

    def counts(self, rows: npt.NDArray[np.intp], *, of_clips: bool = False) -> tuple[SpeakerCounts, Codes]:
        """Count some of the predictions by unit, draw, gold and answer.

        Args:
            rows: which predictions.
            of_clips: resample clips in place of speakers.

        Returns:
            Counts in which each draw has a clip, and the number of each unit of theirs.
        """
        units, unit = _compact((self.clip if of_clips else self.unit)[rows])
        draws, draw = _compact(self.draw[rows])
        made = coded_counts(
            unit,
            draw,
            self.gold[rows],
            [self.answered[rows]],
            # As speaker_counts pools; units are independent, so that any assignment will do.
            group_of=np.arange(len(units)) % MOST_GROUPS,
            shape=(len(draws), len(self.predictions.classes)),
            resampled="clips" if of_clips else "speakers",
        )
        return made, units

    def matrices(self) -> Floats:
        """Return confusion matrices of shape (draws, classes, classes)."""
        n = len(self.predictions.classes)
        cells = np.ravel_multi_index((self.draw, self.gold, self.answered), (self.n_draws, n, n))
        return np.bincount(cells, minlength=self.n_draws * n * n).reshape(self.n_draws, n, n).astype(np.float64)


def _compact(codes: Codes) -> tuple[Codes, Codes]:
    """Return the different codes and the place of each among them; np.unique would sort, which takes far longer."""
    found = np.bincount(codes) > 0
    return np.flatnonzero(found), (np.cumsum(found) - 1)[codes]


def numbered(values: pa.ChunkedArray) -> tuple[Codes, list[str]]:
    """Number the different values of a column in their sorted order; an unknown one gets -1.

    Args:
        values: the column.

    Example:
        >>> codes, names = numbered(pa.chunked_array([["b", "a", None, "b"]]))
        >>> codes.tolist(), names
        ([1, 0, -1, 1], ['a', 'b'])
    """
    coded = values.combine_chunks().dictionary_encode()
    names = coded.dictionary.to_pylist()
    rank = np.empty(len(names) + 1, dtype=np.int64)
    order = sorted(range(len(names)), key=names.__getitem__)
    rank[order] = np.arange(len(names))
    rank[-1] = -1
    return rank[coded.indices.fill_null(len(names)).to_numpy()], [names[index] for index in order]


def groups(predictions: Predictions, kind: str) -> tuple[Codes, list[str]]:
    """Number the groups of a kind.

    Args:
        predictions: a table.
        kind: "corpus", "language", "gender", "speaker" or "duration".

    Returns:
        Number of each row's group, -1 where not known, and the names of the groups.
    """
    table = predictions.table
    if kind == "duration":
        seconds = table["duration"].to_numpy()
        known = np.isfinite(seconds)
        return np.where(known, np.searchsorted(DURATIONS, seconds, side="right"), -1), _duration_names()
    if kind != "speaker":
        return numbered(table[kind])
    corpus, corpora = numbered(table["corpus"])
    speaker, names = numbered(table["speaker"])
    pairs = np.where(speaker < 0, -1, corpus * len(names) + speaker)
    found, codes = np.unique(pairs, return_inverse=True)
    offset = int(found[0] == -1)
    labels = [f"{corpora[pair // len(names)]}/{names[pair % len(names)]}" for pair in found[offset:].tolist()]
    return codes - offset, labels


def _duration_names() -> list[str]:
    ends = [f"{end:g}" for end in DURATIONS]
    between = [f"{low} to {high} s" for low, high in itertools.pairwise(ends)]
    return [f"under {ends[0]} s", *between, f"{ends[-1]} s and more"]
