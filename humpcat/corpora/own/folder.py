"""A folder of clips in which a level of folders names the label."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from humpcat.audio import SUFFIXES
from humpcat.corpora.files import audio_files
from humpcat.corpora.own.clips import OwnClip, key_of
from humpcat.corpora.own.table import SUFFIXES as TABLES
from humpcat.corpora.own.wording import emotion_of
from humpcat.corpora.scan import shortened
from humpcat.corpora.unread import unread, unread_problems
from humpcat.errors import CorpusError

_UNDERSTOOD = 1 / 3
"""Share of a level's names that must mean emotions, where there are other levels."""


def folder_clips(
    root: Path, level: int | None, labels: Mapping[str, str | None], *, speaker_level: int | None = None
) -> tuple[list[OwnClip], list[str]]:
    """Read the clips below a folder.

    Args:
        root: the folder.
        level: which level of folders names the label, 1 being the first below the root; without it the level
            whose names mean emotions.
        labels: the user's word for labels, which helps to tell the level.
        speaker_level: the level that names the speaker, which does not name the label.

    Returns:
        The clips, and a sentence where the level was a choice.

    Raises:
        CorpusError: there is no audio, or no level of folders that can be the label.
    """
    names = names_below(root)
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    deepest = max(len(parts) for parts in folders)
    if not deepest:
        raise CorpusError(
            f"{root}: holds {len(names)} audio files and no folders of labels: put each clip in a folder named after "
            "its label, describe the clips in a table, or say by --label-pattern where names such as "
            f"'{names[0]}' hold the label.{_tables(root)}"
        )
    notes: list[str] = []
    if level is None:
        level, notes = _label_level(root, folders, labels, speaker_level)
    elif not 1 <= level <= deepest:
        raise CorpusError(
            f"--label-level {level}: clips such as '{names[0]}' lie at most {deepest} folders deep, and level 1 is "
            "the first folder below the root: choose another level."
        )
    labelled = [parts[level - 1] if level <= len(parts) else None for parts in folders]
    notes = [*notes, *_silent_labels(root, level, frozenset(labelled), labels)]
    return [replace(clip, label=label) for clip, label in zip(clips_of(root, names), labelled, strict=True)], notes


def names_below(root: Path) -> list[str]:
    """Return the audio files below a folder, as paths from there.

    Args:
        root: the folder.

    Raises:
        CorpusError: there is none; the message says what lies there instead.
    """
    names = [path.relative_to(root).as_posix() for path in audio_files(root, videos=True)]
    if not names:
        problems = unread_problems(root, unread(root, videos=True), ())
        others = "".join(f" {problem.reason[0].upper()}{problem.reason[1:]}" for problem in problems)
        raise CorpusError(f"{root}: holds no audio, expected files that end in {', '.join(sorted(SUFFIXES))}.{others}")
    return names


def clips_of(root: Path, names: Sequence[str]) -> list[OwnClip]:
    """Return the clips below a folder, without a label.

    Args:
        root: the folder.
        names: as :func:`names_below` gives them.
    """
    return [OwnClip(file=name, name=name, key=key_of(name), label=None, source=str(root / name)) for name in names]


def _label_level(
    root: Path, folders: Sequence[tuple[str, ...]], labels: Mapping[str, str | None], speaker_level: int | None
) -> tuple[int, list[str]]:
    """Return the level at which most clips lie in a folder whose name means an emotion."""
    clips: dict[int, Counter[str]] = {}
    for parts in folders:
        for level, name in enumerate(parts, 1):
            clips.setdefault(level, Counter())[name] += 1
    understood: dict[int, int] = {}
    for level, names in clips.items():
        known = [name for name in names if name in labels or emotion_of(name)]
        # A person may be called Joy: one such name among people makes no labels of them.
        if known and (len(known) >= _UNDERSTOOD * len(names) or len(clips) == 1):
            understood[level] = sum(names[name] for name in known)
    if not understood:
        deepest = max(len(parts) for parts in folders)
        # The only level there is, but for the speakers': what its names mean can be said later.
        left = [level for level in range(1, deepest + 1) if level != speaker_level]
        if len(left) == 1 and len({parts[left[0] - 1] for parts in folders if len(parts) >= left[0]}) > 1:
            return left[0], []
        found = "; ".join(
            f"level {level}: {shortened(sorted({parts[level - 1] for parts in folders if len(parts) >= level}))}"
            for level in range(1, deepest + 1)
        )
        raise CorpusError(
            f"{root}: no level of folders is named after emotions ({found}): say which one names the label by "
            f"--label-level, or what the names mean by --labels NAME=EMOTION.{_tables(root)}"
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


def _silent_labels(
    root: Path, level: int, heard: frozenset[str | None], labels: Mapping[str, str | None]
) -> list[str]:
    """Say which labels have a folder and nothing in it that is read: a class would be missed by nobody."""
    folders = {path.name for path in root.glob("/".join("*" * level)) if path.is_dir()}
    silent = sorted(name for name in folders - heard if name in labels or emotion_of(name))
    if not silent:
        return []
    one = len(silent) == 1
    return [
        f"{root}: the folder{'' if one else 's'} of {shortened(silent)} hold{'s' if one else ''} no audio: without "
        "clips there is nothing to learn such a class from."
    ]


def _tables(root: Path) -> str:
    """Name the tables that lie at the top of a folder, one of which may say what its clips are."""
    tables = sorted(path.name for path in root.iterdir() if path.suffix.lower() in (*TABLES, ".parquet"))
    return f" It holds {shortened(tables, 4)}: name {root / tables[0]} if it describes the clips." if tables else ""
