"""Synthetic speakers with a known true score: do the intervals cover it, and how often does the test cry wolf?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from humpcat.evaluation.intervals import bootstrap
from humpcat.evaluation.metrics import SCORE_FUNCTIONS, Floats
from humpcat.evaluation.resampling import SpeakerCounts
from humpcat.evaluation.significance import permutation_p

_EASE = np.array([1.2, 0.4, 0.0, 0.8])
_BALANCE = np.array([0.4, 0.15, 0.3, 0.15])
_MISTAKES = np.array([[0, 0.6, 0.3, 0.1], [0.5, 0, 0.3, 0.2], [0.3, 0.4, 0, 0.3], [0.1, 0.2, 0.7, 0]])
_CLASSES = len(_EASE)
_TRUTH_SPEAKERS = 200_000


@dataclass(frozen=True)
class World:
    """A population of speakers, four classes of unequal frequency and difficulty, and a system that answers.

    Attributes:
        spread: standard deviation, on the logit scale, of how well a speaker is understood.
        spread_by_class: the same of a speaker's single class.
        balance: concentration of the speakers' class shares (Dirichlet): the smaller, the more they differ.
        clips: mean number of clips a speaker.
        clips_spread: standard deviation of the logarithm of that number.
    """

    spread: float = 0.8
    spread_by_class: float = 0.4
    balance: float = 8.0
    clips: float = 40.0
    clips_spread: float = 0.7

    def speakers(self, n: int, rng: np.random.Generator, systems: int = 1) -> Floats:
        """Draw speakers and the probability of each gold class together with each system's answer.

        Args:
            n: number of speakers.
            rng: generator.
            systems: 1, or 2 of equal quality; each has effects of speakers of its own.

        Returns:
            Probabilities of shape (speakers, classes) and one further axis of classes a system.
        """
        joint = rng.dirichlet(self.balance * _BALANCE, n)
        for _ in range(systems):
            effect = rng.normal(0, self.spread, (n, 1)) + rng.normal(0, self.spread_by_class, (n, _CLASSES))
            right = 1 / (1 + np.exp(-(_EASE + effect)))
            answers = right[..., None] * np.eye(_CLASSES) + (1 - right[..., None]) * _MISTAKES
            axes = (n, _CLASSES, *(1,) * (joint.ndim - 2), _CLASSES)
            joint = joint[..., None] * answers.reshape(axes)
        return joint

    def counts(self, n: int, rng: np.random.Generator, systems: int = 1) -> Floats:
        """Draw speakers and count their clips, in an array as that of :meth:`speakers`.

        Args:
            n: number of speakers.
            rng: generator.
            systems: 1 or 2.
        """
        joint = self.speakers(n, rng, systems)
        centre = np.log(self.clips) - self.clips_spread**2 / 2
        clips = np.maximum(5, rng.lognormal(centre, self.clips_spread, n).round()).astype(int)
        flat = joint.reshape(n, -1)
        return rng.multinomial(clips, flat / flat.sum(axis=1, keepdims=True)).reshape(joint.shape).astype(np.float64)

    def truth(self, rng: np.random.Generator) -> dict[str, float]:
        """Return the scores over the whole population, from so many speakers that their error does not matter.

        Args:
            rng: generator.
        """
        matrix = self.speakers(_TRUTH_SPEAKERS, rng).sum(axis=0)
        return {name: float(score(matrix)) for name, score in SCORE_FUNCTIONS.items()}


@dataclass(frozen=True)
class Rates:
    """Shares of trials for one number of speakers.

    Attributes:
        speakers: number of speakers in a trial.
        trials: number of trials.
        covered: score to the share of speaker-level 95 % intervals that hold the truth.
        covered_by_clips: the same of percentile intervals that take clips as independent.
        false_positives: score to the share of p values of at most 0.05 between two equal systems, by speakers.
        false_positives_by_clips: the same of a test that swaps single clips.
    """

    speakers: int
    trials: int
    covered: Mapping[str, float] = field(default_factory=dict)
    covered_by_clips: Mapping[str, float] = field(default_factory=dict)
    false_positives: Mapping[str, float] = field(default_factory=dict)
    false_positives_by_clips: Mapping[str, float] = field(default_factory=dict)


def rates(
    speakers: int, *, trials: int = 500, seed: int = 0, resamples: int = 1000, world: World | None = None
) -> Rates:
    """Measure coverage and false positives of intervals and tests that resample speakers, and clips.

    Args:
        speakers: number of speakers in a trial.
        trials: number of trials.
        seed: seed of everything random.
        resamples: number of resamples and of swaps.
        world: the population; the default one if None.

    Example:
        >>> found = rates(10, trials=2, resamples=50)
        >>> sorted(found.covered), 0 <= found.covered["uar"] <= 1
        (['macro_f1', 'uar', 'wa'], True)
    """
    world = world or World()
    rng = np.random.default_rng([seed, speakers])
    truth = world.truth(rng)
    tallies: list[dict[str, int]] = [dict.fromkeys(SCORE_FUNCTIONS, 0) for _ in range(4)]
    for _ in range(trials):
        counts = world.counts(speakers, rng)
        found = bootstrap(_as_counts(counts), tuple(SCORE_FUNCTIONS), rng=rng, resamples=resamples, level=0.95)
        naive = _clip_intervals(counts.sum(axis=0), rng, resamples)
        two = world.counts(speakers, rng, systems=2)
        p_values = permutation_p(_as_counts(two.sum(axis=3), two.sum(axis=2)), rng=rng, swaps=resamples - 1)[0]
        naive_p = _clip_p(two.sum(axis=0), rng, resamples)
        for name, true in truth.items():
            tallies[0][name] += found[name][1] <= true <= found[name][2]
            tallies[1][name] += naive[name][0] <= true <= naive[name][1]
            tallies[2][name] += p_values[name] <= 0.05
            tallies[3][name] += naive_p[name] <= 0.05
    return Rates(speakers, trials, *({name: hits / trials for name, hits in tally.items()} for tally in tallies))


def _as_counts(*systems: Floats) -> SpeakerCounts:
    n = len(systems[0])
    return SpeakerCounts(np.stack(systems)[:, :, None], np.ones((n, 1)), n, "speakers")


def _clip_intervals(matrix: Floats, rng: np.random.Generator, resamples: int) -> dict[str, tuple[float, float]]:
    """Return percentile intervals over single clips: what is wrong, for comparison."""
    n = int(matrix.sum())
    drawn = rng.multinomial(n, matrix.ravel() / n, size=resamples).reshape(resamples, *matrix.shape)
    ends = {name: np.quantile(score(drawn), [0.025, 0.975]) for name, score in SCORE_FUNCTIONS.items()}
    return {name: (float(low), float(high)) for name, (low, high) in ends.items()}


def _clip_p(table: Floats, rng: np.random.Generator, swaps: int) -> dict[str, float]:
    """Return p values of swapping single clips, from clips by gold class and both answers."""
    swapped = rng.binomial(table.astype(int), 0.5, size=(swaps, *table.shape))
    first = table - swapped + swapped.swapaxes(-1, -2)
    second = table.swapaxes(-1, -2) - swapped.swapaxes(-1, -2) + swapped
    p_values = {}
    for name, score in SCORE_FUNCTIONS.items():
        observed = abs(score(table.sum(axis=2)) - score(table.sum(axis=1)))
        differences = np.abs(score(first.sum(axis=-1)) - score(second.sum(axis=-1)))
        p_values[name] = float((1 + (differences >= observed - 1e-12).sum()) / (swaps + 1))
    return p_values
