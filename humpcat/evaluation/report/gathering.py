"""Everything that a report shows, computed from predictions alone."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pyarrow as pa

from humpcat.errors import SettingsError
from humpcat.evaluation.comparison import remarks, verdict
from humpcat.evaluation.metrics import SCORE_FUNCTIONS
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.report.breakdowns import Breakdown, breakdowns
from humpcat.evaluation.report.coded import Coded
from humpcat.evaluation.report.runs import Run
from humpcat.evaluation.report.systems import Mistake, SystemReport, describe, mistakes
from humpcat.evaluation.significance import Comparison, compare_systems, correct_together
from humpcat.evaluation.summary import summarise
from humpcat.evaluation.table import Figure, Summary
from humpcat.protocols.guarantee import SPEAKER_DEPENDENT, side_by_side
from humpcat.version import __version__

RESAMPLES, LEVEL, SEED = 1000, 0.95, 0
"""How the report resamples; the same as the recipes' own tables."""

MOST_PAIRS = 4
"""Up to this many systems each is compared with each; of more, the leading one with the others."""


@dataclass(frozen=True)
class Target:
    """What was tested on the same corpora with the same classes.

    Attributes:
        name: the corpora.
        guarantee: guarantee of the splits.
        protocols: protocols of the runs.
        summary: the result table.
        systems: the systems by label, in the order of the result table.
        leader: label of the system with the highest UAR; of those that are not SPEAKER-DEPENDENT, if there are any.
        best: scores and labels of systems that are significantly better than the next best.
        comparisons: paired comparisons, corrected together.
        verdicts: one sentence a comparison.
        remarks: what a reader of the comparisons has to know.
        breakdowns: scores by groups of clips.
        mistakes: the leading system's worst mistakes.
        data_hash: hash of the ids and audio hashes of the clips, empty if they are not known.
    """

    name: str
    guarantee: str
    protocols: tuple[str, ...]
    summary: Summary
    systems: Mapping[str, SystemReport]
    leader: str
    best: frozenset[tuple[str, str]]
    comparisons: tuple[Comparison, ...]
    verdicts: tuple[str, ...]
    remarks: tuple[str, ...]
    breakdowns: tuple[Breakdown, ...]
    mistakes: tuple[Mistake, ...]
    data_hash: str

    @property
    def speaker_dependent(self) -> bool:
        """Whether some test speakers were, or may have been, heard before."""
        return self.summary.speaker_dependent

    def figures(self, label: str) -> Mapping[str, Figure]:
        """Return the scores of one system.

        Args:
            label: its label, or "chance".
        """
        return next(row.figures for row in self.summary.systems if row.system == label)

    def mark(self, label: str) -> str:
        """Return "SPEAKER-DEPENDENT" for a system that is, where another is not.

        Args:
            label: its label, or "chance".
        """
        found = {row.system: row.speaker_dependent for row in self.summary.systems if row.guarantee}
        return SPEAKER_DEPENDENT if found.get(label) and not all(found.values()) else ""


@dataclass(frozen=True)
class Report:
    """A report on one or several runs.

    Attributes:
        version: humpcat's version.
        guarantee: guarantee of all targets together.
        runs: the runs.
        targets: what they were tested on.
    """

    version: str
    guarantee: str
    runs: tuple[Run, ...]
    targets: tuple[Target, ...]

    @property
    def speaker_dependent(self) -> bool:
        """Whether some number rests on speakers who were, or may have been, heard before."""
        return any(target.speaker_dependent for target in self.targets)


def gather(runs: Sequence[Run]) -> Report:
    """Compute a report.

    Args:
        runs: at least one run.
    """
    by_target: dict[tuple[tuple[str, ...], frozenset[str]], list[Run]] = {}
    for run in runs:
        corpora = tuple(sorted(run.predictions.table["corpus"].unique().to_pylist()))
        by_target.setdefault((corpora, frozenset(run.predictions.classes)), []).append(run)
    often = Counter(corpora for corpora, _ in by_target)
    targets = []
    for (corpora, classes), tested in by_target.items():
        name = ", ".join(corpora) + (f" ({len(classes)} classes)" if often[corpora] > 1 else "")
        targets.append(_target(name, tested))
    guarantee = side_by_side([(target.name, target.guarantee) for target in targets])
    return Report(__version__, guarantee, tuple(runs), tuple(targets))


