"""A current folder that is gone: told in one sentence, before a library ends the program without one."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType

SENTENCE = "the current folder is not there any more: change to one that is, by cd."


def is_gone() -> bool:
    """Return whether the current folder was removed, so that no path leads anywhere from it.

    Example:
        >>> is_gone()
        False
    """
    try:
        Path.cwd()
    except OSError:
        return True
    return False


def guard() -> None:
    """Let the import of torch end with the sentence where the current folder is gone: its libraries abort there."""
    if is_gone():
        sys.meta_path.insert(0, _Guard())


class _Guard(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Find nothing, and end where torch is looked for."""
        if fullname == "torch" and is_gone():
            raise SystemExit(f"error: {SENTENCE}")
