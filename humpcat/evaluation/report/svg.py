"""Figures as SVG to stand inside a page: text as text, colours from the page's style sheet."""

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from typing import Any

import matplotlib
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from humpcat.figures import show_names
from humpcat.shown import several_lines

COLOURS = {
    "ink": "#010101",
    "muted": "#010102",
    "rule": "#010103",
    "heat": "#010104",
    "page": "#010105",
    "c1": "#010201",
    "c2": "#010202",
    "c3": "#010203",
    "c4": "#010204",
    "c5": "#010205",
    "c6": "#010206",
}
"""Stand-ins that become CSS variables, so that one plot serves light, dark and print."""

SERIES = tuple(
    zip(
        (COLOURS[f"c{index}"] for index in range(1, 7)),
        ("o", "s", "^", "D", "v", "P"),
        ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1))),
        strict=True,
    )
)
"""Colour, marker and line of each series: no two are told apart by colour alone."""

WIDTH = 340
"""Width of a plot in its own units: about the pixels of a telephone, so that text is never shrunk there."""

PAPER = {
    "ink": "#16202c",
    "muted": "#56616e",
    "rule": "#d9dee4",
    "heat": "#56b4e9",
    "page": "#ffffff",
    "c1": "#0072b2",
    "c2": "#c64f00",
    "c3": "#00795a",
    "c4": "#a8518b",
    "c5": "#8f6200",
    "c6": "#3f4a56",
}
"""The style sheet's colours on white, for a figure that stands in a file of its own."""


def _settings(colours: Mapping[str, str]) -> dict[Any, Any]:
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": "humpcat",
        "text.parse_math": False,
        "font.family": "sans-serif",
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": colours["rule"],
        "axes.labelcolor": colours["muted"],
        "axes.labelsize": 10.5,
        "text.color": colours["ink"],
        "xtick.color": colours["rule"],
        "ytick.color": colours["rule"],
        "xtick.labelcolor": colours["muted"],
        "ytick.labelcolor": colours["ink"],
        "grid.color": colours["rule"],
        "grid.linewidth": 0.6,
        "lines.linewidth": 1.8,
        "lines.markersize": 5.5,
        "legend.frameon": False,
        "legend.fontsize": 10.5,
        "xtick.labelsize": 10.5,
        "legend.handlelength": 2.4,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
    }


@contextmanager
def drawing(colours: Mapping[str, str] = COLOURS) -> Iterator[None]:
    """Draw in the report's style.

    Args:
        colours: ``PAPER`` for a figure that no style sheet will colour.
    """
    with matplotlib.rc_context(_settings(colours)), warnings.catch_warnings():
        # Names in scripts that matplotlib's own font lacks are drawn by the reader's browser.
        warnings.filterwarnings("ignore", message="Glyph")
        yield


def figure(height: float) -> tuple[Figure, Axes]:
    """Return a figure of one pair of axes.

    Args:
        height: its height, in units of which it is ``WIDTH`` wide.
    """
    made = Figure(figsize=(WIDTH / 72, height / 72), layout=ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03))
    return made, made.add_subplot()


def svg(drawn: Figure, key: str, description: str) -> Markup:
    """Return a figure as markup.

    Args:
        drawn: the figure.
        key: a word unique on the page, from which its inner names are made.
        description: what it shows, for those who cannot see it.
    """
    text = StringIO()
    show_names(drawn)
    drawn.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    body = text.getvalue()
    body = body[body.index("<svg") :]
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.S)
    body = re.sub(r"\s*<!--.*?-->", "", body, flags=re.S)
    # Its style sheet would reach the whole page; the page has its own rules for plots.
    body = re.sub(r"\s*<style.*?</style>", "", body, flags=re.S)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', body))
    body = re.sub(r' id="([^"]+)"', lambda found: f' id="{key}-{found[1]}"' if found[1] in used else "", body)
    body = re.sub(r'(url\(#|href="#)', rf"\g<1>{key}-", body)
    for name, stand_in in COLOURS.items():
        body = body.replace(stand_in, f"var(--{name})")
    # The reader's own sans-serif font, at the size that was asked for.
    body = re.sub(r"font: ((?:bold |\d+ )?[\d.]+px)[^;\"]*", r"font: \1 var(--sans)", body)
    body = re.sub(r"(-?\d+\.\d\d)\d+", r"\1", body)
    body = re.sub(r">\s+<", "><", body)
    start = re.search(r'viewBox="[^"]+"', body)
    assert start is not None
    label = escape(several_lines(description))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {start[0]} role="img" aria-label="{label}">'
    return Markup(head + body[body.index(">") + 1 :].rstrip())


def level_lines(axes: Axes) -> None:
    """Give an upright axis of values a few level lines in place of ticks and a spine.

    Args:
        axes: the axes.
    """
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
