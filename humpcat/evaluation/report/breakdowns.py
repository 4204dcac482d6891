"""Scores of groups of clips: by corpus, language, gender, duration and speaker."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from humpcat.evaluation.intervals import bootstrap
from humpcat.evaluation.report.coded import Coded, groups
from humpcat.evaluation.resampling import SpeakerCounts

WORSE = 0.10
"""A group is called out from this difference of UAR on."""

MOST_SPEAKERS = 10
"""Speakers listed in the table: those with the lowest UAR."""

KINDS = {"corpus": "Corpus", "language": "Language", "gender": "Gender", "duration": "Duration", "speaker": "Speaker"}
"""What is broken down by, with its heading."""


@dataclass(frozen=True)
class GroupScore:
    """UAR of one system on one group, mean over draws.

    Attributes:
        uar: the score.
        low: lower end of its interval, None where there is none.
        high: upper end of its interval, None where there is none.
        gap: difference to the UAR of all other clips; None if there are none.
        much_worse: whether the group is called out; see the notes of :class:`Breakdown`.
    """

    uar: float
    low: float | None
    high: float | None
    gap: float | None
    much_worse: bool


@dataclass(frozen=True)
class Group:
    """One group of clips.

    Attributes:
        name: what its clips share.
        clips: number of clips.
        speakers: number of known speakers.
        scores: score of each system that was tested on it, by label.
    """

    name: str
    clips: int
    speakers: int
    scores: Mapping[str, GroupScore]


@dataclass(frozen=True)
class Breakdown:
    """Scores by groups of one kind.

    Attributes:
        kind: "corpus", "language", "gender", "duration" or "speaker".
        groups: the groups; of speakers only the worst.
        total: number of all groups.
        spread: UAR of every group by system, sorted; what the plot of speakers shows.
        warnings: one sentence for each group on which the leading system is much worse.
    """

    kind: str
    groups: tuple[Group, ...]
    total: int
    spread: Mapping[str, tuple[float, ...]]
    warnings: tuple[str, ...]


def breakdowns(
    systems: Mapping[str, Coded], leader: str, *, seed: int, resamples: int, level: float
) -> list[Breakdown]:
    """Break the scores of systems down by every kind that tells clips apart.

    Args:
        systems: the systems by label, all tested on about the same clips.
        leader: label of the system whose weak groups are called out.
        seed: seed of the resampling.
        resamples: number of resamples of the intervals.
        level: level of the intervals.
    """
    made: list[Breakdown] = []
    seen: list[npt.NDArray[np.int64]] = []
    for kind in KINDS:
        coded = {label: groups(system.predictions, kind) for label, system in systems.items()}
        codes = coded[leader][0]
        # One corpus a language, say: the same groups need no second table.
        same = any(len(np.unique(codes)) == len(np.unique(old)) == len(_pairs(codes, old)) for old in seen)
        if len(np.unique(codes)) < 2 or (same and kind != "speaker"):
            continue
        seen.append(codes)
        made.append(_breakdown(kind, systems, coded, leader, seed=seed, resamples=resamples, level=level))
    return made


def _pairs(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.unique(np.stack([one, other]), axis=1)[0]


def _breakdown(
    kind: str,
    systems: Mapping[str, Coded],
    coded: Mapping[str, tuple[npt.NDArray[np.int64], list[str]]],
    leader: str,
    *,
    seed: int,
    resamples: int,
    level: float,
) -> Breakdown:
    rows = {label: _rows_by_group(*coded[label]) for label in systems}
    names = [name for name in coded[leader][1] if name in rows[leader]]
    names += ["not known"] * ("not known" in rows[leader])
    uar = {label: {name: _uar(systems[label], some) for name, some in rows[label].items()} for label in systems}
    shown = sorted(names, key=lambda name: uar[leader][name])[:MOST_SPEAKERS] if kind == "speaker" else names
    found = []
    for name in shown:
        scores = {
            label: _score(system, rows[label][name], len(names), kind, seed=seed, resamples=resamples, level=level)
            for label, system in systems.items()
            if name in rows[label]
        }
        some = rows[leader][name]
        found.append(Group(name, len(np.unique(systems[leader].clip[some])), _speakers(systems[leader], some), scores))
    spread = {
        label: tuple(sorted(value for name, value in values.items() if name != "not known"))
        for label, values in uar.items()
    }
    return Breakdown(kind, tuple(found), len(names), spread, tuple(_warnings(kind, found, leader)))


def _rows_by_group(codes: npt.NDArray[np.int64], names: Sequence[str]) -> dict[str, npt.NDArray[np.intp]]:
    order = np.argsort(codes, kind="stable")
    found, starts = np.unique(codes[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {"not known" if code < 0 else names[code]: part for code, part in zip(found.tolist(), parts, strict=True)}


def _speakers(system: Coded, rows: npt.NDArray[np.intp]) -> int:
    units = np.unique(system.unit[rows])
    return int((units < system.n_speakers).sum())


def _uar(system: Coded, rows: npt.NDArray[np.intp]) -> float:
    counts, _ = system.counts(rows)
    return float(counts.scores(np.ones((1, counts.groups)), 0, "uar")[0])


def _score(
    system: Coded, rows: npt.NDArray[np.intp], tests: int, kind: str, *, seed: int, resamples: int, level: float
) -> GroupScore:
    counts, units = system.counts(rows)
    if counts.units == 1:
        # Nothing can be said of other speakers, but of other clips of this one.
        counts, units = system.counts(rows, of_clips=True)
        units = -1 - units
    rng = np.random.default_rng(seed)
    uar, low, high = bootstrap(counts, ("uar",), rng=rng, resamples=resamples, level=level)["uar"]
    outside = np.ones(len(system.clip), dtype=bool)
    outside[rows] = False
    others = np.flatnonzero(outside)
    gap, much_worse = None, False
    if len(others):
        rest, rest_units = system.counts(others)
        gap = uar - float(rest.scores(np.ones((1, rest.groups)), 0, "uar")[0])
        error = _error_of_gap(counts, units, rest, rest_units)
        freedom = max(1, min(counts.groups, rest.groups) - 1)
        chance = (1 - level) / 2 / tests
        quantile = float(student.ppf(1 - chance, freedom))
        # The error of few clips that are all wrong is 0: as many others may be right as their number leaves open.
        others_right = 1 - chance ** (1 / counts.groups) if counts.groups > 1 else 1.0
        reach = max(quantile * error, others_right * (1 - uar))
        much_worse = gap <= -WORSE and gap + reach < 0
    known = not math.isnan(low)
    return GroupScore(uar, low if known else None, high if known else None, gap, bool(much_worse))


def _error_of_gap(
    counts: SpeakerCounts, units: npt.NDArray[np.int64], rest: SpeakerCounts, rest_units: npt.NDArray[np.int64]
) -> float:
    """Return the standard error of a difference of UAR; a speaker on both sides counts with what they add to it."""
    one, two = (some.influence(np.ones((1, some.groups)), 0, "uar")[0] for some in (counts, rest))
    if len(one) < len(units) or len(two) < len(rest_units):
        # Units were pooled, so that those of the two sides cannot be paired: taken for independent.
        return float(np.sqrt((one**2).sum() + (two**2).sum()))
    both, place = np.unique(np.concatenate([units, rest_units]), return_inverse=True)
    influence = np.bincount(place, np.concatenate([one, -two]), minlength=len(both))
    return float(np.sqrt((influence**2).sum() * len(both) / max(1, len(both) - 1)))


def _warnings(kind: str, found: Sequence[Group], leader: str) -> list[str]:
    sentences = []
    for group in found:
        score = group.scores[leader]
        if score.much_worse and score.gap is not None:
            sentences.append(
                f"{KINDS[kind]} {group.name}: {leader} reaches a UAR of {100 * score.uar:.1f} %, "
                f"{-100 * score.gap:.1f} points below all other clips."
            )
    return sentences
