"""Confidence intervals that resample speakers: clips of one speaker are not independent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from humpcat.errors import SettingsError
from humpcat.evaluation.metrics import STATISTICS, Floats, Names, class_indices

_BLOCK = 4_000_000
"""Most resampling weights held at once, so that a million clips without speakers fit in memory."""


@dataclass(frozen=True)
class Interval:
    """A percentile bootstrap interval.

    Attributes:
        estimate: the statistic on the data itself, mean over draws.
        low: lower end; NaN if there is only one speaker, from whom nothing can be said of others.
        high: upper end; NaN likewise.
        level: probability that the interval aims at.
        units: number of speakers (or clips) that were resampled.
        resampled: "speakers", "clips" where no speaker is known, or "speakers and clips".
        resamples: number of resamples.
    """

    estimate: float
    low: float
    high: float
    level: float
    units: int
    resampled: str
    resamples: int


def speaker_bootstrap(
    gold: Names,
    predicted: Names,
    speakers: Sequence[str | None],
    statistic: str,
    *,
    classes: Sequence[str],
    seed: int,
    draws: Sequence[int | str] | None = None,
    ids: Sequence[str] | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return a score with the interval of a bootstrap over speakers.

    Speakers are drawn with replacement, each with all of their clips in all draws; the score is computed for each
    draw and averaged (cluster bootstrap: Davison and Hinkley, Bootstrap Methods and their Application, 1997,
    section 3.8; percentile interval: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
    A draw of which a resample has no clip is left out of that resample's mean.

    Args:
        gold: true class of each prediction.
        predicted: predicted class of each prediction, in the same order.
        speakers: speaker of each prediction, unique across corpora; None where not known: that clip is resampled
            on its own.
        statistic: "wa", "uar" or "macro_f1".
        classes: all class names.
        seed: seed of the resampling.
        draws: draw (split or training seed) of each prediction; one draw if None.
        ids: id of the clip of each prediction, so that a clip without a speaker is resampled with all its draws.
        resamples: number of resamples.
        level: probability that the interval aims at.

    Raises:
        SettingsError: the statistic or a class is unknown, lengths differ, there is no prediction, or resamples or
            level are out of range.

    Example:
        >>> gold = ["a", "b"] * 20
        >>> predicted = ["a", "b"] * 10 + ["a"] * 20
        >>> speakers = [f"s{i // 10}" for i in range(40)]
        >>> interval = speaker_bootstrap(gold, predicted, speakers, "uar", classes=["a", "b"], seed=0)
        >>> interval.estimate, interval.low, interval.high, interval.units
        (0.75, 0.5, 1.0, 4)
    """
    if statistic not in STATISTICS:
        raise SettingsError(f"statistic '{statistic}' is unknown: choose one of {', '.join(STATISTICS)}.")
    if resamples < 1 or not 0 < level < 1:
        raise SettingsError(
            f"speaker_bootstrap: resamples={resamples} and level={level:g} found, expected at least 1 and a share "
            "between 0 and 1: choose such values."
        )
    columns = (predicted, speakers, *(values for values in (draws, ids) if values is not None))
    if len(gold) == 0 or any(len(values) != len(gold) for values in columns):
        raise SettingsError(
            f"speaker_bootstrap: columns of {len(gold)}, {', '.join(str(len(values)) for values in columns)} entries "
            "found, expected the same number, at least one, in each: take them from one table."
        )
    counts = _counts(gold, predicted, speakers, classes, draws, ids)
    known = sum(speaker is not None for speaker in speakers)
    resampled = "speakers" if known == len(gold) else "speakers and clips" if known else "clips"
    units = len(counts)
    estimate = float(_mean_over_draws(counts.sum(axis=0), statistic))
    low = high = float("nan")
    if units > 1:
        rng = np.random.default_rng(seed)
        flat = counts.reshape(units, -1).astype(np.float64)
        block = max(1, _BLOCK // units)
        values = []
        for start in range(0, resamples, block):
            size = min(block, resamples - start)
            weights = rng.multinomial(units, np.full(units, 1 / units), size=size).astype(np.float64)
            values.append(_mean_over_draws((weights @ flat).reshape(size, *counts.shape[1:]), statistic))
        low, high = (float(end) for end in np.quantile(np.concatenate(values), [(1 - level) / 2, (1 + level) / 2]))
    return Interval(estimate, low, high, level, units, resampled, resamples)


def _counts(
    gold: Names,
    predicted: Names,
    speakers: Sequence[str | None],
    classes: Sequence[str],
    draws: Sequence[int | str] | None,
    ids: Sequence[str] | None,
) -> npt.NDArray[np.int64]:
    """Return confusion matrices of shape (speakers, draws, classes, classes)."""
    n = len(gold)
    clips = range(n) if ids is None else ids
    unit, n_units = _codes(
        [
            ("clip", clip) if speaker is None else ("speaker", speaker)
            for speaker, clip in zip(speakers, clips, strict=True)
        ]
    )
    draw, n_draws = _codes([0] * n if draws is None else list(draws))
    counts = np.zeros((n_units, n_draws, len(classes), len(classes)), dtype=np.int64)
    np.add.at(
        counts, (unit, draw, class_indices(gold, classes, "gold"), class_indices(predicted, classes, "predicted")), 1
    )
    return counts


def _codes(values: Sequence[Any]) -> tuple[npt.NDArray[np.intp], int]:
    """Number the different values in their sorted order, so that the order of the table changes nothing."""
    code = {value: index for index, value in enumerate(sorted(set(values)))}
    return np.array([code[value] for value in values], dtype=np.intp), len(code)


def _mean_over_draws(counts: npt.NDArray[Any], statistic: str) -> Floats:
    """Return the statistic of counts of shape (..., draws, classes, classes), averaged over draws with clips."""
    values = STATISTICS[statistic](counts)
    present = ~np.isnan(values)
    return np.asarray(np.where(present, values, 0).sum(axis=-1) / present.sum(axis=-1))
