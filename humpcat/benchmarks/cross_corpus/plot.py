"""UAR of AFSR by the weight of each of its losses, as SVG and PNG."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from humpcat.benchmarks.cross_corpus.results import CHANCE, ProtocolResults
from humpcat.benchmarks.cross_corpus.variants import FULL, WEIGHTS, weighted
from humpcat.benchmarks.plots import CHANCE_LINE, draw_curve, draw_grid
from humpcat.evaluation.report.svg import PAPER, level_lines

NAME = "sensitivity"

_CURVE: dict[str, Any] = {"color": PAPER["c1"], "marker": "o"}
_DEFAULT: dict[str, Any] = {"color": PAPER["c2"], "linewidth": 1.1, "linestyle": "--"}


def draw_sensitivity(measured: Sequence[ProtocolResults], values: Sequence[float], folder: str | Path) -> list[Path]:
    """Draw UAR, mean over directions, by each loss weight: a row of panels a protocol, a column a weight.

    Returns:
        The files written: SVG and PNG.
    """
    weights = list(WEIGHTS)

    def draw(axes: Axes, row: int, column: int) -> None:
        axes.set_title(f"{measured[row].protocol}: {weights[column]}", loc="left", fontsize=10.5)
        _panel(axes, measured[row], weights[column], sorted(set(values)))

    legend = [
        Line2D([], [], label="AFSR, mean over directions; band: 95 % interval", **_CURVE),
        Line2D([], [], label="AFSR by default", **_DEFAULT),
        CHANCE_LINE,
    ]
    return draw_grid(
        folder,
        NAME,
        (len(measured), len(weights)),
        draw,
        legend,
        panel=(3.4, 2.5, 0.6),
        labels=("weight of the loss", "UAR %"),
    )


def _panel(axes: Axes, measured: ProtocolResults, weight: str, values: Sequence[float]) -> None:
    # Places by rank: weights grow by factors, and 0 has no place on a logarithmic axis.
    names = [weighted(weight, value).name for value in values]
    found = [(place, measured.means[name]["uar"]) for place, name in enumerate(names) if name in measured.means]
    if found:
        places, scores = zip(*found, strict=True)
        draw_curve(axes, places, scores, **_CURVE)
    default = measured.means.get(FULL.name)
    if default is not None:
        axes.axhline(100 * default["uar"].mean, **_DEFAULT)
    if CHANCE in measured.means:
        axes.axhline(100 * measured.means[CHANCE]["uar"].mean, color=PAPER["muted"], linewidth=1)
    axes.set_xticks(range(len(values)), [f"{value:g}" for value in values])
    axes.set_xlim(-0.4, len(values) - 0.6)
    level_lines(axes)
