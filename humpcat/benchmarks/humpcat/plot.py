"""Accuracy by labelled clips, drawn for every target and mode of a benchmark, as SVG and PNG."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from humpcat.benchmarks.humpcat.results import MODES, BenchmarkResults, system_name
from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Amount
from humpcat.benchmarks.humpcat.target_results import TargetResults
from humpcat.benchmarks.plots import CHANCE_LINE, draw_curve, draw_grid, draw_whisker
from humpcat.evaluation.report.svg import COLOURS, PAPER, SERIES, level_lines
from humpcat.evaluation.table import Figure
from humpcat.protocols.split import SPEAKER_DEPENDENT

NAME = "learning-curve"

# Neighbours at the share of speakers stand side by side, so that their intervals do not hide one another.
_STEP_ASIDE = 0.22

_ON_PAPER = {COLOURS[name]: colour for name, colour in PAPER.items()}


def draw_learning_curves(benchmark: BenchmarkResults, folder: str | Path) -> list[Path]:
    """Draw accuracy by what was learnt, a row of panels a target and a column a mode, into FOLDER/learning-curve.*.

    Returns:
        The files written: SVG and PNG.
    """
    corpora, modes = list(benchmark.corpora), benchmark.modes
    measured = {(one.corpus, one.mode): one for one in benchmark.measured}

    def draw(axes: Axes, row: int, column: int) -> None:
        one = measured.get((corpora[row], modes[column]))
        stamp = f": {SPEAKER_DEPENDENT}" if one is not None and one.speaker_dependent else ""
        axes.set_title(f"{corpora[row]}, {MODES[modes[column]]}{stamp}", loc="left", fontsize=10.5)
        if one is not None:
            _panel(axes, benchmark, one)

    return draw_grid(
        folder,
        NAME,
        (len(corpora), len(modes)),
        draw,
        list(_legend(benchmark)),
        panel=(3.1, 2.5, 0.75),
        labels=("labelled clips a class", "accuracy %"),
        legend_columns=3 if len(modes) > 2 else 2,
    )


def _styles() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each system's name and style; there are no more systems in a drawing than styles."""
    for name, (colour, marker, dash) in zip(SYSTEMS.names(), SERIES, strict=False):
        yield name, {"color": _ON_PAPER[colour], "marker": marker, "linestyle": dash}


def _panel(axes: Axes, benchmark: BenchmarkResults, one: TargetResults) -> None:
    # Places by rank, not by number: from 1 to 20 clips they double, and a share of speakers is no number of clips.
    learnt = [amount for amount in benchmark.amounts if amount != ZERO_SHOT]
    labels = [str(amount.shots) if amount.shots else _share(amount.share) for amount in learnt]
    shares = [place for place, amount in enumerate(learnt) if amount.share is not None]
    for index, (name, style) in enumerate(_styles()):
        scores = [_accuracy(one, name, amount) for amount in learnt]
        curve = [(place, score) for place, score in enumerate(scores) if score and place not in shares]
        if curve:
            places, points = zip(*curve, strict=True)
            draw_curve(axes, places, points, **style)
        for place in shares:
            if (score := scores[place]) is not None:
                aside = place + (index - 1) * _STEP_ASIDE
                draw_whisker(axes, aside, score, color=style["color"], marker=style["marker"])
        zero_shot = _accuracy(one, name, ZERO_SHOT)
        if zero_shot is not None:
            axes.axhline(100 * zero_shot.mean, color=style["color"], linewidth=1.1, linestyle=":")
    axes.axhline(100 * one.figures["chance"]["wa"].mean, color=PAPER["muted"], linewidth=1)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_xlim(-0.4, len(labels) - 0.4)
    level_lines(axes)


def _accuracy(one: TargetResults, system: str, amount: Amount) -> Figure | None:
    row = one.figures.get(system_name(system, amount))
    return None if row is None else row["wa"]


def _share(share: float | None) -> str:
    return f"{100 * (share or 0):g} % of\nspeakers"


def _legend(benchmark: BenchmarkResults) -> Iterator[Line2D]:
    measured = benchmark.systems
    for name, style in _styles():
        if name in measured:
            yield Line2D([], [], label=SYSTEMS[name].title, **style)
    if ZERO_SHOT in benchmark.amounts:
        yield Line2D(
            [], [], color=PAPER["ink"], linewidth=1.1, linestyle=":", label="zero-shot, in the system's colour"
        )
    yield CHANCE_LINE
    yield Line2D([], [], linestyle="none", label="bands, bars: 95 % intervals\nover speakers")
