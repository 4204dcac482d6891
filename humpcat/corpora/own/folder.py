"""A folder of clips in which a level of folders names the label."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from humpcat.audio import SUFFIXES
from humpcat.corpora.base import audio_files
from humpcat.corpora.own.clips import OwnClip, key_of
from humpcat.corpora.own.wording import emotion_of
from humpcat.corpora.scan import shortened
from humpcat.errors import CorpusError


def folder_clips(root: Path, level: int | None, labels: Mapping[str, str | None]) -> tuple[list[OwnClip], list[str]]:
    """Read the clips below a folder.

    Args:
        root: the folder.
        level: which level of folders names the label, 1 being the first below the root; without it the level
            whose names mean emotions.
        labels: the user's word for labels, which helps to tell the level.

    Returns:
        The clips, and a sentence where the level was a choice.

    Raises:
        CorpusError: there is no audio, or no level of folders that can be the label.
    """
    names = [path.relative_to(root).as_posix() for path in audio_files(root, videos=True)]
    if not names:
        raise CorpusError(f"{root}: holds no audio, expected files that end in {', '.join(sorted(SUFFIXES))}.")
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    deepest = max(len(parts) for parts in folders)
    if not deepest:
        raise CorpusError(
            f"{root}: holds {len(names)} audio files and no folders of labels: put each clip in a folder named after "
            "its label, or describe the clips in a table."
        )
    notes: list[str] = []
    if level is None:
        level, notes = _label_level(root, folders, labels)
    elif not 1 <= level <= deepest:
        raise CorpusError(
            f"--label-level {level}: clips such as '{names[0]}' lie at most {deepest} folders deep, and level 1 is "
            "the first folder below the root: choose another level."
        )
    clips = [
        OwnClip(
            file=name,
            name=name,
            key=key_of(name),
            label=parts[level - 1] if level <= len(parts) else None,
            source=str(root / name),
        )
        for name, parts in zip(names, folders, strict=True)
    ]
    return clips, notes


def _label_level(
    root: Path, folders: Sequence[tuple[str, ...]], labels: Mapping[str, str | None]
) -> tuple[int, list[str]]:
    """Return the level at which most clips lie in a folder whose name means an emotion."""
    understood: dict[int, int] = {}
    for parts in folders:
        for level, name in enumerate(parts, 1):
            if name in labels or emotion_of(name):
                understood[level] = understood.get(level, 0) + 1
    if not understood:
        deepest = max(len(parts) for parts in folders)
        found = "; ".join(
            f"level {level}: {shortened(sorted({parts[level - 1] for parts in folders if len(parts) >= level}))}"
            for level in range(1, deepest + 1)
        )
        raise CorpusError(
            f"{root}: no level of folders is named after emotions ({found}): say which one names the label by "
            "--label-level, or what the names mean by --labels NAME=EMOTION."
        )
    # Of two levels that say the same, the one nearer to the file.
    level = max(understood, key=lambda level: (understood[level], level))
    if len(understood) == 1:
        return level, []
    others = ", ".join(str(other) for other in sorted(understood) if other != level)
    return level, [
        f"{root}: folders at level {level} are taken for the label, though some at level {others} "
        "are named after emotions too: --label-level names another."
    ]
