"""Confusion counts a speaker: what intervals and tests resample instead of clips."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from humpcat.errors import SettingsError
from humpcat.evaluation.metrics import SCORE_FUNCTIONS, Floats, Names, class_indices

Codes = npt.NDArray[np.intp]

MOST_GROUPS = 2000
"""Units above this number are pooled at random: see :func:`speaker_counts`."""


@dataclass(frozen=True)
class SpeakerCounts:
    """Confusion matrices of the speakers (or of groups of them), for one or several systems.

    Attributes:
        counts: clips by gold (rows) and predicted class, of shape (systems, groups, draws, classes, classes).
        present: how many units of a group have clips in a draw, of shape (groups, draws).
        units: number of speakers, and of clips whose speaker is not known.
        resampled: "speakers", "clips" where no speaker is known, or "speakers and clips".
    """

    counts: Floats
    present: Floats
    units: int
    resampled: str

    @property
    def groups(self) -> int:
        """Number of groups, equal to the number of units unless those were pooled."""
        return len(self.present)

    def scores(self, weights: Floats, system: int, statistic: str) -> Floats:
        """Return the score of each resample.

        A draw counts by the share of its speakers that the resample has. Without this weight a fold of a single
        speaker would count once however often that speaker was drawn, and intervals over leave-one-speaker-out
        folds would be too narrow by a quarter.

        Args:
            weights: how often each resample takes each group, of shape (resamples, groups).
            system: index of the system.
            statistic: name of the score.

        Returns:
            Means over draws, of shape (resamples,).
        """
        matrices, shares = self._resampled(weights, system)
        values = SCORE_FUNCTIONS[statistic](matrices)
        return np.asarray((shares * np.where(shares > 0, values, 0)).sum(axis=1) / shares.sum(axis=1))

    def influence(self, weights: Floats, system: int, statistic: str) -> Floats:
        """Return the derivative of each resample's score by the weight of each group.

        The standard error of a resample is the root of its weighted sum of squares (infinitesimal jackknife: Efron
        and Tibshirani, An Introduction to the Bootstrap, 1993, section 21.4).

        Args:
            weights: how often each resample takes each group, of shape (resamples, groups).
            system: index of the system.
            statistic: name of the score.

        Returns:
            Derivatives of shape (resamples, groups).
        """
        matrices, shares = self._resampled(weights, system)
        total = shares.sum(axis=1, keepdims=True)
        values = np.where(shares > 0, SCORE_FUNCTIONS[statistic](matrices), 0)
        mean = (shares * values).sum(axis=1, keepdims=True) / total
        by_cell = _gradient(matrices, statistic) * (shares / total)[..., None, None]
        by_presence = (values - mean) / total / self.present.sum(axis=0)
        cells = self.counts[system].reshape(self.groups, -1)
        return np.asarray(by_cell.reshape(len(weights), -1) @ cells.T + by_presence @ self.present.T)

    def _resampled(self, weights: Floats, system: int) -> tuple[Floats, Floats]:
        """Return matrices of shape (resamples, draws, classes, classes) and each draw's share of its speakers."""
        counts = self.counts[system]
        matrices = (weights @ counts.reshape(self.groups, -1)).reshape(len(weights), *counts.shape[1:])
        return matrices, weights @ (self.present / self.present.sum(axis=0))


