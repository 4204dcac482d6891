"""The files below a folder, in a fixed order."""

import os
from collections.abc import Iterator
from pathlib import Path

from humpcat import audio
from humpcat.errors import CorpusError


def audio_files(root: Path, *, videos: bool = False) -> Iterator[Path]:
    """Yield the audio files below ``root`` in a fixed order, hidden files left out.

    Args:
        root: a folder; links to folders are followed, unless they lead back to where they lie.
        videos: whether videos count, whose sound is read; in the corpora's releases they repeat what lies there as
            audio.
    """
    suffixes = audio.SUFFIXES if videos else audio.SUFFIXES - audio.VIDEO_SUFFIXES
    return (path for path in files_below(root) if path.suffix.lower() in suffixes)


def sounding_files(root: Path) -> Iterator[Path]:
    """Yield the audio files below ``root``, then the videos that have no audio file of their name beside them.

    For corpora whose owners give videos: people extract their sound beside them, or do not.

    Args:
        root: a folder, as for :func:`audio_files`.
    """
    heard = set()
    for path in audio_files(root):
        heard.add(path.with_suffix(""))
        yield path
    yield from (
        path
        for path in files_below(root)
        if path.suffix.lower() in audio.VIDEO_SUFFIXES and path.with_suffix("") not in heard
    )


def files_below(root: Path) -> Iterator[Path]:
    """Yield all files below ``root`` in a fixed order, hidden files left out.

    Args:
        root: a folder; links to folders are followed, unless they lead back to where they lie.

    Raises:
        CorpusError: a folder cannot be read, whose clips would be left out without a word.
    """
    for folder, inner, files in os.walk(root, onerror=_refuse, followlinks=True):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and not _leads_back(Path(folder, name)))
        yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))


def _refuse(error: OSError) -> None:
    # A root that is not there is told by whoever looks for it.
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise CorpusError(
            f"{error.filename}: cannot be read ({error.strerror}), and its clips would be left out: mend its "
            "permissions, or take it away."
        ) from None


def _leads_back(folder: Path) -> bool:
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())
