"""A grid of panels of scores by rank, with their intervals, as the benchmarks draw them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D

from humpcat.evaluation.report.svg import PAPER, drawing
from humpcat.evaluation.table import Figure
from humpcat.figures import save_figure

CHANCE_LINE = Line2D([], [], color=PAPER["muted"], linewidth=1, label="chance")
"""How the legend shows chance."""

_BAND = 0.12


def draw_grid(
    folder: str | Path,
    name: str,
    shape: tuple[int, int],
    draw: Callable[[Axes, int, int], None],
    legend: Sequence[Artist],
    *,
    panel: tuple[float, float, float],
    labels: tuple[str, str],
    legend_columns: int = 2,
) -> list[Path]:
    """Draw panels in rows and columns into FOLDER/NAME.svg and .png.

    Args:
        folder: where to; made if it is missing.
        name: name of the files.
        shape: rows and columns.
        draw: draws the panel of a row and a column.
        legend: what the legend shows.
        panel: width and height of a panel, and height of the legend, in inches.
        labels: of the axis of places and of that of scores.
        legend_columns: columns of the legend.

    Returns:
        The files written.
    """
    (rows, columns), (width, height, below) = shape, panel
    with drawing(PAPER):
        made = Drawn(
            figsize=(width * max(columns, 2), height * rows + below), layout="constrained", facecolor=PAPER["page"]
        )
        grid = made.subplots(rows, columns, sharex=True, sharey="row", squeeze=False)
        for row in range(rows):
            for column in range(columns):
                axes = grid[row, column]
                draw(axes, row, column)
                if column == 0:
                    axes.set_ylabel(labels[1])
                if row == rows - 1:
                    axes.set_xlabel(labels[0])
        made.legend(handles=list(legend), loc="outside lower left", ncols=legend_columns)
        return save_figure(made, folder, name)


def draw_curve(axes: Axes, places: Sequence[float], scores: Sequence[Figure], **style: Any) -> None:
    """Draw scores by their places, with a band for their intervals where all have one."""
    axes.plot(places, [100 * score.mean for score in scores], **style)
    intervals = [ends for ends in map(_ends, scores) if ends is not None]
    if len(intervals) == len(scores):
        lows, highs = zip(*intervals, strict=True)
        axes.fill_between(places, lows, highs, color=style["color"], alpha=_BAND, linewidth=0)


def draw_whisker(axes: Axes, place: float, score: Figure, **style: Any) -> None:
    """Draw one score with a bar for its interval."""
    ends = _ends(score)
    if ends is not None:
        axes.plot([place, place], ends, color=style["color"], linewidth=1.6)
    axes.plot([place], [100 * score.mean], **style)


def _ends(score: Figure) -> tuple[float, float] | None:
    return None if score.low is None or score.high is None else (100 * score.low, 100 * score.high)
