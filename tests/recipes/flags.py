"""Command lines of tests: what a test says of a setting takes the place of what its runs have in common."""

from collections.abc import Sequence


def overridden(common: Sequence[object], own: Sequence[object]) -> list[str]:
    """Return a command line without those flags of ``common`` that are in ``own``; repeated ones would add values."""
    groups: dict[str, list[str]] = {}
    for word in map(str, common):
        if word.startswith("--"):
            flag = word
        groups.setdefault(flag, []).append(word)
    words = list(map(str, own))
    return [word for flag, group in groups.items() if flag not in words for word in group] + words
