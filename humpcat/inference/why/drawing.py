"""An explanation as a picture: contributions as bars, and below them F0, contributions and attention over time."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn

from humpcat.evaluation.report.svg import PAPER, drawing, level_lines
from humpcat.figures import ENDINGS, save_as
from humpcat.inference.tables import require_ending
from humpcat.inference.why.explanation import Explanation

FOR, AGAINST = PAPER["c1"], PAPER["c2"]
"""Colours of what speaks for the label and against it; the side of the line tells them apart, too."""

_BAR = 0.3
"""Height of a bar in inches."""


def draw(name: str, explanation: Explanation, file: str | Path) -> Path:
    """Draw an explanation into a file.

    Args:
        name: what the clip is called.
        explanation: of the clip.
        file: ends in .png or .svg.

    Returns:
        The file.

    Raises:
        SettingsError: it ends otherwise.
        WritingError: it cannot be written.
    """
    file = Path(file)
    require_ending(file, ENDINGS)
    heights = [_BAR * (len(explanation.contributions) + 1) + 0.6, *([1.5] if explanation.f0 else [])]
    heights += [1.8] if explanation.over_time else []
    heights += [1.5] if explanation.attention else []
    with drawing(PAPER):
        made = Drawn(figsize=(7.2, sum(heights) + 0.6), layout="constrained", facecolor=PAPER["page"])
        first, *further = made.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
        scores = ", ".join(f"{label} {score:.2f}" for label, score in explanation.scores.items())
        made.suptitle(f"{name}: {scores}", x=0.01, ha="left", fontsize=11)
        _terms(first, explanation)
        panels = iter(further)
        if explanation.f0:
            _pitch(next(panels), explanation)
        if explanation.over_time:
            _curve(next(panels), explanation)
        if explanation.attention:
            _looked(next(panels), explanation)
        for axes in further:
            axes.sharex(further[-1])
            axes.label_outer()
        if further:
            further[-1].set_xlabel("seconds")
        return save_as(made, file)


def _terms(axes: Axes, explanation: Explanation) -> None:
    values = {term: classes[explanation.label] for term, classes in explanation.contributions.items()}
    values["sum"] = explanation.logits[explanation.label]
    colours = [FOR if value > 0 else AGAINST for value in values.values()]
    axes.barh(range(len(values)), list(values.values()), height=0.7, color=colours)
    for place, value in enumerate(values.values()):
        axes.annotate(
            f"{value:+.2f}",
            (value, place),
            xytext=(4 if value > 0 else -4, 0),
            textcoords="offset points",
            ha="left" if value > 0 else "right",
            va="center",
            fontsize=9,
            color=PAPER["muted"],
        )
    axes.axvline(0, color=PAPER["muted"], linewidth=1)
    axes.axhline(len(values) - 1.5, color=PAPER["rule"], linewidth=1)
    axes.set_yticks(range(len(values)), list(values))
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.margins(x=0.15)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    _title(axes, f"what spoke for (right) and against (left) {explanation.label}, in logits")


def _pitch(axes: Axes, explanation: Explanation) -> None:
    times, hertz = zip(*explanation.f0, strict=True)
    axes.scatter(times, hertz, s=7, color=PAPER["c3"], linewidths=0)
    level_lines(axes)
    _title(axes, "F0 in Hz")


def _curve(axes: Axes, explanation: Explanation) -> None:
    stretches = explanation.over_time
    axes.bar(
        [each.start for each in stretches],
        [each.value for each in stretches],
        [each.end - each.start for each in stretches],
        align="edge",
        color=[FOR if each.value > 0 else AGAINST for each in stretches],
        edgecolor=PAPER["page"],
        linewidth=0.4,
    )
    axes.axhline(0, color=PAPER["muted"], linewidth=1)
    level_lines(axes)
    _title(axes, f"what each 0.1 s said for {explanation.label}: {', '.join(explanation.timed)}")


def _looked(axes: Axes, explanation: Explanation) -> None:
    for colour, (name, steps) in zip(("c1", "c4"), explanation.attention.items(), strict=False):
        edges = [*(each.start for each in steps), steps[-1].end]
        axes.stairs(
            [each.value for each in steps], edges, baseline=None, color=PAPER[colour], linewidth=1.6, label=name
        )
    axes.axhline(1, color=PAPER["muted"], linewidth=1)
    axes.legend(frameon=False, fontsize=9, ncols=2, loc="upper right", bbox_to_anchor=(1, 1.25))
    level_lines(axes)
    _title(axes, "where the fusion looked")


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=10.5, color=PAPER["muted"])
