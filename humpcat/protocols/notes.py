"""What a reader of a split should know: classes that a part lacks, genders and clips that could not be balanced."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from humpcat.protocols.draws import genders_of
from humpcat.protocols.rows import ClipRow

_WORDS = {"train": "training", "adapt": "adaptation", "valid": "validation", "test": "test"}
_VERBS = {"train": "Trains", "adapt": "Adapts", "valid": "Validates", "test": "Tests"}
_UNEVEN = 2
"""Counts that differ by more than this factor are told."""


def balance_notes(
    found: Sequence[ClipRow], classes: Mapping[str, str], parts: Mapping[str, Collection[str]]
) -> tuple[str, ...]:
    """Say where a split is not balanced.

    Args:
        found: all clips that the protocol drew from.
        classes: the class of each of them by id.
        parts: ids of the parts by name; an empty one is passed over.

    Example:
        >>> from humpcat.protocols.rows import clips
        >>> rows = [{"id": f"toy/{i}", "corpus": "toy", "speaker": f"s{i}", "gender": "male"} for i in range(3)]
        >>> classes = {"toy/0": "anger", "toy/1": "anger", "toy/2": "fear"}
        >>> for note in balance_notes(clips(rows), classes, {"adapt": ["toy/0"], "test": ["toy/1", "toy/2"]}):
        ...     print(note)
        No adaptation clip of: fear.
        Adapts on 0 female and 1 male speakers; there are 0 and 3.
        Tests on 0 female and 2 male speakers; there are 0 and 3.
    """
    clip_of = {clip.id: clip for clip in found}
    notes = [*class_notes(found, classes, parts)]
    notes += _gender_notes(found, {part: [clip_of[id_] for id_ in ids] for part, ids in parts.items()})
    # Over all clips: a few shots of a speaker are few by intention and say nothing of the corpus.
    counts = Counter(clip.speaker for clip in found if clip.speaker is not None).values()
    if counts and max(counts) > _UNEVEN * min(counts):
        notes.append(f"Speakers differ in clips: {min(counts)} to {max(counts)} each.")
    return tuple(notes)


def class_notes(
    found: Sequence[ClipRow], classes: Mapping[str, str], parts: Mapping[str, Collection[str]]
) -> tuple[str, ...]:
    """Say which classes a part has no clip of.

    Args:
        found: all clips that the protocol drew from.
        classes: the class of each of them by id.
        parts: ids of the parts by name; an empty one is passed over.
    """
    wanted = {classes[clip.id] for clip in found}
    lacking = {part: sorted(wanted - {classes[id_] for id_ in ids}) for part, ids in parts.items() if ids}
    return tuple(f"No {_WORDS[part]} clip of: {', '.join(names)}." for part, names in lacking.items() if names)


def _gender_notes(found: Sequence[ClipRow], members: Mapping[str, Sequence[ClipRow]]) -> list[str]:
    genders = genders_of(found)
    unknown = sum(gender is None for gender in genders.values())
    notes = []
    if unknown:
        notes.append(
            f"The gender of {unknown} of {len(genders)} speakers is not known, so it could not be balanced throughout."
        )
    female, male = _counted(genders.values())
    for part, own in members.items():
        voices = genders_of(own).values()
        few, many = sorted(_counted(voices))
        # One voice in the test is what leaving one speaker out means.
        if many > _UNEVEN * few and not (part == "test" and len(voices) == 1) and part != "valid":
            here = _counted(voices)
            notes.append(
                f"{_VERBS[part]} on {here[0]} female and {here[1]} male speakers; there are {female} and {male}."
            )
    return notes


def _counted(genders: Iterable[str | None]) -> tuple[int, int]:
    counts = Counter(genders)
    return counts["female"], counts["male"]
