"""A picture of a checkup: durations, levels, and clips by speaker and label."""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from humpcat.corpora.doctor.checkup import Checkup
from humpcat.corpora.doctor.findings import CLIPPED_SHARE, SILENT_LEVEL, SILENT_SHARE
from humpcat.figures import plain_text, save_figure

# Okabe and Ito, Color Universal Design, 2008: told apart under every common colour blindness.
_BLUE, _ORANGE, _RED = "#0072B2", "#E69F00", "#D55E00"
_FLOOR = -90.0
_COUNTS_UP_TO = 30
_NAMES_UP_TO = 120


def save(checkup: Checkup, folder: str | Path) -> list[Path]:
    """Write ``check.svg`` and ``check.png``; the same checkup gives the same bytes.

    Args:
        checkup: what was found.
        folder: where to; made if missing.

    Returns:
        The files.
    """
    return save_figure(draw(checkup), folder, "check")


@plain_text()
def draw(checkup: Checkup) -> Figure:
    """Draw a checkup.

    Args:
        checkup: what was found.

    Returns:
        A figure of its own, unknown to pyplot.
    """
    labels, speakers = len(checkup.labels), len(checkup.speakers)
    figure = Figure(figsize=(11 if speakers <= 40 else 15, 4.6 + 0.36 * labels), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(
        textwrap.shorten(checkup.corpus.title, 100, placeholder=" ...")
        + f"\n{len(checkup.usable)} clips, {checkup.minutes:.1f} minutes: {checkup.headline}",
        fontsize=12,
    )
    grid = figure.add_gridspec(2, 2, height_ratios=[2.8, 1.2 + 0.36 * labels])
    _durations(figure, grid[0, 0], checkup)
    _levels(figure, grid[0, 1], checkup)
    _speakers(figure, grid[1, :], checkup)
    return figure


def _durations(figure: Figure, place: SubplotSpec, checkup: Checkup) -> None:
    axes = figure.add_subplot(place)
    axes.hist([measures.duration for _, measures in checkup.usable], bins=40, color=_BLUE)
    if checkup.durations:
        middle = checkup.durations["median"]
        axes.axvline(middle, color=_ORANGE, linewidth=2, label=f"median {middle:.2f} s")
        axes.legend(frameon=False)
    axes.set(xlabel="duration (s)", ylabel="clips", xlim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)


def _levels(figure: Figure, place: SubplotSpec, checkup: Checkup) -> None:
    axes = figure.add_subplot(place)
    kinds: dict[str, list[float]] = {"sound": [], "clipped": [], "silent": []}
    for _, measures in checkup.usable:
        level = _FLOOR if measures.level is None else max(measures.level, _FLOOR)
        silent = level < SILENT_LEVEL or measures.zeros >= SILENT_SHARE
        kinds["silent" if silent else "clipped" if measures.clipped >= CLIPPED_SHARE else "sound"].append(level)
    every = [level for levels in kinds.values() for level in levels] or [_FLOOR]
    bins = np.arange(np.floor(min(every)), max(0.0, max(every)) + 1.5, 1.0)
    axes.hist(
        list(kinds.values()),
        bins=bins.tolist(),
        stacked=True,
        color=[_BLUE, _ORANGE, _RED],
        label=[f"{kind} {len(levels)}" for kind, levels in kinds.items()],
    )
    for kind, colour in (("clipped", _ORANGE), ("silent", _RED)):
        # Marked along the axis, since a single clip among thousands is a bar too low to be seen.
        # An empty line that is not clipped has no extent, at which the layout gives up.
        if kinds[kind]:
            axes.plot(kinds[kind], [0] * len(kinds[kind]), "v", color=colour, markersize=7, clip_on=False, zorder=3)
    axes.legend(frameon=False)
    floor = f"; {_FLOOR:.0f} stands for less too" if min(every) <= _FLOOR else ""
    axes.set(xlabel=f"level (dBFS{floor})", ylabel="clips")
    axes.spines[["top", "right"]].set_visible(False)


def _speakers(figure: Figure, place: SubplotSpec, checkup: Checkup) -> None:
    axes = figure.add_subplot(place)
    speakers, labels = list(checkup.speakers), list(checkup.labels)
    counts = np.array([[checkup.table[speaker][label] for speaker in speakers] for label in labels])
    image = axes.imshow(counts, cmap="cividis", aspect="auto", vmin=0, vmax=max(1, counts.max()))
    axes.set_yticks(range(len(labels)), labels)
    if len(speakers) <= _NAMES_UP_TO:
        upright = len(speakers) > 20 or max(len(speaker) for speaker in speakers) > 6
        axes.set_xticks(
            range(len(speakers)),
            [textwrap.shorten(speaker, 24, placeholder="...") for speaker in speakers],
            rotation=90 if upright else 0,
            fontsize=7.5 if len(speakers) > 60 else 9,
        )
    else:
        axes.set_xticks([])
    axes.set_xlabel(f"speaker ({len(speakers)})")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if len(speakers) <= _COUNTS_UP_TO:
        for (row, column), count in np.ndenumerate(counts):
            colour = "black" if count > 0.55 * counts.max() else "white"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=9)
    figure.colorbar(image, ax=axes, label="clips", pad=0.01)
