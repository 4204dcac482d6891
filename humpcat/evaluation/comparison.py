"""Comparing runs in the terminal: which tables are meant, every pair of them, and what to say about it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humpcat.errors import SettingsError
from humpcat.evaluation.intervals import Interval
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.significance import (
    Comparison,
    Difference,
    compare_systems,
    correct_together,
    p_text,
)
from humpcat.evaluation.table import HEADINGS, count
from humpcat.files import resolved

if TYPE_CHECKING:
    from rich.console import Console

_USUAL = "fine-tuned"


@dataclass(frozen=True)
class Run:
    """One system of one predictions table.

    Attributes:
        name: what it is called in print.
        predictions: its predictions.
    """

    name: str
    predictions: Predictions


def read_runs(arguments: Sequence[str]) -> list[Run]:
    """Read systems named by run folder or predictions table.

    Args:
        arguments: for each a folder with predictions.parquet, or such a file, and ``:system`` after it where the
            system is neither the only one nor "fine-tuned".

    Returns:
        The systems, named as shortly as tells them apart: by folder, by folder and system, or by whole path.

    Raises:
        SettingsError: fewer than two are named, one is named twice, or it is not clear which system is meant.
        PredictionsError: a file is missing or is no predictions table.
    """
    if len(arguments) < 2:
        raise SettingsError(f"runs: {len(arguments)} found, expected at least two: name the runs to compare.")
    names: list[tuple[str, str, str]] = []
    tables = []
    for argument in arguments:
        path, system = _parsed(argument)
        file = path / PREDICTIONS if path.is_dir() else path
        predictions = Predictions.read(file)
        systems = list(dict.fromkeys(predictions.values("system").tolist()))
        if system is None:
            if len(systems) > 1 and _USUAL not in systems:
                raise SettingsError(
                    f"{argument}: systems {', '.join(systems)} found, expected one: write {argument}:{systems[0]} or "
                    "another."
                )
            system = systems[0] if len(systems) == 1 else _USUAL
        tables.append(predictions.of_system(system))
        folder = resolved(file).parent.name if file.name == PREDICTIONS else file.stem
        names.append((folder, f"{folder}:{system}", f"{file}:{system}"))
    for chosen in zip(*names, strict=True):
        if len(set(chosen)) == len(chosen):
            return [Run(name, table) for name, table in zip(chosen, tables, strict=True)]
    twice = next(name[-1] for name in names if names.count(name) > 1)
    raise SettingsError(f"runs: {twice} is named twice, expected different systems: name each once.")


def compare_runs(
    runs: Sequence[Run], *, seed: int = 0, resamples: int = 1000, swaps: int = 9999, level: float = 0.95
) -> list[Comparison]:
    """Compare every pair of runs; the p values of all pairs and scores are corrected together.

    Args:
        runs: at least two systems.
        seed: seed of resampling and swaps.
        resamples: number of resamples of the intervals.
        swaps: largest number of swaps.
        level: level of the intervals.

    Raises:
        SettingsError: as for :func:`humpcat.evaluation.significance.compare_systems`.
    """
    return correct_together(
        [
            compare_systems(
                first.predictions,
                second.predictions,
                names=(first.name, second.name),
                seed=seed,
                resamples=resamples,
                swaps=swaps,
                level=level,
            )
            for first, second in combinations(runs, 2)
        ]
    )


def verdict(comparison: Comparison) -> str:
    """Say in a sentence which differences are significant.

    Args:
        comparison: two systems.
    """
    found = [one for one in comparison.differences.values() if one.significant]
    names = f"{comparison.first} and {comparison.second}"
    if not found:
        return f"Between {names} no difference is significant; that is no proof that they are equally good."
    parts = []
    for better, worse, sign in (
        (comparison.first, comparison.second, 1),
        (comparison.second, comparison.first, -1),
    ):
        own = [one for one in found if sign * one.estimate > 0]
        if own:
            largest = p_text(max(one.p_holm for one in own))
            bound = largest if len(own) == 1 or "<" in largest else largest.replace("=", "≤")
            # Whoever has heard the test speakers is no better for it.
            higher = "scores significantly higher" if better == comparison.unequal else "is significantly better"
            parts.append(f"{better} {higher} than {worse} in {_listed(own)} ({bound})")
    rest = [one for one in comparison.differences.values() if not one.significant]
    missing = f"; in {_listed(rest)} the difference is not significant" if rest else ""
    return f"{'; '.join(parts)}{missing}."


def remarks(comparison: Comparison) -> list[str]:
    """Return the sentences that a reader of a comparison has to know.

    Args:
        comparison: two systems.
    """
    level = next(iter(comparison.differences.values())).level
    unit = "speakers" if comparison.resampled == "speakers" else comparison.resampled
    swaps = f"all {comparison.swaps}" if comparison.exact else f"{comparison.swaps} random"
    way = "swap" if comparison.swaps == 1 else "swaps"
    found = []
    if comparison.unequal:
        honest = comparison.second if comparison.unequal == comparison.first else comparison.first
        found.append(
            f"{comparison.unequal} is SPEAKER-DEPENDENT, {honest} is not: the difference holds what it is worth "
            "to have heard the test speakers."
        )
    found += comparison.notes
    found.append(
        f"In brackets {100 * level:g} % intervals that resample {unit}; p from {swaps} {way} of the two systems' "
        f"answers, {unit.replace('speakers', 'speaker by speaker', 1) if unit == 'speakers' else 'by ' + unit}, "
        f"corrected for {count(comparison.tests, 'test')} (Holm)."
    )
    smallest = min(1.0, comparison.smallest_p * comparison.tests)
    if comparison.units == 1:
        found.append("There is one test speaker: no interval can be given and no difference can be significant.")
    elif smallest > 1 - level:
        if comparison.exact or comparison.smallest_p * comparison.swaps > 1:
            few = f"With {comparison.units} {unit}"
            few += f", of whom the two differ on {comparison.differing}," * (comparison.differing < comparison.units)
            mend = "test on more speakers"
        else:
            few, mend = f"With {count(comparison.swaps, 'swap')}", "try more swaps"
        found.append(f"{few} p cannot fall below {smallest:.3f}: no difference can be significant; {mend}.")
    if comparison.resampled != "speakers":
        found.append(
            "Some speakers are not known: their clips are taken for independent, which makes intervals too narrow "
            "and p too small."
        )
    return found


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison in plain dicts, lists and numbers, scores as shares between 0 and 1.

    Args:
        comparison: two systems.
    """
    return {
        "first": comparison.first,
        "second": comparison.second,
        "guarantee": comparison.guarantee,
        "clips": comparison.clips,
        "draws": comparison.draws,
        "units": comparison.units,
        "resampled": comparison.resampled,
        "exact": comparison.exact,
        "swaps": comparison.swaps,
        "tests": comparison.tests,
        "scores": {
            name: {
                "first": _interval(one.first),
                "second": _interval(one.second),
                "difference": {"estimate": one.estimate, "low": _or_none(one.low), "high": _or_none(one.high)},
                "p": one.p,
                "p_holm": one.p_holm,
                "significant": one.significant,
            }
            for name, one in comparison.differences.items()
        },
        "verdict": verdict(comparison),
        "notes": remarks(comparison),
    }


