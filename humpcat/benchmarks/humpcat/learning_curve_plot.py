"""Accuracy by labelled clips, drawn for every target and mode of a benchmark, as SVG and PNG."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D

from humpcat.benchmarks.humpcat.results import (
    MODELS,
    MODES,
    ZERO_SHOT,
    Amount,
    BenchmarkResults,
    TargetResults,
    system_name,
)
from humpcat.evaluation.report.svg import PAPER, SERIES, drawing, level_lines
from humpcat.evaluation.table import Figure
from humpcat.figures import save_figure
from humpcat.protocols.split import SPEAKER_DEPENDENT

NAME = "learning-curve"

Style = tuple[str, str, Any]
"""Colour, marker and line."""

_PANEL_WIDTH, _PANEL_HEIGHT, _LEGEND_HEIGHT = 3.1, 2.5, 0.75

# Neighbours at the share of speakers stand side by side, so that their intervals do not hide one another.
_STEP_ASIDE = 0.22

_STYLES: dict[str, Style] = {
    model: (PAPER[f"c{index}"], marker, dash)
    for index, (model, (_, marker, dash)) in enumerate(zip(MODELS, SERIES, strict=False), start=1)
}


def draw_learning_curves(benchmark: BenchmarkResults, folder: str | Path) -> list[Path]:
    """Draw accuracy by what was learnt, a row of panels a target and a column a mode, into FOLDER/learning-curve.*.

    Args:
        benchmark: what was measured.
        folder: where to; made if it is missing.

    Returns:
        The files written: SVG and PNG.
    """
    rows, columns = len(benchmark.corpora), len(benchmark.modes)
    with drawing(PAPER):
        made = Drawn(
            figsize=(_PANEL_WIDTH * max(columns, 2), _PANEL_HEIGHT * rows + _LEGEND_HEIGHT),
            layout="constrained",
            facecolor=PAPER["page"],
        )
        grid = made.subplots(rows, columns, sharey="row", sharex=True, squeeze=False)
        for row, corpus in enumerate(benchmark.corpora):
            for column, mode in enumerate(benchmark.modes):
                one = next((one for one in benchmark.measured if (one.corpus, one.mode) == (corpus, mode)), None)
                axes = grid[row, column]
                stamp = f": {SPEAKER_DEPENDENT}" if one is not None and one.speaker_dependent else ""
                axes.set_title(f"{corpus}, {MODES[mode]}{stamp}", loc="left", fontsize=10.5)
                if one is not None:
                    _panel(axes, benchmark, one)
                if column == 0:
                    axes.set_ylabel("accuracy %")
                if row == rows - 1:
                    axes.set_xlabel("labelled clips a class")
        made.legend(handles=list(_legend(benchmark)), loc="outside lower left", ncols=3 if columns > 2 else 2)
        return save_figure(made, folder, NAME)


def _panel(axes: Axes, benchmark: BenchmarkResults, one: TargetResults) -> None:
    # Places by rank, not by number: from 1 to 20 clips they double, and a share of speakers is no number of clips.
    learnt = [amount for amount in benchmark.amounts if amount != ZERO_SHOT]
    labels = [str(amount.shots) if amount.shots else _share(amount.share) for amount in learnt]
    shares = [place for place, amount in enumerate(learnt) if amount.share is not None]
    for index, (model, (colour, marker, dash)) in enumerate(_STYLES.items()):
        scores = [_accuracy(one, model, amount) for amount in learnt]
        curve = [(place, score) for place, score in enumerate(scores) if score and place not in shares]
        if curve:
            places, points = zip(*curve, strict=True)
            axes.plot(places, [100 * point.mean for point in points], color=colour, marker=marker, linestyle=dash)
            if all(point.low is not None and point.high is not None for point in points):
                lows, highs = (
                    [100 * float(end or 0) for end in ends] for ends in zip(*map(_ends, points), strict=True)
                )
                axes.fill_between(places, lows, highs, color=colour, alpha=0.12, linewidth=0)
        for place in shares:
            _whisker(axes, place + (index - 1) * _STEP_ASIDE, scores[place], colour, marker)
        zero_shot = _accuracy(one, model, ZERO_SHOT)
        if zero_shot is not None:
            axes.axhline(100 * zero_shot.mean, color=colour, linewidth=1.1, linestyle=":")
    axes.axhline(100 * one.figures["chance"]["wa"].mean, color=PAPER["muted"], linewidth=1)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_xlim(-0.4, len(labels) - 0.4)
    level_lines(axes)


def _accuracy(one: TargetResults, model: str, amount: Amount) -> Figure | None:
    row = one.figures.get(system_name(model, amount))
    return None if row is None else row["wa"]


def _share(share: float | None) -> str:
    return f"{100 * (share or 0):g} % of\nspeakers"


def _ends(score: Figure) -> tuple[float | None, float | None]:
    return score.low, score.high


def _whisker(axes: Axes, place: float, score: Figure | None, colour: str, marker: str) -> None:
    if score is None:
        return
    if score.low is not None and score.high is not None:
        axes.plot([place, place], [100 * score.low, 100 * score.high], color=colour, linewidth=1.6)
    axes.plot([place], [100 * score.mean], color=colour, marker=marker)


def _legend(benchmark: BenchmarkResults) -> Iterator[Line2D]:
    found = {system for one in benchmark.measured for system in one.figures}
    for model, (colour, marker, dash) in _STYLES.items():
        if any(system_name(model, amount) in found for amount in benchmark.amounts):
            yield Line2D([], [], color=colour, marker=marker, linestyle=dash, label=MODELS[model])
    if ZERO_SHOT in benchmark.amounts:
        yield Line2D(
            [], [], color=PAPER["ink"], linewidth=1.1, linestyle=":", label="zero-shot, in the system's colour"
        )
    yield Line2D([], [], color=PAPER["muted"], linewidth=1, label="chance")
    yield Line2D([], [], linestyle="none", label="bands, bars: 95 % intervals\nover speakers")
