"""Confidence intervals that resample speakers: clips of one speaker are not independent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from humpcat.errors import SettingsError
from humpcat.evaluation.metrics import SCORE_FUNCTIONS, Floats, Names
from humpcat.evaluation.resampling import SpeakerCounts, speaker_counts
from humpcat.setting_ranges import PARTS, RESAMPLES, SEEDS

BLOCK = 2_000_000
"""Most numbers of one array held at once while resampling."""

_ROUNDING = 1e-12
_EDGE = 1e-9
"""Scores nearer to 0 or 1 are moved here before the logit."""


@dataclass(frozen=True)
class Interval:
    """A studentised bootstrap interval.

    Attributes:
        estimate: the statistic on the data itself, mean over draws.
        low: lower end; NaN if there is only one speaker, from whom nothing can be said of others, or no spread.
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

    def __str__(self) -> str:
        """Return per cents, such as ``61.2 [55.1, 67.9]``."""
        ends = "" if math.isnan(self.low) else f" [{100 * self.low:.1f}, {100 * self.high:.1f}]"
        return f"{100 * self.estimate:.1f}{ends}"


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

    The same as :func:`speaker_bootstraps` for one score.

    Args:
        gold: true class of each prediction.
        predicted: predicted class of each prediction, in the same order.
        speakers: speaker of each prediction; None where not known.
        statistic: "wa", "uar" or "macro_f1".
        classes: all class names.
        seed: seed of the resampling.
        draws: draw or fold of each prediction; one draw if None.
        ids: id of the clip of each prediction.
        resamples: number of resamples.
        level: probability that the interval aims at.

    Raises:
        SettingsError: the statistic is unknown, or as for :func:`speaker_bootstraps`.

    Example:
        >>> gold = ["a", "b"] * 20
        >>> predicted = ["a", "b"] * 13 + ["a", "a"] * 7
        >>> speakers = [f"s{i // 4}" for i in range(40)]
        >>> interval = speaker_bootstrap(gold, predicted, speakers, "uar", classes=["a", "b"], seed=0)
        >>> interval.estimate, interval.units, interval.low < 0.7 < 0.9 < interval.high
        (0.825, 10, True)
    """
    if statistic not in SCORE_FUNCTIONS:
        raise SettingsError(f"statistic '{statistic}' is unknown: choose one of {', '.join(SCORE_FUNCTIONS)}.")
    return speaker_bootstraps(
        gold,
        predicted,
        speakers,
        classes=classes,
        seed=seed,
        draws=draws,
        ids=ids,
        resamples=resamples,
        level=level,
        statistics=(statistic,),
    )[statistic]


def speaker_bootstraps(
    gold: Names,
    predicted: Names,
    speakers: Sequence[str | None],
    *,
    classes: Sequence[str],
    seed: int,
    draws: Sequence[int | str] | None = None,
    ids: Sequence[str] | None = None,
    resamples: int = 1000,
    level: float = 0.95,
    statistics: Sequence[str] = tuple(SCORE_FUNCTIONS),
) -> dict[str, Interval]:
    """Return each score with the interval of a bootstrap over speakers, all from the same resamples.

    Speakers are drawn with replacement, each with all of their clips in all draws; the score is computed for each
    draw and averaged. The plain percentile interval is too short for few speakers or for speakers with unequal
    numbers of clips. So each resample's distance from the estimate, on the logit scale, is divided by the standard
    error of that very resample, and the quantile of the absolute ratios takes the place of 1.96: the symmetric
    studentised bootstrap (Hall, "On symmetric bootstrap confidence intervals", 1988; Davison and Hinkley, Bootstrap
    Methods and their Application, 1997, sections 3.8 and 5.2). ``recipes/bench_intervals.py`` measures the coverage.

    Where all answers are right (or all wrong) no resample differs. Then the other end is (1 - level) / 2 to the
    power of one over the number of speakers, which holds however alike the clips of a speaker are (after Hanley
    and Lippman-Hand, "If nothing goes wrong, is everything all right?", 1983). The same share of speakers may be
    otherwise wherever all speakers are alike. Where resamples differ but no standard error can be computed (a few
    clips, one a class, say), there is no interval.

    Args:
        gold: true class of each prediction.
        predicted: predicted class of each prediction, in the same order.
        speakers: speaker of each prediction, unique across corpora; None where not known: that clip is resampled
            on its own.
        classes: all class names.
        seed: seed of the resampling.
        draws: draw (split or training seed) or fold of each prediction; one draw if None.
        ids: id of the clip of each prediction, so that a clip without a speaker is resampled with all its draws.
        resamples: number of resamples.
        level: probability that the intervals aim at.
        statistics: names of the scores.

    Raises:
        SettingsError: a class is unknown, lengths differ, there is no prediction, or resamples or level are out of
            range.

    Example:
        >>> found = speaker_bootstraps(["a"] * 4, ["a"] * 4, ["s", "s", "t", "u"], classes=["a", "b"], seed=0)
        >>> str(found["wa"])
        '100.0 [29.2, 100.0]'
    """
    check_resampling(resamples, level, seed)
    rng = np.random.default_rng(seed)
    counts = speaker_counts(gold, [predicted], speakers, classes=classes, rng=rng, draws=draws, ids=ids)
    ends = bootstrap(counts, tuple(statistics), rng=rng, resamples=resamples, level=level)
    return {
        name: Interval(*found, level=level, units=counts.units, resampled=counts.resampled, resamples=resamples)
        for name, found in ends.items()
    }


def check_resampling(resamples: int, level: float, seed: int) -> None:
    """Refuse numbers with which nothing can be resampled.

    Args:
        resamples: number of resamples.
        level: probability that an interval aims at.
        seed: seed of the resampling.

    Raises:
        SettingsError: one of them is out of range.
    """
    SEEDS.require("seed", seed)
    RESAMPLES.require("resamples", resamples)
    PARTS.require("level", level)


def bootstrap(
    counts: SpeakerCounts, statistics: Sequence[str], *, rng: np.random.Generator, resamples: int, level: float
) -> dict[str, tuple[float, float, float]]:
    """Return estimate, lower and upper end of each score, or of the difference of two systems' scores.

    Args:
        counts: counts of one system, or of two: then of the first less the second, not on the logit scale.
        statistics: names of the scores.
        rng: generator of the resampling.
        resamples: number of resamples.
        level: probability that the intervals aim at.
    """
    groups = counts.groups
    whole = np.ones((1, groups))
    estimates = {name: float(_score(counts, whole, name)[0]) for name in statistics}
    if counts.units == 1:
        return {name: (value, math.nan, math.nan) for name, value in estimates.items()}
    logit = len(counts.counts) == 1
    ratios: dict[str, list[Floats]] = {name: [] for name in statistics}
    alike = dict.fromkeys(statistics, True)
    block = max(1, BLOCK // max(groups, counts.counts[0, 0].size))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        weights = rng.multinomial(groups, np.full(groups, 1 / groups), size=size).astype(np.float64)
        for name in statistics:
            values = _score(counts, weights, name)
            errors = _error(counts, weights, name)
            if logit:
                distance, errors = _logit(values) - _logit(estimates[name]), errors / _slope(values)
            else:
                distance = values - estimates[name]
            moved = np.abs(values - estimates[name]) > _ROUNDING
            alike[name] = alike[name] and not moved.any()
            with np.errstate(divide="ignore", invalid="ignore"):
                ratios[name].append(np.where(moved, np.abs(distance) / errors, 0))
    # A resample of one speaker only has no spread and an infinite ratio, one of two may have next to none. Where
    # that decides the quantile (below six speakers, or hardly any mistake), Student's is the guide.
    usual = float(student.ppf((1 + level) / 2, groups - 1))
    found = {}
    for name, value in estimates.items():
        factor = float(np.quantile(np.concatenate(ratios[name]), level, method="higher"))
        factor = min(factor, 2 * usual) if math.isfinite(factor) else usual
        error = float(_error(counts, whole, name)[0])
        lowest = 0.0 if logit else -1.0
        if error == 0 and alike[name]:
            # All that is known is that this share of speakers may be otherwise.
            other = 1 - ((1 - level) / 2) ** (1 / groups)
            found[name] = (value, value + other * (lowest - value), value + other * (1 - value))
        elif error == 0:
            found[name] = (value, math.nan, math.nan)
        elif not logit:
            found[name] = (value, max(lowest, value - factor * error), min(1.0, value + factor * error))
        else:
            reach = factor * error / _slope(value)
            low, high = (float(_expit(_logit(value) + side * reach)) for side in (-1, 1))
            found[name] = (value, low, high)
    return found


def _score(counts: SpeakerCounts, weights: Floats, statistic: str) -> Floats:
    first, *rest = (counts.scores(weights, system, statistic) for system in range(len(counts.counts)))
    return first - rest[0] if rest else first


def _error(counts: SpeakerCounts, weights: Floats, statistic: str) -> Floats:
    """Return the standard error of each resample's score, of shape (resamples,)."""
    first, *rest = (counts.influence(weights, system, statistic) for system in range(len(counts.counts)))
    influence = first - rest[0] if rest else first
    errors = np.sqrt((weights * influence**2).sum(axis=1) * counts.groups / (counts.groups - 1))
    # What is left of rounding is no spread.
    return np.where(errors > _ROUNDING, errors, 0)


def _logit(share: Floats | float) -> Floats:
    inside = np.clip(share, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))


def _expit(value: Floats | float) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(np.asarray(value) / 2)))


def _slope(share: Floats | float) -> Floats:
    inside = np.clip(share, _EDGE, 1 - _EDGE)
    return np.asarray(inside * (1 - inside))
