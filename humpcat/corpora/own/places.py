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
        return self._below(PurePosixPath(file.replace("\\", "/"))) if self._searched else None

    def _below(self, wanted: PurePosixPath) -> Path | None:
        """Return the one file below the root whose last folders are most like those of the path."""
        found = self._by_name.get(wanted.name, [])
        best = [path for path in found if _common(path, wanted) == max(_common(each, wanted) for each in found)]
        return best[0] if len(best) == 1 else None

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        named: dict[str, list[Path]] = defaultdict(list)
        for path in audio_files(self._root, videos=True):
            named[path.name].append(path)
            named[path.stem].append(path)
        return named


def _common(path: Path, wanted: PurePosixPath) -> int:
    """Return how many folders of two paths are the same, from the file up."""
    alike = 0
    for one, other in zip(reversed(path.parts[:-1]), reversed(wanted.parts[:-1]), strict=False):
        if one != other:
            break
        alike += 1
    return alike