def show(comparison: Comparison, console: "Console") -> None:
    """Print a comparison: the guarantee, the table, the verdict, the remarks; bold is what is significant.

    Args:
        comparison: two systems.
        console: where to.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    size = [count(comparison.clips, "clip"), count(comparison.draws, "draw")]
    if comparison.resampled != "clips":
        size.insert(0, count(comparison.units, "speaker" if comparison.resampled == "speakers" else "speaker or clip"))
    else:
        size.insert(0, "speakers not known")
    table = Table(box=box.SIMPLE, header_style="", show_edge=False, pad_edge=False)
    # A long name is folded, so that figures stay whole in 80 columns.
    table.add_column("", overflow="fold", min_width=8)
    for heading in HEADINGS.values():
        table.add_column(heading, no_wrap=True)
    ones = [comparison.differences[name] for name in HEADINGS]
    table.add_row(Text(comparison.first), *(str(one.first) for one in ones))
    table.add_row(Text(comparison.second), *(str(one.second) for one in ones))
    styles = ["bold" if one.significant else "" for one in ones]
    points = [one.points for one in ones]
    table.add_row("difference", *(Text(text, style) for text, style in zip(points, styles, strict=True)))
    values = [p_text(one.p_holm).removeprefix("p = ").removeprefix("p ") for one in ones]
    table.add_row("p (Holm)", *(Text(text, style) for text, style in zip(values, styles, strict=True)))
    console.print(Text(f"Guarantee: {comparison.guarantee} ({', '.join(size)})."))
    console.print()
    console.print(table)
    console.print()
    for sentence in (verdict(comparison), *remarks(comparison)):
        console.print(Text(sentence))


def _parsed(argument: str) -> tuple[Path, str | None]:
    """Return path and system; a path that exists is taken whole, for it may hold a colon."""
    path, colon, system = argument.rpartition(":")
    if not colon or Path(argument).exists():
        return Path(argument), None
    return Path(path), system


def _listed(some: Sequence[Difference]) -> str:
    names = [HEADINGS[one.statistic].removesuffix(" %") for one in some]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _interval(interval: Interval) -> dict[str, float | None]:
    return {"estimate": interval.estimate, "low": _or_none(interval.low), "high": _or_none(interval.high)}


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
