"""What others named, as it may be shown: one function for each medium, none of which obeys or loses a name.

A label, a speaker or a file name may hold anything: what ends lines, what a terminal obeys, what turns the direction
of writing, what Markdown takes for a heading, or bytes that are no UTF-8. It is escaped where it is shown, and kept as
it is where it is data: in Parquet, in JSON, in a table.
"""

import json
import re
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_JOINERS = "\u200c\u200d"
"""Invisible, but part of how Persian, Hindi and emoji are written."""


def is_plain(text: str) -> bool:
    """Return whether a name holds nothing but what can be seen: no control characters, no lone surrogates.

    Args:
        text: a label, speaker, sentence or file name.

    Example:
        >>> is_plain("Wütend 😀"), is_plain("red\\x1b[31m"), is_plain("caf\\udce9")
        (True, False, False)
    """
    return all(_visible(character) for character in text)


def is_utf8(text: str) -> bool:
    """Return whether a text can be written to a file at all: lone surrogates stand for bytes that are no UTF-8.

    Args:
        text: a label, speaker or file name.

    Example:
        >>> is_utf8("w\u00fctend"), is_utf8("caf\\udce9")
        (True, False)
    """
    return not any("\ud800" <= character <= "\udfff" for character in text)


def one_line(text: object) -> str:
    """Return a text with everything escaped that a terminal would obey or could not show.

    Args:
        text: an error, a label or a file name; anything else is turned into a string first.

    Example:
        >>> one_line("a\\nb\\x1b[2Jc")
        'a\\\\nb\\\\x1b[2Jc'
    """
    return "".join(
        character if _visible(character) else character.encode("unicode_escape", "surrogatepass").decode()
        for character in str(text)
    )


def several_lines(text: object) -> str:
    """Return a text for a page or a figure: as :func:`one_line`, but with the lines that it has.

    Args:
        text: what is shown; anything else is turned into a string first.

    Example:
        >>> several_lines("a\\n\\u202eb")
        'a\\n\\\\u202eb'
    """
    return "\n".join(one_line(line) for line in str(text).split("\n"))


def markdown_text(text: object) -> str:
    """Return a text as Markdown shows it as it is: nothing in it begins a table, a link, a heading or a tag.

    Args:
        text: what is shown; anything else is turned into a string first.

    Example:
        >>> print(markdown_text("| a\\n# [b](c) <script>"))
        \\| a \\# [b]\\(c) &lt;script>
    """
    # Before a space < begins no tag.
    plain = re.sub(r"<(?! )", "&lt;", one_line(" ".join(str(text).split()).replace("&", "&amp;")))
    return re.sub(r"([\\`*_|#~]|(?<=\])\()", r"\\\1", plain)


def json_text(value: Any, *, indent: int | None = None, only_ascii: bool = False, allow_nan: bool = True) -> str:
    """Return JSON that holds every name as it is, and shows a terminal nothing that it would obey.

    Args:
        value: plain dicts, lists, strings and numbers.
        indent: blanks a level; one line by default.
        only_ascii: whether letters beyond ASCII are escaped too.
        allow_nan: whether numbers may be other than finite.

    Raises:
        ValueError: a number is not finite, and must be.

    Example:
        >>> print(json_text(["w\u00fctend", "\\x9b2J", "caf\\udce9"]))
        ["w\u00fctend", "\\u009b2J", "caf\\udce9"]
    """
    written = json.dumps(value, indent=indent, ensure_ascii=only_ascii, allow_nan=allow_nan)
    # Outside of strings there is nothing but ASCII and ends of lines.
    return re.sub(r"[^\n -~]", lambda found: found[0] if _visible(found[0]) else json.dumps(found[0])[1:-1], written)


def print_json(value: Any, *, indent: int | None = None, allow_nan: bool = True) -> None:
    """Print JSON to standard output, whatever its encoding.

    Args:
        value: as for :func:`json_text`.
        indent: as there.
        allow_nan: as there.
    """
    unicode = "utf" in (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    print(json_text(value, indent=indent, only_ascii=not unicode, allow_nan=allow_nan))


def console() -> "Console":
    """Return a terminal that shows every text as it is: a label "[/bold]" is no markup.

    Example:
        >>> console().render_str("[/bold]").plain
        '[/bold]'
    """
    # Only some commands need it, and it takes longer to import than they take to start.
    from rich.console import Console

    return Console(markup=False, highlight=False)


def escape_what_cannot_be_encoded() -> None:
    """Let standard output and errors show what their encoding lacks as an escape, in place of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        # A stream that a test or a notebook put there has no such thing, and takes any text.
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _visible(character: str) -> bool:
    # Cc and Cf: control and formatting, such as the overrides of direction; Cs: surrogates; Zl, Zp: ends of lines.
    return character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
