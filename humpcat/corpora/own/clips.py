"""A clip of the user's own data as its folder or table tells it, before anyone looked at the audio."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from humpcat.audio import SUFFIXES


@dataclass(frozen=True)
class OwnClip:
    """One clip.

    Attributes:
        file: the audio file as it was given, absolute or relative to the root; None where none was given.
        name: path with forward slashes that ids, folder levels and patterns are read from; it says nothing of
            where the data lie on this machine.
        key: unique within the data.
        label: the user's wording, None where it is missing.
        source: the file that speaks of the clip, for problems.
        where: place within the source ("line 3"); empty where the source is the clip itself.
        speaker: identity, None where it is not known.
        gender: "female", "male" or None.
        language: BCP 47 tag, None for that of the whole data.
        sentence: scripted sentence, or None.
        session: recording session, or None.
        start: where the clip begins in its file, in seconds.
        end: where it ends, None for the end of the file.
        fault: what is wrong with what is said of the clip, so that it cannot be used; None if nothing is.
        arousal: as it was rated, or None.
        valence: the same of pleasantness.
    """

    file: str | None
    name: str
    key: str
    label: str | None
    source: str
    where: str = ""
    speaker: str | None = None
    gender: str | None = None
    language: str | None = None
    sentence: str | None = None
    session: str | None = None
    start: float = 0.0
    end: float | None = None
    fault: str | None = None
    arousal: float | None = None
    valence: float | None = None

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders from the root down to the clip."""
        return PurePosixPath(self.name).parts[:-1]


def relative_names(files: Sequence[str], root: Path) -> list[str]:
    """Return paths as names that stay the same when the data move.

    Args:
        files: paths, absolute or relative, with slashes or backslashes.
        root: folder that relative paths start from. Absolute paths that lie elsewhere are told from the folder
            that they share.

    Example:
        >>> relative_names(["/data/a/1.wav", "/data/b/1.wav", "c\\\\2.wav"], Path("/tables"))
        ['a/1.wav', 'b/1.wav', 'c/2.wav']
    """
    below = f"{root.absolute().as_posix().rstrip('/')}/"
    names = [posixpath.normpath(file.replace("\\", "/")).removeprefix(below) for file in files]
    elsewhere = [posixpath.dirname(name) for name in names if name.startswith("/")]
    shared = f"{posixpath.commonpath(elsewhere).rstrip('/')}/" if elsewhere else ""
    return [name.removeprefix(shared) for name in names]


def key_of(name: str) -> str:
    """Return a name without the ending of an audio file.

    Example:
        >>> key_of("spk1/take.01.wav"), key_of("spk1/take.01")
        ('spk1/take.01', 'spk1/take.01')
    """
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.suffix.lower() in SUFFIXES else name
