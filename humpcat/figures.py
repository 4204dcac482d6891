"""Figures as files: a picture that scales and one that any program shows, the same bytes whenever they are drawn."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
from matplotlib.category import StrCategoryFormatter
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter

from humpcat.files import replacing
from humpcat.shown import several_lines

_METADATA: dict[str, dict[str, None]] = {"svg": {"Date": None}, "png": {"Software": None}}
"""What a file of each ending would tell of its making, left out."""


@contextmanager
def plain_text() -> Iterator[None]:
    """Draw what stands in the block with every text as it is: a label "$x$" is no formula.

    Example:
        >>> with plain_text():
        ...     matplotlib.rcParams["text.parse_math"]
        False
    """
    with matplotlib.rc_context({"text.parse_math": False}):
        yield


def show_names(figure: Figure) -> None:
    """Let a figure show every name as it is, what no SVG may hold escaped: "$x$" is no formula.

    Args:
        figure: the figure, ready to be saved.

    Example:
        >>> figure = Figure()
        >>> title = figure.suptitle("a\\x1bb")
        >>> show_names(figure)
        >>> title.get_text()
        'a\\\\x1bb'
    """
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_text(several_lines(text.get_text()))
        text.set_parse_math(False)
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            # The texts at ticks are made anew whenever a figure is drawn; numbers hold nothing but digits.
            if isinstance(formatter, FixedFormatter | FuncFormatter | StrCategoryFormatter):
                axis.set_major_formatter(FuncFormatter(lambda at, place, own=formatter: several_lines(own(at, place))))


def save_figure(figure: Figure, folder: str | Path, name: str) -> list[Path]:
    """Write a figure as FOLDER/NAME.svg and .png, with nothing in them of the time it was drawn at.

    Args:
        figure: the figure.
        folder: where to; made if it is missing.
        name: file name without its ending.

    Returns:
        The files written.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     [path.name for path in save_figure(Figure(), folder, "empty")]
        ['empty.svg', 'empty.png']
    """
    return [write_figure(figure, Path(folder, f"{name}.{ending}")) for ending in _METADATA]


def write_figure(figure: Figure, path: Path) -> Path:
    """Write a figure to one file, with nothing in it of the time it was drawn at.

    Args:
        figure: the figure.
        path: the file, which ends in .svg or .png; missing folders are made.

    Returns:
        The file.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     write_figure(Figure(), Path(folder, "empty.png")).name
        'empty.png'
    """
    ending = path.suffix.removeprefix(".")
    show_names(figure)
    # Without a salt of its own matplotlib draws the names inside an SVG at random.
    # Some of the texts are made only when it is drawn.
    with plain_text(), matplotlib.rc_context({"svg.hashsalt": "humpcat"}), replacing(path) as draft:
        figure.savefig(draft, format=ending, metadata=_METADATA[ending], dpi=130)
    return path
