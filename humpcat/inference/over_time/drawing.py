"""A picture of a recording's emotions over time: a coloured band of labels, and how probable each class is below."""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

from humpcat.evaluation.report.svg import PAPER, drawing
from humpcat.figures import save_as
from humpcat.inference.over_time.segmenting import EmotionSegment
from humpcat.inference.tables import require_ending
from humpcat.keywords import named_keywords

__all__ = ["draw_timeline"]

ENDINGS = (".png", ".svg")
"""Endings of pictures."""

COLOURS: Mapping[str, str] = {
    "anger": "#d55e00",
    "happiness": "#f0e442",
    "neutral": "#bbbbbb",
    "sadness": "#0072b2",
    "fear": "#cc79a7",
    "disgust": "#009e73",
    "surprise": "#56b4e9",
    "boredom": "#e69f00",
    "calm": "#882255",
}
"""Colour of a class in every picture: those of Okabe and Ito, which the colour-blind tell apart, and two of Tol's."""

ROW_SECONDS = 300.0
"""What is drawn in one row; a longer recording is drawn in several, one below the other."""

MOST_ROWS = 8
"""Rows of a recording of any length; there are fewer where many speakers are drawn in each."""

_PANELS = 16
_WIDTH, _PANEL = 11.0, 1.15
"""Inches: width of the picture, height of what is drawn of one speaker in one row."""

_BAND = (1.1, 0.4)
"""Lower edge and height of the band of labels, above the probabilities, which reach from 0 to 1."""

_LETTER = 0.064
"""Inches that a letter of a label takes."""

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_MOST_TICKS = 12

Style = tuple[str, str]
"""Colour and hatching."""


@named_keywords
def draw_timeline(path: str | Path, name: str, segments: Sequence[EmotionSegment]) -> None:
    """Draw the emotions of a recording over time.

    A long recording is drawn in rows, one below the other, each with a panel a speaker where speakers are known. A
    panel shows the label of each segment as a coloured band, with its name where there is room, and below it the
    probability of each class, as the model gave it on average over the segment, one upon the other. Pauses stay empty.
    A class has the same colour in every picture of a model.

    Args:
        path: the file, ending in .png or .svg; what lies there is replaced.
        name: of the recording, the title; folders before it are left out.
        segments: in the order of time, as :meth:`humpcat.inference.classifier.HumpCatPipeline.segments` gives them.

    Raises:
        SettingsError: the ending is another one.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> said = EmotionSegment(0.5, 3.25, "anger", {"anger": 0.9, "neutral": 0.1})
        >>> with TemporaryDirectory() as folder:
        ...     draw_timeline(Path(folder, "call.png"), "call.wav", [said])
        ...     [file.name for file in Path(folder).iterdir()]
        ['call.png']
    """
    require_ending(Path(path), ENDINGS)
    with drawing(PAPER):
        save_as(_timeline(Path(name).name, segments), Path(path))


def styles_of(classes: Sequence[str]) -> dict[str, Style]:
    """Return colour and hatching of a model's classes, in the order in which they are drawn.

    Args:
        classes: all classes of the model.

    Example:
        >>> styles_of(["sadness", "bliss", "anger"])
        {'anger': ('#d55e00', ''), 'sadness': ('#0072b2', ''), 'bliss': ('#f0e442', '')}
    """
    known = [each for each in COLOURS if each in classes]
    free = ((colour, hatch) for hatch, colour in product(("", "///", "...", "xx"), COLOURS.values()))
    found: dict[str, Style] = {each: (COLOURS[each], "") for each in known}
    for other in sorted(set(classes) - found.keys()):
        found[other] = next((style for style in free if style not in found.values()), ("#ffffff", "++"))
    return found


def _timeline(name: str, segments: Sequence[EmotionSegment]) -> Figure:
    speakers = list(dict.fromkeys(each.speaker for each in segments))
    end = max((each.end for each in segments), default=1.0)
    rows = min(int(np.ceil(end / ROW_SECONDS)), MOST_ROWS, max(1, _PANELS // max(1, len(speakers))))
    styles = styles_of(list(segments[0].probabilities)) if segments else {}
    panels = rows * max(1, len(speakers))
    made = Figure(figsize=(_WIDTH, 0.9 + _PANEL * panels), layout="constrained", facecolor=PAPER["page"])
    made.suptitle(_short(name, 100), x=0.01, ha="left", fontsize=12)
    if not segments:
        made.text(0.5, 0.4, "no speech was found", ha="center", color=PAPER["muted"])
        return made
    grid = made.subplots(panels, 1, squeeze=False)[:, 0]
    seconds = end / rows
    for row in range(rows):
        for place, speaker in enumerate(speakers):
            axes = grid[row * len(speakers) + place]
            own = [each for each in segments if each.speaker == speaker]
            _draw(axes, own, styles, (row * seconds, (row + 1) * seconds))
            _scale(axes, seconds, lowest=place == len(speakers) - 1)
            if speaker is not None:
                axes.set_ylabel(_short(speaker, 18), fontsize=9)
    handles = [Patch(facecolor=colour, hatch=hatch, label=label) for label, (colour, hatch) in styles.items()]
    made.legend(handles=handles, loc="outside lower left", ncols=min(len(handles), 9), handlelength=1.2, fontsize=9)
    return made


def _draw(
    axes: Axes, segments: Sequence[EmotionSegment], styles: Mapping[str, Style], row: tuple[float, float]
) -> None:
    """Draw what is said within a row by one speaker."""
    axes.set_xlim(*row)
    shown = [each for each in segments if each.end > row[0] and each.start < row[1]]
    for label, (colour, hatch) in styles.items():
        own = [(each.start, each.end - each.start) for each in shown if each.label == label]
        # A line in the page's colour parts neighbours of one label.
        axes.broken_barh(own, _BAND, facecolor=colour, hatch=hatch, edgecolor=PAPER["page"], linewidth=0.4)
    for each in shown:
        first, last = max(each.start, row[0]), min(each.end, row[1])
        if (last - first) / (row[1] - row[0]) * _WIDTH * 0.92 > _LETTER * (len(each.label) + 1):
            ink = PAPER["ink"] if _is_light(styles[each.label][0]) else PAPER["page"]
            middle = _BAND[0] + 0.46 * _BAND[1]
            axes.text((first + last) / 2, middle, each.label, ha="center", va="center", fontsize=8, color=ink)
    if not shown:
        return
    # Not a number between two segments, so that a pause stays empty.
    times = np.array([time for each in shown for time in (each.start, each.end, each.end)])
    floor = np.zeros(len(times))
    for label, (colour, hatch) in styles.items():
        shares = np.array([share for each in shown for share in (each.probabilities[label],) * 2 + (np.nan,)])
        axes.fill_between(times, floor, floor + shares, facecolor=colour, hatch=hatch, linewidth=0)
        floor = floor + shares


def _scale(axes: Axes, seconds: float, *, lowest: bool) -> None:
    """Give a panel its times, in minutes and seconds, and probabilities."""
    step = next((each for each in _STEPS if seconds / each <= _MOST_TICKS), seconds / _MOST_TICKS)
    axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: f"{int(time) // 60}:{int(time) % 60:02d}"))
    axes.set_ylim(0, sum(_BAND))
    axes.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelbottom=lowest, labelsize=9)
    axes.spines["left"].set_visible(False)


def _is_light(colour: str) -> bool:
    """Return whether dark letters are read better on a colour than light ones (relative luminance, ITU-R BT.709)."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 110


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