def speaker_counts(
    gold: Names,
    predicted: Sequence[Names],
    speakers: Sequence[str | None],
    *,
    classes: Sequence[str],
    rng: np.random.Generator,
    draws: Sequence[int | str] | None = None,
    ids: Sequence[str] | None = None,
) -> SpeakerCounts:
    """Count the predictions of one or several systems by speaker, draw, gold and predicted class.

    More than ``MOST_GROUPS`` speakers (or clips of unknown speakers) are pooled at random into that many groups,
    which are then resampled: for independent units this changes no variance, and a million clips stay fast.

    Args:
        gold: true class of each prediction.
        predicted: for each system the predicted class of each prediction, in the same order.
        speakers: speaker of each prediction, unique across corpora; None where not known: that clip is a unit of
            its own.
        classes: all class names.
        rng: generator of the pooling.
        draws: draw or fold of each prediction; one draw if None.
        ids: id of the clip of each prediction, so that a clip without a speaker keeps together in all its draws.

    Raises:
        SettingsError: a class is unknown, lengths differ, or there is no prediction.

    Example:
        >>> made = speaker_counts(["a", "b"], [["a", "a"]], ["s", "s"], classes="ab", rng=np.random.default_rng(0))
        >>> made.counts[0, 0, 0].tolist(), made.units, made.resampled
        ([[1.0, 0.0], [1.0, 0.0]], 1, 'speakers')
    """
    n = len(gold)
    columns = (*predicted, speakers, *(values for values in (draws, ids) if values is not None))
    if n == 0 or any(len(values) != n for values in columns):
        raise SettingsError(
            f"resampling: columns of {n}, {', '.join(str(len(values)) for values in columns)} entries found, expected "
            "the same number, at least one, in each: take them from one table."
        )
    true = class_indices(gold, classes, "gold")
    answers = [class_indices(names, classes, "predicted") for names in predicted]
    draw, n_draws = _codes([0] * n if draws is None else draws)
    clips: Sequence[Hashable] = range(n) if ids is None else ids
    known = sum(speaker is not None for speaker in speakers)
    unit, units = _codes(
        [(1, clip) if name is None else (0, name) for name, clip in zip(speakers, clips, strict=True)]
        if known < n
        else speakers
    )
    group_of = rng.permutation(units) % MOST_GROUPS if units > MOST_GROUPS else np.arange(units)
    resampled = "speakers" if known == n else "speakers and clips" if known else "clips"
    return coded_counts(
        unit, draw, true, answers, group_of=group_of, shape=(n_draws, len(classes)), resampled=resampled
    )


def coded_counts(
    unit: Codes,
    draw: Codes,
    gold: Codes,
    answers: Sequence[Codes],
    *,
    group_of: Codes,
    shape: tuple[int, int],
    resampled: str,
) -> SpeakerCounts:
    """Count predictions that are numbers already.

    Args:
        unit: number of the unit of each prediction, shape (predictions,).
        draw: number of its draw.
        gold: index of its true class.
        answers: for each system the index of the class it predicted.
        group_of: number of the group of each unit, shape (units,).
        shape: number of draws, number of classes.
        resampled: what the units are, as in :class:`SpeakerCounts`.
    """
    (n_draws, n_classes), n_groups = shape, int(group_of.max()) + 1
    cells = (n_groups, n_draws, n_classes, n_classes)
    counts = [
        np.bincount(np.ravel_multi_index((group_of[unit], draw, gold, answer), cells), minlength=math.prod(cells))
        for answer in answers
    ]
    # Each unit once a draw, however many clips it has there.
    seen = np.flatnonzero(np.bincount(unit * n_draws + draw, minlength=len(group_of) * n_draws))
    present = np.bincount(group_of[seen // n_draws] * n_draws + seen % n_draws, minlength=n_groups * n_draws)
    return SpeakerCounts(
        np.stack(counts).reshape(len(answers), *cells).astype(np.float64),
        present.reshape(n_groups, n_draws).astype(np.float64),
        len(group_of),
        resampled,
    )


def _codes(values: Sequence[Hashable] | npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.intp], int]:
    """Number the different values in their sorted order, so that the order of the table changes nothing."""
    code = {value: index for index, value in enumerate(sorted(set(values)))}
    return np.fromiter((code[value] for value in values), dtype=np.intp, count=len(values)), len(code)


def _gradient(matrix: Floats, statistic: str) -> Floats:
    """Return the derivative of a score by each count, of the shape of the matrices (..., classes, classes)."""
    n_classes = matrix.shape[-1]
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    gold, answered = matrix.sum(axis=-1), matrix.sum(axis=-2)
    identity = np.eye(n_classes)
    if statistic == "wa":
        clips = np.maximum(gold.sum(axis=-1), 1)[..., None, None]
        return np.asarray((identity - right.sum(axis=-1)[..., None, None] / clips) / clips)
    classes = np.maximum((gold > 0).sum(axis=-1), 1)[..., None]
    below = gold if statistic == "uar" else gold + answered
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(gold > 0, 1 / below, 0) / classes
        share = np.where(gold > 0, right / below, 0)
    if statistic == "uar":
        return np.asarray((identity - share[..., :, None]) * inverse[..., :, None])
    # F1 = 2 right / (gold + answered): a clip counts below once by its gold class and once by its answer.
    lost = 2 * share * inverse
    return np.asarray(2 * identity * inverse[..., :, None] - lost[..., :, None] - lost[..., None, :])
