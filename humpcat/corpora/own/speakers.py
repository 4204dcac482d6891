"""Who speaks in a clip, and what its label is, read from its path: a folder level, or a regular expression."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from humpcat.corpora.own.clips import OwnClip
from humpcat.corpora.own.wording import emotion_of
from humpcat.corpora.scan import listed, shortened
from humpcat.errors import CorpusError

FEWEST = 4
"""Clips below which nothing can be said of whether speakers coincide with labels."""

_NAMED_AFTER_EMOTIONS = 0.8
_ONE_A_CLIP = 0.9
# What else a level of folders may be named after.
_PARTS = listed("train training test testing valid validation val dev eval evaluation")
_TAKES = listed("fold split take set batch chunk shard repetition")
_STRENGTHS = listed("normal strong weak low medium high mild intense soft loud")
_VOICES = listed("f m female male woman man women men girl boy child children kid kids")


# What stands where nobody is named. Not "na", which is a name.
_NOBODY = listed("unknown unk undefined unspecified n/a #n/a <na> nan none null - -- ? ??")


def person(name: str | None) -> str | None:
    """Return who a name means: nobody, if it says that nothing is known.

    Args:
        name: as a table, a folder or a pattern gives it.

    Example:
        >>> person("ana"), person("Unknown"), person("n/a")
        ('ana', None, None)
    """
    return None if name is None or name.casefold() in _NOBODY or name == "NA" else name


def by_level(clips: Sequence[OwnClip], level: int) -> list[OwnClip]:
    """Take the name of a folder as the speaker.

    Args:
        clips: at least one.
        level: 1 is the first folder below the root, 2 the next, and so on to the file.

    Raises:
        CorpusError: the level is below 1, or no clip lies so deep.

    Example:
        >>> by_level([OwnClip("a.wav", "spk1/sad/a.wav", "a", "sad", "a.wav")], 1)[0].speaker
        'spk1'
    """
    deepest = max(len(clip.folders) for clip in clips)
    if not 1 <= level <= deepest:
        raise CorpusError(
            f"--speaker-level {level}: clips such as '{clips[0].name}' lie at most {deepest} folders deep, and level "
            "1 is the first folder below the root: choose another level."
        )
    return [
        replace(clip, speaker=person(clip.folders[level - 1]) if level <= len(clip.folders) else None)
        for clip in clips
    ]


def by_pattern(clips: Sequence[OwnClip], pattern: str, role: str = "speaker") -> list[OwnClip]:
    """Take the first group of a regular expression, searched in the relative path, as the speaker or the label.

    Args:
        clips: at least one.
        pattern: with a group around the speaker, or the label.
        role: "speaker" or "label".

    Raises:
        CorpusError: the pattern is not a regular expression, has no group, or matches no clip.

    Example:
        >>> by_pattern([OwnClip("a.wav", "sad/spk1_01.wav", "a", "sad", "a.wav")], r"/(spk\\d+)_")[0].speaker
        'spk1'
        >>> by_pattern([OwnClip("a.wav", "spk1_01_sad.wav", "a", None, "a.wav")], r"_([a-z]+)\\.", "label")[0].label
        'sad'
    """
    flag = f"--{role}-pattern '{pattern}'"
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise CorpusError(f"{flag}: is not a regular expression ({error}): mend it.") from None
    if not compiled.groups:
        raise CorpusError(f"{flag}: has no group: put the part that names the {role} in parentheses.")
    matches = [compiled.search(clip.name) for clip in clips]
    found = [match[1] or None if match else None for match in matches]
    if not any(found):
        raise CorpusError(
            f"{flag}: finds no {role} in any of {len(clips)} paths, such as '{clips[0].name}': mend the pattern."
        )
    named: Callable[[OwnClip, str | None], Any] = (
        (lambda clip, name: replace(clip, speaker=person(name)))
        if role == "speaker"
        else (lambda clip, name: replace(clip, label=name))
    )
    return [named(clip, name) for clip, name in zip(clips, found, strict=True)]


def not_people(said: Sequence[tuple[str | None, str]]) -> str | None:
    """Say why what names the speakers names something else: the labels, or the clips.

    A split by such speakers keeps nobody apart: it would be called speaker-disjoint and test voices that it has heard.

    Args:
        said: speaker and label of each clip.

    Returns:
        What the speakers are in place of people, None if nothing speaks against them.

    Example:
        >>> not_people([("angry", "angry"), ("angry", "angry"), ("sad", "sad"), ("sad", "sad")])
        'the 2 speakers (angry, sad) are the labels'
        >>> not_people([(f"{clip:03}", "angry" if clip % 2 else "sad") for clip in range(6)])
        'there are 6 speakers (000, 001, 002 and 3 more), one for each of 6 clips'
        >>> not_people([("ana", "angry"), ("ana", "sad"), ("ben", "angry"), ("ben", "sad")]) is None
        True
    """
    known = [(speaker, label) for speaker, label in said if speaker is not None]
    labels_of: dict[str, set[str]] = {}
    for speaker, label in known:
        labels_of.setdefault(speaker, set()).add(label)
    names = shortened(sorted(labels_of), 3)
    if len(labels_of) < 2:
        return None
    if all(speaker == label for speaker, label in known):
        return f"the {len(labels_of)} speakers ({names}) are the labels"
    plainly = {re.sub(r"[\W\d_]+$", "", speaker.casefold()) for speaker in labels_of}
    for what, words in (
        ("parts of a split", _PARTS | _TAKES),
        ("kinds of voices", _VOICES),
        ("strengths of an emotion", _STRENGTHS),
    ):
        if plainly <= words:
            return f"the {len(labels_of)} speakers ({names}) are {what}"
    emotions = sum(emotion_of(speaker) is not None for speaker in labels_of)
    if emotions >= _NAMED_AFTER_EMOTIONS * len(labels_of):
        return f"{emotions} of {len(labels_of)} speakers are named after emotions ({names})"
    if len(known) < FEWEST:
        return None
    if len(labels_of) > _ONE_A_CLIP * len(known):
        nearly = "" if len(labels_of) == len(known) else "nearly "
        return f"there are {len(labels_of)} speakers ({names}), {nearly}one for each of {len(known)} clips"
    if len({label for _, label in known}) > 1 and all(len(labels) == 1 for labels in labels_of.values()):
        return f"the {len(labels_of)} speakers ({names}) coincide with the labels, no one having clips of two of them"
    return None
