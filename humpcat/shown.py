"""What others named, as it may be shown in a terminal: on one line, and without anything that a terminal obeys."""

import sys
import unicodedata
from typing import TYPE_CHECKING

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
