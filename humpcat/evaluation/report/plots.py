"""The report's plots, each as SVG with a caption."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from humpcat.evaluation.metrics import Floats
from humpcat.evaluation.report.breakdowns import Breakdown
from humpcat.evaluation.report.gathering import Target
from humpcat.evaluation.report.overview import Curve, HeatMap
from humpcat.evaluation.report.svg import COLOURS, SERIES, drawing, figure, level_lines, svg
from humpcat.evaluation.report.systems import SystemReport
from humpcat.protocols.split import SPEAKER_DEPENDENT

MOST_LINES = 4
"""Systems in one plot of curves; of more, those with the highest UAR."""

_MOST_DOTS = 60

Style = tuple[str, str, Any]

_OTHERS: Style = (COLOURS["muted"], "o", "-")


@dataclass(frozen=True)
class Plot:
    """A plot.

    Attributes:
        svg: its markup.
        caption: what it shows; begins with SPEAKER-DEPENDENT where that holds.
        title: a few words above it.
    """

    svg: Markup
    caption: str
    title: str


@dataclass(frozen=True)
class TargetPlots:
    """The plots of one target.

    Attributes:
        scores: UAR of the systems.
        confusions: one a system.
        calibration: reliability and risk against coverage.
        breakdowns: kind of group to plot.
    """

    scores: Plot
    confusions: tuple[Plot, ...]
    calibration: tuple[Plot, ...]
    breakdowns: Mapping[str, Plot]


def target_plots(target: Target, key: str) -> TargetPlots:
    """Draw everything of one target.

    Args:
        target: the target.
        key: a word unique on the page.
    """
    dependent = target.speaker_dependent
    styles = _styles(target)
    lines = [system for system in target.systems.values() if system.label in styles]
    with drawing():
        return TargetPlots(
            scores=_scores(target, styles, f"{key}-scores"),
            confusions=tuple(
                _confusion(system, target.summary.classes, f"{key}-confusion-{index}", dependent)
                for index, system in enumerate(target.systems.values())
            ),
            calibration=(
                _reliability(lines, styles, f"{key}-reliability", dependent, _left_out(target)),
                _risk(lines, styles, f"{key}-risk", dependent, _left_out(target)),
            ),
            breakdowns={
                one.kind: (_speakers if one.kind == "speaker" else _groups)(one, target, styles, f"{key}-{one.kind}")
                for one in target.breakdowns
            },
        )


def curve_plot(curve: Curve, key: str, dependent: bool) -> Plot:
    """Draw a learning curve.

    Args:
        curve: the curve.
        key: a word unique on the page.
        dependent: whether its numbers are SPEAKER-DEPENDENT.
    """
    with drawing():
        made, axes = figure(250 + 16 * (len(curve.lines) + len(curve.levels)))
        for (name, points), (colour, marker, dash) in zip(curve.lines.items(), cycle(SERIES)):
            amounts, scores = zip(*points, strict=True)
            means = [100 * score.mean for score in scores]
            axes.plot(amounts, means, color=colour, marker=marker, linestyle=dash, label=name)
            ends = [(score.low, score.high) for score in scores]
            if all(low is not None and high is not None for low, high in ends):
                lows, highs = ([100 * float(end or 0) for end in side] for side in zip(*ends, strict=True))
                axes.fill_between(amounts, lows, highs, color=colour, alpha=0.13, linewidth=0)
        for (name, value), dash in zip(curve.levels.items(), cycle((":", "--", "-.", "-"))):
            axes.axhline(100 * value, color=COLOURS["muted"], linewidth=1.2, linestyle=dash, label=name)
        amounts_seen = sorted({amount for points in curve.lines.values() for amount, _ in points})
        if amounts_seen[-1] > 4 * amounts_seen[0]:
            axes.set_xscale("log", base=2)
        axes.set_xticks(amounts_seen, [f"{amount:g}" for amount in amounts_seen])
        axes.minorticks_off()
        axes.set_xlabel(curve.axis)
        _vertical(axes, "UAR %")
        _legend_below(axes)
        caption = f"UAR on {curve.target} by {curve.axis}. Bands are intervals that resample speakers."
        return Plot(svg(made, key, _stamped(caption, dependent)), _stamped(caption, dependent), curve.target)


def heat_plot(heat: HeatMap, key: str, dependent: bool) -> Plot:
    """Draw UAR by source and target corpus.

    Args:
        heat: the scores.
        key: a word unique on the page.
        dependent: whether its numbers are SPEAKER-DEPENDENT.
    """
    with drawing():
        made, axes = figure(70 + 38 * len(heat.sources))
        values = np.array([[heat.values.get((s, t), np.nan) for t in heat.targets] for s in heat.sources])
        _cells(
            axes,
            values,
            lambda row, column: "–" if np.isnan(values[row, column]) else f"{100 * values[row, column]:.1f}",
        )
        _names(axes, heat.targets, heat.sources, "target", "source")
        caption = f"UAR % of {heat.system} by source (rows) and target corpus (columns); – was not run."
        return Plot(svg(made, key, _stamped(caption, dependent)), _stamped(caption, dependent), heat.system)


def _stamped(caption: str, dependent: bool) -> str:
    return f"{SPEAKER_DEPENDENT}. {caption}" if dependent else caption


def _styles(target: Target) -> dict[str, Style]:
    """Return colour, marker and line of the systems in plots of curves: a system looks the same in every plot."""
    ranked = sorted(target.systems, key=lambda label: -target.figures(label)["uar"].mean)
    kept = [label for label in target.systems if label in ranked[:MOST_LINES]]
    return dict(zip(kept, SERIES, strict=False))


def _left_out(target: Target) -> str:
    more = len(target.systems) > MOST_LINES
    return f" Shown are the {MOST_LINES} systems with the highest UAR." if more else ""


def _scores(target: Target, styles: Mapping[str, Style], key: str) -> Plot:
    labels = list(target.systems)
    made, axes = figure(62 + 34 * len(labels))
    chance = 100 * target.figures("chance")["uar"].mean
    axes.plot([chance] * 2, [-0.55, len(labels) - 0.5], color=COLOURS["muted"], linestyle=":", linewidth=1.2)
    axes.text(chance, -0.6, "chance", ha="center", va="bottom", color=COLOURS["muted"], fontsize=10)
    for row, label in enumerate(labels):
        colour, marker, _ = styles.get(label, _OTHERS)
        score = target.figures(label)["uar"]
        _whisker(axes, row, score.mean, score.low, score.high, colour, marker)
        axes.text(100 * score.mean, row - 0.2, f"{100 * score.mean:.1f}", ha="center", va="bottom", fontsize=10)
    axes.set_yticks(range(len(labels)), [_short(label) for label in labels])
    axes.set_ylim(len(labels) - 0.5, -1.0)
    _across(axes, "UAR %")
    caption = "UAR of each system with its 95 % interval, which resamples speakers; the dotted line is chance."
    if any(target.figures(label)["uar"].low is None for label in labels):
        caption = "UAR of each system; the dotted line is chance."
    caption = _stamped(caption, target.speaker_dependent)
    return Plot(svg(made, key, caption), caption, "UAR")


def _confusion(system: SystemReport, classes: Sequence[str], key: str, dependent: bool) -> Plot:
    made, axes = figure(96 + 46 * len(classes))
    gold = system.confusion.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = system.confusion / gold
    whole = system.confusion.max() >= 1000 or not (system.confusion % 1).any()
    places = ".0f" if whole else ".1f"

    def text(row: int, column: int) -> str:
        share, count = shares[row, column], system.confusion[row, column]
        return "–" if np.isnan(share) else f"{100 * share:.0f} %\n{count:{places}}"

    _cells(axes, shares, text)
    _names(axes, classes, classes, "answered", "true class")
    caption = (
        f"{system.label}: share of each true class (rows) that was answered with each class (columns), and below it "
        "the number of clips, mean over draws."
    )
    return Plot(svg(made, key, _stamped(caption, dependent)), _stamped(caption, dependent), system.label)


def _cells(axes: Axes, shares: Floats, text: Callable[[int, int], str]) -> None:
    """Draw a matrix of shares; text keeps its contrast because only the paper below it takes colour."""
    rows, columns = shares.shape
    for row in range(rows):
        for column in range(columns):
            share = 0.0 if np.isnan(shares[row, column]) else float(shares[row, column])
            cell = Rectangle((column, row), 1, 1, facecolor=COLOURS["heat"], edgecolor="none", alpha=round(share, 3))
            axes.add_patch(cell)
            axes.text(column + 0.5, row + 0.5, text(row, column), ha="center", va="center", linespacing=1.25)
    for line in range(rows + 1):
        axes.axhline(line, color=COLOURS["rule"], linewidth=0.6)
    for line in range(columns + 1):
        axes.axvline(line, color=COLOURS["rule"], linewidth=0.6)
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)


def _names(axes: Axes, columns: Sequence[str], rows: Sequence[str], across: str, down: str) -> None:
    turned = max(map(len, columns)) * len(columns) > 44
    axes.set_xticks(np.arange(len(columns)) + 0.5, [_short(name, 12) for name in columns])
    axes.tick_params(axis="x", labelcolor=COLOURS["ink"], labelrotation=40 if turned else 0)
    if turned:
        for label in axes.get_xticklabels():
            label.set(ha="left", rotation_mode="anchor")
    axes.set_yticks(np.arange(len(rows)) + 0.5, [_short(name, 12) for name in rows])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(f"rows: {down}, columns: {across}", fontsize=10)


def _reliability(
    systems: Sequence[SystemReport], styles: Mapping[str, Style], key: str, dependent: bool, left_out: str
) -> Plot:
    made, axes = figure(300)
    axes.plot([0, 100], [0, 100], color=COLOURS["muted"], linewidth=1, linestyle=":")
    for system in systems:
        colour, marker, dash = styles[system.label]
        bins = system.reliability
        filled = bins.counts > 0
        # Bins of few clips are small: what they show is mostly chance.
        size = 12 + 60 * np.sqrt(bins.counts[filled] / bins.counts.max())
        axes.plot(
            100 * bins.confidence[filled], 100 * bins.accuracy[filled], color=colour, linestyle=dash, linewidth=1.4
        )
        axes.scatter(100 * bins.confidence[filled], 100 * bins.accuracy[filled], s=size, color=colour, marker=marker)
        name = f"{_short(system.label)} (ECE {100 * system.calibration.ece:.1f} %)"
        axes.plot([], [], color=colour, marker=marker, linestyle=dash, label=name)
    axes.set_xlim(0, 102)
    axes.set_ylim(0, 102)
    axes.set_xlabel("confidence %")
    _vertical(axes, "accuracy %")
    _legend_below(axes)
    caption = (
        f"Accuracy by confidence, in {systems[0].calibration.bins} bins; larger marks stand for more clips. On the "
        f"dotted line confidence can be believed; below it, it promises too much.{left_out}"
    )
    return Plot(svg(made, key, _stamped(caption, dependent)), _stamped(caption, dependent), "Reliability")


def _risk(
    systems: Sequence[SystemReport], styles: Mapping[str, Style], key: str, dependent: bool, left_out: str
) -> Plot:
    made, axes = figure(300)
    for system in systems:
        colour, marker, dash = styles[system.label]
        curve = system.risk
        name = f"{_short(system.label)} (area {100 * curve.aurc:.1f} %)"
        axes.plot(
            100 * curve.coverage,
            100 * curve.risk,
            color=colour,
            linestyle=dash,
            marker=marker,
            markevery=max(1, len(curve.risk) // 6),
            label=name,
        )
    axes.set_xlim(0, 102)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("share of clips answered, most confident first, %")
    _vertical(axes, "wrong among those answered %")
    _legend_below(axes)
    caption = f"Share of wrong answers if only the most confident clips are answered; lower is better.{left_out}"
    return Plot(svg(made, key, _stamped(caption, dependent)), _stamped(caption, dependent), "Risk and coverage")


def _groups(breakdown: Breakdown, target: Target, styles: Mapping[str, Style], key: str) -> Plot:
    labels = list(styles)
    made, axes = figure(84 + (18 + 15 * len(labels)) * len(breakdown.groups))
    for row, group in enumerate(breakdown.groups):
        for index, (label, (colour, marker, _)) in enumerate(styles.items()):
            score = group.scores.get(label)
            if score is not None:
                offset = (index - (len(labels) - 1) / 2) * 0.7 / len(labels)
                _whisker(axes, row + offset, score.uar, score.low, score.high, colour, marker)
    axes.set_yticks(range(len(breakdown.groups)), [_short(group.name) for group in breakdown.groups])
    axes.set_ylim(len(breakdown.groups) - 0.5, -0.5)
    for row in range(1, len(breakdown.groups)):
        axes.axhline(row - 0.5, color=COLOURS["rule"], linewidth=0.6)
    for label, (colour, marker, _) in styles.items():
        axes.plot([], [], color=colour, marker=marker, label=_short(label))
    _across(axes, "UAR %")
    _legend_below(axes)
    caption = f"UAR by {breakdown.kind}, with 95 % intervals.{_left_out(target)}"
    caption = _stamped(caption, target.speaker_dependent)
    return Plot(svg(made, key, caption), caption, breakdown.kind.capitalize())


def _speakers(breakdown: Breakdown, target: Target, styles: Mapping[str, Style], key: str) -> Plot:
    labels = list(styles)
    made, axes = figure(62 + 44 * len(labels))
    thinned = False
    for row, (label, (colour, marker, _)) in enumerate(styles.items()):
        values = 100 * np.array(breakdown.spread[label])
        if len(values) > _MOST_DOTS:
            thinned = True
            values = np.quantile(values, np.linspace(0, 1, _MOST_DOTS), method="nearest")
        # Neighbours step aside in turn, so that equal ones stay visible.
        aside = np.array([0.0, 0.16, -0.16, 0.3, -0.3])[np.arange(len(values)) % 5]
        axes.scatter(values, row + aside, s=20, color=colour, marker=marker, alpha=0.75, linewidths=0)
        axes.plot([np.median(values)] * 2, [row - 0.42, row + 0.42], color=COLOURS["ink"], linewidth=1.6)
    axes.set_yticks(range(len(labels)), [_short(label) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    _across(axes, "UAR % of a speaker")
    dots = f"{_MOST_DOTS} evenly spaced of the {breakdown.total} speakers, the worst and the best among them"
    caption = (
        f"Each mark is one speaker{f' ({dots})' if thinned else ''}, the upright line their median.{_left_out(target)}"
    )
    caption = _stamped(caption, target.speaker_dependent)
    return Plot(svg(made, key, caption), caption, "Speakers")


def _whisker(
    axes: Axes, row: float, mean: float, low: float | None, high: float | None, colour: str, marker: str
) -> None:
    if low is not None and high is not None:
        axes.plot([100 * low, 100 * high], [row, row], color=colour, linewidth=1.8, solid_capstyle="round")
    axes.plot([100 * mean], [row], color=colour, marker=marker, markersize=7)


def _across(axes: Axes, label: str) -> None:
    axes.set_xlabel(label)
    axes.set_xlim(-2, 102)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)


def _vertical(axes: Axes, label: str) -> None:
    """Write the label of the upright axis above it, where it is read without turning one's head."""
    axes.set_title(label, loc="left", fontsize=10.5, color=COLOURS["muted"])
    level_lines(axes)


def _legend_below(axes: Axes) -> None:
    made = axes.get_figure()
    assert made is not None
    made.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=1)


def _short(name: str, most: int = 26) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
