"""Labels in words that are not understood: how many clips they cost, and the line that mends it."""

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping

from humpcat.corpora.labels import EMOTIONS
from humpcat.corpora.own.wording import suggestion

LOST_SHARE = 0.05
"""Share of the clips above which a run stops instead of going on without those whose label it does not understand."""

_NAMED = 12


def unknown_words(
    labels: Iterable[str], emotions: Mapping[str, str | None], mapped: Mapping[str, str | None]
) -> Counter[str]:
    """Count the labels that mean no known emotion and that the user said nothing of.

    Args:
        labels: label of each clip.
        emotions: label to emotion, None where it has none.
        mapped: what the user said of labels.

    Example:
        >>> unknown_words(["sad", "odd", "odd", "meh"], {"sad": "sadness", "odd": None, "meh": None}, {"meh": None})
        Counter({'odd': 2})
    """
    return Counter(label for label in labels if emotions[label] is None and label not in mapped)


def lost(unknown: Counter[str], labels: Iterable[str], emotions: Mapping[str, str | None]) -> bool:
    """Return whether unknown words cost so much that a run must not go on.

    Args:
        unknown: as :func:`unknown_words` counts them.
        labels: label of each clip.
        emotions: label to emotion, None where it has none.

    Returns:
        Whether more than ``LOST_SHARE`` of the clips have them, or one is near a word for an emotion that no other
        clip has.

    Example:
        >>> lost(Counter({"angy": 1}), ["angry"] * 99 + ["angy"], {"angry": "anger", "angy": None})
        False
        >>> lost(Counter({"hapy": 1}), ["angry"] * 99 + ["hapy"], {"angry": "anger", "hapy": None})
        True
    """
    labels = list(labels)
    if unknown.total() > LOST_SHARE * len(labels):
        return True
    there = {emotions[label] for label in set(labels)}
    near = [suggestion(label) for label in unknown]
    return any(found is not None and found[1] not in there for found in near)


def mend(unknown: Mapping[str, int]) -> str:
    """Return the line of ``--labels`` that says what unknown words mean, as far as it can be guessed.

    Args:
        unknown: label to a number of clips.

    Example:
        >>> mend({"angy": 3})
        "did you mean angry? Say so by --labels angy=anger (any of ..., or None to leave out), or take labels as ..."
    """
    near = {label: suggestion(label) for label in unknown}
    pairs = [f"{label}={found[1] if found else '...'}" for label, found in near.items()]
    more = f" and so on for {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
    meant = [found[0] for found in near.values() if found]
    asked = f"did you mean {', '.join(dict.fromkeys(meant))}? Say so" if meant else "say what they mean"
    line = " ".join(pair if "=..." in pair else shlex.quote(pair) for pair in pairs[:_NAMED])
    return (
        f"{asked} by --labels {line}{more} (any of {', '.join(EMOTIONS)}, or None to leave out), or take labels as "
        "they are by --label-space own; 'humpcat labels' lists the words that are known"
    )