def _target(name: str, runs: Sequence[Run]) -> Target:
    parts = _parts(runs)
    classes = runs[0].predictions.classes
    coded = {label: Coded.of(part) for label, (_, _, part) in parts.items()}
    summary = summarise(_together(parts, runs, classes), seed=SEED, resamples=RESAMPLES, level=LEVEL)
    scores = {row.system: row.figures for row in summary.systems if row.system in parts}
    dependent = {row.system for row in summary.systems if row.speaker_dependent}
    ranked = {name_: sorted(scores, key=lambda label: -scores[label][name_].mean) for name_ in SCORE_FUNCTIONS}
    honest = [label for label in ranked["uar"] if label not in dependent]
    leader = (honest or ranked["uar"])[0]
    comparisons, notes = _comparisons({label: part for label, (_, _, part) in parts.items()}, ranked["uar"])
    return Target(
        name=name,
        guarantee=summary.guarantee,
        protocols=tuple(dict.fromkeys(run.protocol for run in runs if run.protocol)),
        summary=summary,
        systems={label: describe(label, *part, coded[label]) for label, part in parts.items()},
        leader=leader,
        best=frozenset(
            (statistic, labels[0]) for statistic, labels in ranked.items() if _beats(comparisons, statistic, labels)
        ),
        comparisons=tuple(comparisons),
        verdicts=tuple(verdict(one) for one in comparisons),
        remarks=tuple(dict.fromkeys([*notes, *(line for one in comparisons for line in remarks(one))])),
        breakdowns=tuple(breakdowns(coded, leader, seed=SEED, resamples=RESAMPLES, level=LEVEL)),
        mistakes=tuple(mistakes(coded[leader])),
        data_hash=_data_hash(parts[leader][2].table),
    )


def _parts(runs: Sequence[Run]) -> dict[str, tuple[Run, str, Predictions]]:
    """Return run, system and predictions of each system under a label that tells them apart."""
    found: list[tuple[Run, str, Predictions]] = []
    for run in runs:
        names = list(dict.fromkeys(run.predictions.table["system"].unique().to_pylist()))
        for system in names:
            part = run.predictions if len(names) == 1 else run.predictions.of_system(system)
            # What does not depend on what the runs differ in, such as zero-shot, stands in each of them.
            if not any(other == system and _same(part, old) for _, other, old in found):
                found.append((run, system, part))
    often = Counter(system for _, system, _ in found)
    # The table has a row "chance" of its own.
    often["chance"] += 2
    labels = [system if often[system] == 1 else f"{system}, {_apart(run, runs)}" for run, system, _ in found]
    if len(set(labels)) < len(labels):
        labels = [system if often[system] == 1 else f"{system}, {run.name}" for run, system, _ in found]
    return dict(zip(labels, found, strict=True))


def _same(one: Predictions, other: Predictions) -> bool:
    return one.classes == other.classes and one.table.equals(other.table)


def _apart(run: Run, runs: Sequence[Run]) -> str:
    """Say in what a run differs from the others: source, then amount; else by its name."""
    parts = []
    if len({other.source for other in runs}) > 1:
        parts.append(f"from {run.source or 'an unknown source'}")
    for name in ("shots", "share"):
        if name in run.amounts and len({other.amounts.get(name) for other in runs}) > 1:
            amount = run.amounts[name]
            shots = f"{amount:g} {'shot' if amount == 1 else 'shots'}"
            parts.append(shots if name == "shots" else f"{100 * amount:g} % share")
    return ", ".join(parts) or run.name


def _together(
    parts: Mapping[str, tuple[Run, str, Predictions]], runs: Sequence[Run], classes: tuple[str, ...]
) -> Predictions:
    """Return one table in which each system bears its label."""
    if len(runs) == 1 and all(label == name for label, (_, name, _) in parts.items()):
        return runs[0].predictions
    tables = []
    for label, (_, _, part) in parts.items():
        place = part.table.column_names.index("system")
        table = part.table.set_column(place, "system", pa.repeat(pa.scalar(label, pa.string()), part.table.num_rows))
        tables.append(table)
    return Predictions(pa.concat_tables(tables, promote_options="default"), classes)


def _comparisons(parts: Mapping[str, Predictions], ranked: Sequence[str]) -> tuple[list[Comparison], list[str]]:
    if len(ranked) <= MOST_PAIRS:
        pairs = list(combinations(ranked, 2))
    else:
        pairs = [(ranked[0], label) for label in ranked[1:]]
    found, notes = [], []
    for first, second in pairs:
        try:
            made = compare_systems(
                parts[first], parts[second], names=(first, second), seed=SEED, resamples=RESAMPLES, level=LEVEL
            )
        except SettingsError as reason:
            notes.append(f"Not compared: {reason}")
        else:
            found.append(made)
    # Whoever picks the best first has looked at all pairs.
    return correct_together(found, among=math.comb(len(ranked), 2) - len(notes)), notes


def _beats(comparisons: Sequence[Comparison], statistic: str, ranked: Sequence[str]) -> bool:
    """Say whether the best system is significantly better than the next best."""
    return any(
        {one.first, one.second} == set(ranked[:2])
        and one.differences[statistic].significant
        and one.unequal != ranked[0]
        and (one.differences[statistic].estimate > 0) == (one.first == ranked[0])
        for one in comparisons
    )


def _data_hash(table: pa.Table) -> str:
    """Return a hash of which clips were heard, by id and by the hash of their audio."""
    if "data_hash" not in table.column_names or table["data_hash"].null_count:
        return ""
    clips = (
        table.group_by(["id", "data_hash"]).aggregate([]).sort_by([("id", "ascending"), ("data_hash", "ascending")])
    )
    content = hashlib.blake2b(digest_size=16)
    for name in ("id", "data_hash"):
        content.update("\n".join(clips[name].to_pylist()).encode() + b"\0")
    return content.hexdigest()
