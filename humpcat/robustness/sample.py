"""A sample of clips that is balanced over classes and speakers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from humpcat.robustness.clips import CheckedClip


def balanced(clips: Sequence[CheckedClip], most: int, seed: int) -> list[CheckedClip]:
    """Return at most so many clips, dealt class by class, each time of the speaker who has been taken least.

    Classes differ by one clip at most, unless one has no more. Speakers are as even as their clips allow.

    Args:
        clips: in any order.
        most: how many, from 1.
        seed: from 0; decides between clips, and between speakers who have been taken as often.

    Returns:
        The sample in the order of ids.

    Example:
        >>> clips = [CheckedClip(f"{name}{take}", "", name, speaker=f"s{take}") for name in "ab" for take in range(3)]
        >>> sample = balanced(clips, 4, seed=0)
        >>> sorted(clip.gold for clip in sample), len({clip.speaker for clip in sample})
        (['a', 'a', 'b', 'b'], 3)
    """
    ordered = sorted(clips, key=lambda clip: clip.id)
    if len(ordered) <= most:
        return ordered
    left: dict[str, dict[str | None, list[CheckedClip]]] = {}
    for place in np.random.default_rng(seed).permutation(len(ordered)):
        clip = ordered[place]
        left.setdefault(clip.gold or "", {}).setdefault(_speaker(clip), []).append(clip)
    taken: list[CheckedClip] = []
    of_speaker: Counter[str | None] = Counter()
    while len(taken) < most:
        for name in sorted(left):
            by_speaker = left[name]
            if by_speaker and len(taken) < most:
                speaker = min(by_speaker, key=of_speaker.__getitem__)
                taken.append(by_speaker[speaker].pop())
                of_speaker[speaker] += 1
                if not by_speaker[speaker]:
                    del by_speaker[speaker]
    return sorted(taken, key=lambda clip: clip.id)


def _speaker(clip: CheckedClip) -> str | None:
    return None if clip.speaker is None else f"{clip.corpus}/{clip.speaker}"
