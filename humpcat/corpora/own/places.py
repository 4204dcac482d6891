"""Where the audio lies that a table names, whichever machine or folder the table was written for."""

from collections import defaultdict
from functools import cached_property
from pathlib import Path, PurePosixPath

from humpcat.audio import SUFFIXES
from humpcat.corpora.files import audio_files


class Places:
    """The files that a table's paths mean.

    Args:
        root: folder that relative paths start from.
        searched: whether a file that does not lie where it is named may lie anywhere below the root, as where the
            user has named a folder of audio.

    Example:
        >>> Places(Path("nowhere"), searched=False).find("1.wav") is None
        True
    """

    def __init__(self, root: Path, *, searched: bool) -> None:
        self._root = root
        self._searched = searched

    def find(self, file: str | None) -> Path | None:
        """Return the audio file of a clip, None if it is not there or might be one of several.

        Args:
            file: as the table names it: with slashes or, from another machine, backslashes; the ending may lack.
        """
        if not file:
            return None
        try:
            for spelling in dict.fromkeys((file, file.replace("\\", "/"))):
                if (self._root / spelling).is_file():
                    return self._root / spelling
                for ending in () if Path(spelling).suffix.lower() in SUFFIXES else sorted(SUFFIXES):
                    if (self._root / f"{spelling}{ending}").is_file():
                        return self._root / f"{spelling}{ending}"
        except (OSError, ValueError):
            # A sentence where the path should be is longer than any file name may be.
            return None
        found = self.likely(file)
        return found[0] if len(found) == 1 else None

    def likely(self, file: str | None) -> list[Path]:
        """Return the files anywhere below the root that may be meant: none, one, or several of which nobody can tell.

        A name counts more than a name in other capitals, and that more than one with the ending of another format,
        as where clips were converted since; of several, those count whose folders are most like those of the path.

        Args:
            file: as for :meth:`find`.
        """
        if not file or not self._searched:
            return []
        wanted = PurePosixPath(file.replace("\\", "/"))
        stem = wanted.stem if wanted.suffix.lower() in SUFFIXES else wanted.name
        named = self._by_stem.get(stem.casefold(), [])
        ways = (
            [path for path in named if wanted.name in (path.name, path.stem)],
            [path for path in named if wanted.name.casefold() in (path.name.casefold(), path.stem.casefold())],
            [path for path in named if path.stem == stem],
            named,
        )
        found = next((paths for paths in ways if paths), [])
        nearest = max((_common(path, wanted) for path in found), default=0)
        return [path for path in found if _common(path, wanted) == nearest]

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        named: dict[str, list[Path]] = defaultdict(list)
        for path in audio_files(self._root, videos=True):
            named[path.stem.casefold()].append(path)
        return named


def _common(path: Path, wanted: PurePosixPath) -> int:
    """Return how many folders of two paths are the same, from the file up."""
    alike = 0
    for one, other in zip(reversed(path.parts[:-1]), reversed(wanted.parts[:-1]), strict=False):
        if one != other:
            break
        alike += 1
    return alike
