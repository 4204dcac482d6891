"""Targets that are not tidy beside the tidy ones: the same systems, and their difference on the same test clips."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.benchmarks.humpcat.target import Amount, name_in_tables
from humpcat.benchmarks.humpcat.target_results import TargetResults
from humpcat.benchmarks.tables import NONE, difference, per_cents
from humpcat.evaluation.comparison import to_dict
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.evaluation.significance import Comparison, compare_systems, correct_together
from humpcat.evaluation.table import HEADINGS, Figure
from humpcat.protocols.situations import SITUATIONS, TIDY


@dataclass(frozen=True)
class Beside:
    """A system on a target in a situation, beside the same on the tidy target.

    Attributes:
        corpus: the target.
        mode: by what its clips are standardised.
        situation: in what situation it is.
        system: name of the system.
        amount: what it has learnt.
        tidy: its scores where all is tidy, on all test clips.
        here: its scores in the situation, on the test clips that there are.
        comparison: the situation less tidy, on the test clips that both have.
    """

    corpus: str
    mode: str
    situation: str
    system: str
    amount: Amount
    tidy: Mapping[str, Figure]
    here: Mapping[str, Figure]
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as shares between 0 and 1, in plain dicts, lists and numbers."""
        named = {"corpus": self.corpus, "mode": self.mode, "situation": self.situation}
        return named | {"system": SYSTEMS[self.system].title, "learnt": str(self.amount)} | to_dict(self.comparison)


def in_order(situations: Iterable[str]) -> list[str]:
    """Return the names of situations in the order of the tables, each once, whoever asked for them when.

    Example:
        >>> in_order(["two-recordings", "others", "tidy", "others"])
        ['tidy', 'others', 'two-recordings']
    """
    found = set(situations)
    return [name for name in (TIDY, *(name for name in SITUATIONS.names() if name != TIDY)) if name in found]


def beside_tidy(measured: Sequence[TargetResults], amounts: Sequence[Amount]) -> list[Beside]:
    """Compare whatever was measured in a situation and where all is tidy too.

    A family of tests is one situation, mode and amount: all targets, systems and scores of it are corrected together.

    Args:
        measured: every target in every mode and situation.
        amounts: what was learnt, none first.
    """
    tidy = {(one.corpus, one.mode): one for one in measured if one.situation == TIDY}
    untidy = [one for one in measured if one.situation != TIDY]
    families = [
        (situation, mode)
        for situation in in_order(one.situation for one in untidy)
        for mode in dict.fromkeys(one.mode for one in untidy if one.situation == situation)
    ]
    found: list[Beside] = []
    for situation, mode in families:
        both = [
            (one, tidy[one.corpus, mode])
            for one in measured
            if (one.situation, one.mode) == (situation, mode) and (one.corpus, mode) in tidy
        ]
        for amount in amounts:
            made = [
                _beside(here, plain, system, amount)
                for here, plain in both
                for system in SYSTEMS.names()
                if name_in_tables(SYSTEMS[system].title, amount) in plain.figures
                and name_in_tables(SYSTEMS[system].title, amount, situation) in here.figures
            ]
            corrected = correct_together([one.comparison for one in made])
            found += [replace(one, comparison=comparison) for one, comparison in zip(made, corrected, strict=True)]
    return found


def untidy_section(beside: Sequence[Beside], modes: Mapping[str, str]) -> Iterable[str]:
    """Yield the lines of the page that tell of targets that are not tidy, none where there are none.

    Args:
        beside: what was measured.
        modes: how each mode is called.
    """
    if not beside:
        return
    yield from ("## Targets that are not tidy", "", *_overview(beside, modes))
    for situation in dict.fromkeys(one.situation for one in beside):
        own = [one for one in beside if one.situation == situation]
        cells = [["target", "mode", "system", "learnt", TIDY, situation, *_HEADINGS]]
        for one in own:
            differences = one.comparison.differences
            named = [one.corpus, modes[one.mode], SYSTEMS[one.system].title, str(one.amount)]
            scores = [_mean([figures]) for figures in (one.tidy, one.here)]
            cells.append([*named, *scores, *(difference(differences[name]) for name in HEADINGS)])
        yield from (f"### {situation}: {SITUATIONS[situation].title}", "", *markdown_table(cells), "")


_HEADINGS = [f"{heading.removesuffix(' %')}, less tidy" for heading in HEADINGS.values()]


def _overview(beside: Sequence[Beside], modes: Mapping[str, str]) -> Iterable[str]:
    situations = list(dict.fromkeys(one.situation for one in beside))
    rows = dict.fromkeys((one.mode, one.system, one.amount) for one in beside)
    corpora = list(dict.fromkeys(one.corpus for one in beside))
    cells = [["mode", "system", "learnt", TIDY, *situations]]
    order = {name: place for place, name in enumerate([*modes])}
    for mode, system, amount in sorted(rows, key=lambda row: (order[row[0]], row[2].rank)):
        own = [one for one in beside if (one.mode, one.system, one.amount) == (mode, system, amount)]
        tidy = {one.corpus: one.tidy for one in own}
        cell = [modes[mode], SYSTEMS[system].title, str(amount)]
        cell.append(_mean([*tidy.values()]) if len(tidy) == len(corpora) else NONE)
        for situation in situations:
            here = [one for one in own if one.situation == situation]
            less = [100 * one.comparison.differences["wa"].estimate for one in here]
            whole = len(here) == len(corpora)
            cell.append(f"{_mean([one.here for one in here])} ({np.mean(less):+z.1f})" if whole else NONE)
        cells.append(cell)
    yield from (
        f"Accuracy / UAR / macro-F1, %; mean over draws and over {', '.join(corpora)}; {NONE} where not every target",
        "has it. In brackets percentage points of accuracy less tidy, on the test clips that both have.",
        "",
        *markdown_table(cells),
        "",
        "Below, differences on the test clips that both have, with the 95 % interval that resamples speakers; p by",
        "swapping answers speaker by speaker, corrected over all targets, systems and scores of one situation, mode",
        "and amount.",
        "",
    )


def _mean(of: Sequence[Mapping[str, Figure]]) -> str:
    return per_cents([float(np.mean([figures[name].mean for figures in of])) for name in HEADINGS])


def _beside(here: TargetResults, tidy: TargetResults, system: str, amount: Amount) -> Beside:
    title, situation = SYSTEMS[system].title, here.situation
    names = name_in_tables(title, amount, situation), name_in_tables(title, amount)
    compared = compare_systems(here.predictions.of_system(names[0]), tidy.predictions.of_system(names[1]), names=names)
    figures = tidy.figures[names[1]], here.figures[names[0]]
    return Beside(here.corpus, here.mode, situation, system, amount, *figures, compared)
