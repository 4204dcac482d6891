"""UAR of AFSR by the weight of each of its losses, as SVG and PNG."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D

from humpcat.benchmarks.cross_corpus.results import CHANCE, ProtocolResults
from humpcat.benchmarks.cross_corpus.variants import AFSR, WEIGHTS, MethodVariant, weighted
from humpcat.evaluation.report.svg import PAPER, drawing, level_lines
from humpcat.evaluation.table import Figure
from humpcat.figures import save_figure

NAME = "sensitivity"

_PANEL_WIDTH, _PANEL_HEIGHT, _LEGEND_HEIGHT = 3.4, 2.5, 0.6


def draw_sensitivity(measured: Sequence[ProtocolResults], values: Sequence[float], folder: str | Path) -> list[Path]:
    """Draw UAR, mean over directions, by each loss weight: a row of panels a protocol, a column a weight.

    Args:
        measured: one feature set under each protocol.
        values: values that each weight took.
        folder: where to; made if it is missing.

    Returns:
        The files written: SVG and PNG.
    """
    rows, columns = len(measured), len(WEIGHTS)
    with drawing(PAPER):
        made = Drawn(
            figsize=(_PANEL_WIDTH * columns, _PANEL_HEIGHT * rows + _LEGEND_HEIGHT),
            layout="constrained",
            facecolor=PAPER["page"],
        )
        grid = made.subplots(rows, columns, sharey="row", squeeze=False)
        for row, one in enumerate(measured):
            for column, weight in enumerate(WEIGHTS):
                axes = grid[row, column]
                axes.set_title(f"{one.protocol}: {weight}", loc="left", fontsize=10.5)
                _panel(axes, one, weight, sorted(set(values)))
                if column == 0:
                    axes.set_ylabel("UAR %")
                if row == rows - 1:
                    axes.set_xlabel("weight of the loss")
        made.legend(handles=_legend(), loc="outside lower left", ncols=2)
        return save_figure(made, folder, NAME)


def _panel(axes: Axes, measured: ProtocolResults, weight: str, values: Sequence[float]) -> None:
    # Places by rank: weights grow by factors, and 0 has no place on a logarithmic axis.
    names = [weighted(weight, value).name for value in values]
    found = [(place, measured.means[name]["uar"]) for place, name in enumerate(names) if name in measured.means]
    if found:
        places = [place for place, _ in found]
        axes.plot(places, [100 * figure.mean for _, figure in found], color=PAPER["c1"], marker="o")
        if all(figure.low is not None and figure.high is not None for _, figure in found):
            lows, highs = ([100 * float(end or 0) for end in ends] for ends in zip(*map(_ends, found), strict=True))
            axes.fill_between(places, lows, highs, color=PAPER["c1"], alpha=0.12, linewidth=0)
    default = measured.means.get(MethodVariant(AFSR).name)
    if default is not None:
        axes.axhline(100 * default["uar"].mean, color=PAPER["c2"], linewidth=1.1, linestyle="--")
    if CHANCE in measured.means:
        axes.axhline(100 * measured.means[CHANCE]["uar"].mean, color=PAPER["muted"], linewidth=1)
    axes.set_xticks(range(len(values)), [f"{value:g}" for value in values])
    axes.set_xlim(-0.4, len(values) - 0.6)
    level_lines(axes)


def _ends(point: tuple[int, Figure]) -> tuple[float | None, float | None]:
    return point[1].low, point[1].high


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], color=PAPER["c1"], marker="o", label="AFSR, mean over directions; band: 95 % interval"),
        Line2D([], [], color=PAPER["c2"], linewidth=1.1, linestyle="--", label="AFSR by default"),
        Line2D([], [], color=PAPER["muted"], linewidth=1, label="chance"),
    ]
