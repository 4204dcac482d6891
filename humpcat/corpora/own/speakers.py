"""Who speaks in a clip, read from its path: a folder level, or a regular expression."""

import re
from collections.abc import Sequence
from dataclasses import replace

from humpcat.corpora.own.clips import OwnClip
from humpcat.errors import CorpusError


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
    return [replace(clip, speaker=clip.folders[level - 1] if level <= len(clip.folders) else None) for clip in clips]


def by_pattern(clips: Sequence[OwnClip], pattern: str) -> list[OwnClip]:
    """Take the first group of a regular expression, searched in the relative path, as the speaker.

    Args:
        clips: at least one.
        pattern: with a group around the speaker.

    Raises:
        CorpusError: the pattern is not a regular expression, has no group, or matches no clip.

    Example:
        >>> by_pattern([OwnClip("a.wav", "sad/spk1_01.wav", "a", "sad", "a.wav")], r"/(spk\\d+)_")[0].speaker
        'spk1'
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise CorpusError(f"--speaker-pattern '{pattern}': is not a regular expression ({error}): mend it.") from None
    if not compiled.groups:
        raise CorpusError(
            f"--speaker-pattern '{pattern}': has no group: put the part that names the speaker in parentheses."
        )
    matches = [compiled.search(clip.name) for clip in clips]
    speakers = [match[1] or None if match else None for match in matches]
    if not any(speakers):
        raise CorpusError(
            f"--speaker-pattern '{pattern}': finds no speaker in any of {len(clips)} paths, such as "
            f"'{clips[0].name}': mend the pattern."
        )
    return [replace(clip, speaker=speaker) for clip, speaker in zip(clips, speakers, strict=True)]
