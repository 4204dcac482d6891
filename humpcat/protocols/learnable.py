"""Whether a classifier can be fitted to labelled clips, and which of its classes have few of them."""

from collections import Counter
from collections.abc import Iterable, Sequence

from humpcat.corpora import LabelSpace
from humpcat.errors import CorpusError

FEW_CLIPS = 5
"""Clips of a class below which a warning is given."""


def require_learnable(data: str, classes: Iterable[str]) -> None:
    """Refuse clips that no classifier could be fitted to.

    Raises:
        CorpusError: there are none, they are of one class, or there is one clip of each.
    """
    counts = Counter(classes)
    if not counts:
        raise CorpusError(f"{data}: no clip is left to learn from: see above what was left out, and mend it.")
    if len(counts) == 1:
        raise CorpusError(
            f"{data}: all {counts.total()} clips are of the class {next(iter(counts))}, expected clips of two classes "
            "or more: add clips of another."
        )
    if max(counts.values()) < 2:
        raise CorpusError(
            f"{data}: there is one clip of each class, expected at least two of one: add clips, some {FEW_CLIPS} of "
            "each class."
        )


def warnings(classes: Iterable[str], space: LabelSpace, source: Sequence[str]) -> list[str]:
    """Say which classes have no clip or too few.

    Example:
        >>> from humpcat.corpora import FOUR
        >>> for sentence in warnings(["anger"] * 9 + ["sadness"] * 3 + ["neutral"] * 8, FOUR, FOUR.classes):
        ...     print(sentence)
        no clip is of the class happiness: what the source knows of it is kept.
        class sadness has 3 clips, and fewer than 5 tell little: add some.
    """
    counts = Counter(classes)
    missing = [name for name in space.classes if not counts[name]]
    sentences = []
    if kept := [name for name in missing if name in source]:
        several = len(kept) > 1
        sentences.append(
            f"no clip is of the class{'es' * several} {', '.join(kept)}: what the source knows of "
            f"{'them' if several else 'it'} is kept."
        )
    if new := [name for name in missing if name not in source]:
        several = len(new) > 1
        sentences.append(
            f"no clip is of the class{'es' * several} {', '.join(new)}, of which the source knows nothing: "
            f"{'they' if several else 'it'} will hardly ever be answered: add clips, or choose another label space."
        )
    sentences += [
        f"class {name} has {counts[name]} clip{'' if counts[name] == 1 else 's'}, and fewer than {FEW_CLIPS} tell "
        "little: add some."
        for name in space.classes
        if 0 < counts[name] < FEW_CLIPS
    ]
    return sentences
