"""The drawing of a report: answers changed as bars, accuracy as dots beside that of the clips as they are."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn
from matplotlib.ticker import MaxNLocator

from humpcat.evaluation.report.svg import PAPER, drawing
from humpcat.figures import save_figure
from humpcat.robustness.row import Row

NAME = "robustness"

_ROW = 0.21
"""Height of a row in inches."""


def draw(rows: Sequence[Row], title: str, folder: str | Path) -> list[Path]:
    """Draw a report into FOLDER/robustness.svg and .png.

    Args:
        rows: the clips as they are first, then every distortion.
        title: what was checked, a line.
        folder: where to.

    Returns:
        The files written.
    """
    clean, *distorted = rows
    labelled = clean.accuracy is not None
    places, headings = _places(distorted)
    height = _ROW * (max(places, default=0) + 1) + 1.3
    with drawing(PAPER):
        made = Drawn(figsize=(9.2 if labelled else 6.6, height), layout="constrained", facecolor=PAPER["page"])
        panels = made.subplots(
            1, 2 if labelled else 1, sharey=True, squeeze=False, width_ratios=[3, 2][: 1 + labelled]
        )
        made.suptitle(title, x=0.01, ha="left", fontsize=11)
        changed = panels[0, 0]
        _bars(changed, distorted, places, clean.answered)
        for place, family in headings:
            changed.annotate(
                family,
                (0, place),
                xycoords=("axes fraction", "data"),
                xytext=(-8, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontweight="bold",
                annotation_clip=False,
            )
        if labelled:
            _dots(panels[0, 1], clean, distorted, places)
        return save_figure(made, folder, NAME)


def _places(rows: Sequence[Row]) -> tuple[list[int], list[tuple[int, str]]]:
    """Return the place of each row from above, and the families' headings with theirs."""
    places: list[int] = []
    headings: list[tuple[int, str]] = []
    below = 0
    for family, members in groupby(rows, key=lambda row: row.family):
        headings.append((below, family))
        count = len(list(members))
        places += range(below + 1, below + 1 + count)
        below += count + 1
    return places, headings


def _bars(axes: Axes, rows: Sequence[Row], places: Sequence[int], clips: int) -> None:
    axes.barh(places, [row.changed for row in rows], height=0.7, color=PAPER["c1"])
    for row, place in zip(rows, places, strict=True):
        failed = f", {row.failed} failed" if row.failed else ""
        axes.annotate(
            f"{row.changed}{failed}",
            (row.changed, place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=PAPER["muted"],
        )
    axes.set_yticks(places, [row.title for row in rows])
    axes.set_ylim(max(places, default=0) + 0.8, -0.8)
    axes.set_xlim(0, max(clips, 1))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel(f"answers changed, of {clips}")
    _plain(axes)


def _dots(axes: Axes, clean: Row, rows: Sequence[Row], places: Sequence[int]) -> None:
    assert clean.accuracy is not None
    axes.axvline(100 * clean.accuracy, color=PAPER["muted"], linewidth=1)
    axes.annotate(
        f"as they are: {100 * clean.accuracy:.1f}",
        (100 * clean.accuracy, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=9,
        color=PAPER["muted"],
        annotation_clip=False,
    )
    for row, place in zip(rows, places, strict=True):
        if row.accuracy is not None:
            ends = [100 * clean.accuracy, 100 * row.accuracy]
            axes.plot(ends, [place, place], color=PAPER["c2"], linewidth=1.4)
            axes.plot(ends[1:], [place], "o", color=PAPER["c2"])
    axes.set_xlim(0, 100)
    axes.set_xlabel("accuracy in per cent")
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
