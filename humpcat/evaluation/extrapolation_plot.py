"""The learning curve of one's own clips with what is expected of more, as SVG and PNG."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from humpcat.evaluation.extrapolation import CurvePoint, LearningCurve
from humpcat.evaluation.report.svg import PAPER, drawing
from humpcat.figures import save_figure
from humpcat.protocols.guarantee import Guarantee

NAME = "learning-curve"


def draw_curve(curve: LearningCurve, levels: Mapping[str, float], guarantee: str, folder: str | Path) -> list[Path]:
    """Draw accuracy by labelled clips into FOLDER/learning-curve.svg and .png.

    Args:
        curve: the curve.
        levels: name to an accuracy that needs no clips, such as chance.
        guarantee: stands above the curve.
        folder: where to; made if it is missing.

    Returns:
        The files written.
    """
    with drawing(PAPER):
        made = Figure(figsize=(5.6, 3.9), layout="constrained", facecolor=PAPER["page"])
        axes = made.subplots()
        _line(axes, curve.points, PAPER["c1"], "-", "o", "measured by cross-validation")
        if curve.expected:
            _line(axes, curve.expected, PAPER["c2"], ":", "s", "expected of all clips and of twice as many")
        for (name, value), dash in zip(levels.items(), ("--", "-."), strict=False):
            axes.axhline(100 * value, color=PAPER["muted"], linewidth=1.2, linestyle=dash, label=name)
        axes.set_xscale("log", base=2)
        amounts = sorted({round(point.clips) for point in (*curve.points, *curve.expected)})
        axes.set_xticks(amounts, [str(amount) for amount in amounts])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(MaxNLocator(6))
        axes.set_xlabel("labelled clips that are learnt from")
        axes.set_ylabel("accuracy %")
        axes.grid(axis="y")
        axes.set_title(str(Guarantee.parse(guarantee).of_the_test), loc="left", fontsize=10, wrap=True)
        axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.2))
        return save_figure(made, folder, NAME)


def _line(axes: Axes, points: tuple[CurvePoint, ...], colour: str, dash: str, marker: str, label: str) -> None:
    at = [point.clips for point in points]
    axes.plot(at, [100 * point.accuracy for point in points], color=colour, marker=marker, linestyle=dash, label=label)
    lows, highs = [100 * point.low for point in points], [100 * point.high for point in points]
    axes.fill_between(at, lows, highs, color=colour, alpha=0.13, linewidth=0)
