"""Paired comparison of two systems on the same clips, speaker by speaker."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from humpcat.evaluation.intervals import BLOCK, Interval, bootstrap, check_resampling
from humpcat.evaluation.metrics import SCORE_FUNCTIONS, Floats
from humpcat.evaluation.pairing import pair
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.resampling import SpeakerCounts, speaker_counts
from humpcat.evaluation.table import HEADINGS
from humpcat.setting_ranges import RESAMPLES

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Difference:
    """One score of two systems on the same clips.

    Attributes:
        statistic: "wa", "uar" or "macro_f1".
        first: score of the first system, with its interval.
        second: score of the second system, with its interval.
        estimate: first less second, mean over draws.
        low: lower end of the difference's interval; NaN for one speaker.
        high: upper end; NaN likewise.
        p: two-sided p value of the permutation test.
        p_holm: the p value after Holm's correction over all tests of the comparison; equal to p if not corrected.
        level: level of the intervals; the difference is significant if p_holm is at most 1 - level.
    """

    statistic: str
    first: Interval
    second: Interval
    estimate: float
    low: float
    high: float
    p: float
    p_holm: float
    level: float

    @property
    def significant(self) -> bool:
        """Whether the corrected p value is at most 1 - level."""
        return self.p_holm <= 1 - self.level + _ROUNDING

    @property
    def points(self) -> str:
        """The difference in percentage points, such as ``+4.2 [+1.1, +7.5]``."""
        ends = "" if math.isnan(self.low) else f" [{100 * self.low:+z.1f}, {100 * self.high:+z.1f}]"
        return f"{100 * self.estimate:+z.1f}{ends}"

    def __str__(self) -> str:
        """Return a line such as ``UAR: +4.2 [+1.1, +7.5] points, p = 0.012``."""
        return f"{HEADINGS[self.statistic].removesuffix(' %')}: {self.points} points, {p_text(self.p_holm)}"


@dataclass(frozen=True)
class Comparison:
    """Two systems on the same clips and draws.

    Attributes:
        first: name of the first system.
        second: name of the second system.
        differences: score to difference, first less second.
        guarantee: guarantee of the splits; both, if they differ.
        dependent: names of the systems that are SPEAKER-DEPENDENT.
        clips: number of clips that both predicted.
        draws: number of draws that both have.
        units: number of speakers (or clips) that both have.
        differing: number of those (or of groups of them) on whom the two have different counts, who were swapped.
        resampled: "speakers", "clips" where no speaker is known, or "speakers and clips".
        exact: whether all swaps were tried.
        swaps: number of swaps tried.
        smallest_p: smallest p value that these swaps can give, before correction.
        tests: number of tests that the p values are corrected for.
        notes: sentences that a reader of the figures has to know.
    """

    first: str
    second: str
    differences: Mapping[str, Difference]
    guarantee: str
    dependent: tuple[str, ...]
    clips: int
    draws: int
    units: int
    differing: int
    resampled: str
    exact: bool
    swaps: int
    smallest_p: float
    tests: int
    notes: tuple[str, ...]

    @property
    def unequal(self) -> str:
        """The system that is SPEAKER-DEPENDENT while the other is not, empty if there is none."""
        return self.dependent[0] if len(self.dependent) == 1 else ""

    def __str__(self) -> str:
        """Return the names and one line a score."""
        return "\n".join([f"{self.first} less {self.second}:", *(f"  {one}" for one in self.differences.values())])


def compare_systems(
    first: Predictions,
    second: Predictions,
    *,
    names: tuple[str, str] | None = None,
    seed: int = 0,
    resamples: int = 1000,
    swaps: int = 9999,
    level: float = 0.95,
) -> Comparison:
    """Compare two systems on the clips and draws that both have.

    Under the hypothesis that the systems do not differ, a speaker's answers could as well have come from the other
    system. So the answers of the two are swapped speaker by speaker, all draws of a speaker together; see
    :func:`permutation_p`. The intervals resample speakers, as in
    :func:`humpcat.evaluation.intervals.speaker_bootstraps`; that of the difference is not on the logit scale. The p
    values of the three scores are corrected by :func:`holm`.

    Args:
        first: predictions of one system.
        second: predictions of the other, of the same classes in any order.
        names: names of the two in what is printed; their systems' names if None.
        seed: seed of the resampling and of the swaps.
        resamples: number of resamples of the intervals.
        swaps: largest number of swaps.
        level: level of the intervals; 1 - level is what a corrected p value has to reach.

    Raises:
        SettingsError: a table holds several systems, the classes differ, no clip of a draw is common, a common
            clip has two gold classes or speakers, or resamples, swaps or level are out of range.

    Example:
        >>> rows = [{"id": i, "corpus": "toy", "language": "de", "speaker": i, "gender": None, "duration": 1.0}
        ...     for i in "abcdefgh"]
        >>> gold = {i: ("happy", "sad")[n % 2] for n, i in enumerate("abcdefgh")}
        >>> def made(system, right):
        ...     answers = {i: [right, 1 - right] if gold[i] == "happy" else [1 - right, right] for i in gold}
        ...     return Predictions.build(rows, gold, answers, ["happy", "sad"],
        ...         system=system, draw=0, model_hash="0", guarantee="speaker-disjoint")
        >>> found = compare_systems(made("fine-tuned", 0.9), made("zero-shot", 0.1))
        >>> found.differences["wa"].p == 2 / 2**8, found.exact, found.differences["wa"].significant
        (True, True, True)
    """
    made = _compare(first, second, names, seed=seed, resamples=resamples, swaps=swaps, level=level)
    return correct_together([made])[0]


def correct_together(comparisons: Sequence[Comparison], among: int = 0) -> list[Comparison]:
    """Correct the p values of all scores of several comparisons together.

    Args:
        comparisons: the comparisons that are looked at together.
        among: number of comparisons from which these were chosen by their scores, such as all pairs of systems where
            only the best was compared with the others; the others count as if their p values were 1.

    Example:
        >>> correct_together([])
        []
    """
    p_values = [one.p for made in comparisons for one in made.differences.values()]
    tests = max(len(p_values), among * len(SCORE_FUNCTIONS))
    corrected = iter(holm(p_values + [1.0] * (tests - len(p_values))))
    return [
        replace(
            made,
            differences={name: replace(one, p_holm=next(corrected)) for name, one in made.differences.items()},
            tests=tests,
        )
        for made in comparisons
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected for being several.

    The smallest is multiplied by their number, the next by one less, and so on; none falls below a smaller one's
    (Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979).

    Args:
        p_values: p values in any order.

    Example:
        >>> holm([0.04, 0.01, 0.03])
        [0.06, 0.03, 0.06]
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def permutation_p(
    counts: SpeakerCounts, *, rng: np.random.Generator, swaps: int = 9999
) -> tuple[dict[str, float], int, bool, float]:
    """Return the two-sided p value of each score's difference between two systems.

    p is the share of swaps of the two systems' answers, speaker by speaker, that give at least the difference
    observed (Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005, chapter 3). All swaps are tried
    if there are at most ``swaps``; otherwise that many random ones, with the observed one counted among them:
    p = (b + 1) / (swaps + 1) (Phipson and Smyth, "Permutation P-values Should Never Be Zero", 2010). Speakers of
    whom both systems have the same counts need no swap.

    Args:
        counts: counts of two systems.
        rng: generator of random swaps.
        swaps: largest number of swaps.

    Returns:
        p value by score, number of swaps, whether these are all, and the smallest p value that they can give.

    Raises:
        SettingsError: swaps is below 1.

    Example:
        >>> made = speaker_counts(["a", "b"] * 3, [["a", "b"] * 3, ["b", "a"] * 3], list("ssttuu"), classes="ab",
        ...     rng=np.random.default_rng(0))
        >>> p_values, swaps, exact, smallest = permutation_p(made, rng=np.random.default_rng(0))
        >>> p_values["wa"], swaps, exact, smallest
        (0.25, 8, True, 0.25)
    """
    RESAMPLES.require("swaps", swaps)
    shape = counts.counts.shape[2:]
    change = (counts.counts[1] - counts.counts[0]).reshape(counts.groups, -1)
    change = change[change.any(axis=1)]
    totals = counts.counts.sum(axis=1)

    def differences(swapped: Floats) -> dict[str, Floats]:
        moved = (swapped @ change).reshape(len(swapped), *shape)
        return {
            name: (score(totals[0] + moved) - score(totals[1] - moved)).mean(axis=1)
            for name, score in SCORE_FUNCTIONS.items()
        }

    n = len(change)
    observed = {name: abs(float(one[0])) for name, one in differences(np.zeros((1, n))).items()}
    # Pooled groups stand for one of many ways to pool, so that trying all their swaps would not be exact.
    exact = counts.groups == counts.units and n < 60 and 2**n <= swaps
    tried = 2**n if exact else swaps
    at_least = dict.fromkeys(SCORE_FUNCTIONS, 0)
    block = max(1, BLOCK // max(n, totals[0].size))
    for start in range(0, tried, block):
        size = min(block, tried - start)
        if exact:
            swapped = np.arange(start, start + size)[:, None] >> np.arange(n) & 1
        else:
            swapped = rng.integers(0, 2, (size, n), dtype=np.int8)
        for name, values in differences(swapped.astype(np.float64)).items():
            at_least[name] += int((np.abs(values) >= observed[name] - _ROUNDING).sum())
    if exact:
        return {name: count / tried for name, count in at_least.items()}, tried, True, min(1.0, 2 / tried)
    p_values = {name: (count + 1) / (tried + 1) for name, count in at_least.items()}
    return p_values, tried, False, max(1 / (tried + 1), 2.0 ** (1 - n))


def p_text(p: float) -> str:
    """Return a p value as it is printed.

    Args:
        p: the p value.

    Example:
        >>> p_text(0.0312), p_text(0.00009)
        ('p = 0.031', 'p < 0.001')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _compare(
    first: Predictions,
    second: Predictions,
    names: tuple[str, str] | None,
    *,
    seed: int,
    resamples: int,
    swaps: int,
    level: float,
) -> Comparison:
    """Compare without correcting."""
    check_resampling(resamples, level, seed)
    both = pair(first, second, names)
    rng = np.random.default_rng(seed)
    counts = speaker_counts(
        both.gold, both.predicted, both.speakers, classes=both.classes, rng=rng, draws=both.draws, ids=both.ids
    )

    def intervals(some: SpeakerCounts) -> dict[str, tuple[float, float, float]]:
        # The same resamples for all three: a system's interval is the one in its own result table.
        same = np.random.default_rng(seed)
        return bootstrap(some, tuple(SCORE_FUNCTIONS), rng=same, resamples=resamples, level=level)

    def interval(found: tuple[float, float, float]) -> Interval:
        return Interval(*found, level, counts.units, counts.resampled, resamples)

    one, two = (intervals(replace(counts, counts=counts.counts[index : index + 1])) for index in range(2))
    ends = intervals(counts)
    p_values, tried, exact, smallest = permutation_p(counts, rng=rng, swaps=swaps)
    differences = {
        name: Difference(
            name, interval(one[name]), interval(two[name]), *ends[name], p_values[name], p_values[name], level
        )
        for name in SCORE_FUNCTIONS
    }
    return Comparison(
        *both.names,
        differences,
        both.guarantee,
        both.dependent,
        clips=len(set(both.ids)),
        draws=len(set(both.draws)),
        units=counts.units,
        differing=int((counts.counts[0] != counts.counts[1]).any(axis=(1, 2, 3)).sum()),
        resampled=counts.resampled,
        exact=exact,
        swaps=tried,
        smallest_p=smallest,
        tests=1,
        notes=both.notes,
    )
