"""Where the audio lies that a table names, whichever machine or folder the table was written for.

A table may come from anybody, so that it names files below its root only: no absolute path and no ``..`` leads out of
it. Links below the root are followed, wherever they lead, as they are in a folder of clips: no table can make one.
"""

import os
from collections import defaultdict
from collections.abc import Sequence
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
        trusted: further folders that files may lie in, such as the table's own.

    Example:
        >>> places = Places(Path("nowhere"), searched=False)
        >>> places.find("1.wav"), places.leads_out("1.wav"), places.leads_out("../1.wav")
        (None, False, True)
    """

    def __init__(self, root: Path, *, searched: bool, trusted: Sequence[Path] = ()) -> None:
        self._root = root
        self._searched = searched
        self._trusted = [Path(os.path.abspath(folder)) for folder in (root, *trusted)]  # noqa: PTH100 (keeps links)
        self._trusted += [Path(os.path.realpath(folder)) for folder in (root, *trusted)]

    def find(self, file: str | None) -> Path | None:
        """Return the audio file of a clip, None if it is not there or might be one of several.

        Args:
            file: as the table names it: with slashes or, from another machine, backslashes; the ending may lack.
        """
        if not file:
            return None
        try:
            for spelling in _spellings(file):
                if (place := self._within(spelling)) is None:
                    continue
                if place.is_file():
                    return place
                for ending in () if Path(spelling).suffix.lower() in SUFFIXES else sorted(SUFFIXES):
                    if (named := place.with_name(f"{place.name}{ending}")).is_file():
                        return named
        except (OSError, ValueError):
            # A sentence where the path should be is longer than any file name may be.
            return None
        found = self.likely(file)
        return found[0] if len(found) == 1 else None

    def leads_out(self, file: str | None) -> bool:
        """Return whether a table names what lies outside the folders that its files may lie in.

        Args:
            file: as for :meth:`find`.
        """
        try:
            return bool(file) and any(self._within(spelling) is None for spelling in _spellings(file or ""))
        except (OSError, ValueError):
            return False

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

    def _within(self, spelling: str) -> Path | None:
        """Return the path that is meant, with each ``..`` taken out, None for one outside the trusted folders."""
        named = Path(spelling)
        if not named.is_absolute() and ".." not in named.parts:
            return self._root / named
        # Taken out of the text, and not by way of links: what is looked at is what is opened.
        place = Path(os.path.normpath(Path(os.path.abspath(self._root), named)))  # noqa: PTH100 (keeps links)
        spelt = (place, Path(os.path.realpath(place)))
        return place if any(one.is_relative_to(folder) for one in spelt for folder in self._trusted) else None

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        named: dict[str, list[Path]] = defaultdict(list)
        for path in audio_files(self._root, videos=True):
            named[path.stem.casefold()].append(path)
        return named


def _spellings(file: str) -> Sequence[str]:
    """Return a path as it is written, and with the slashes of this machine for those of another."""
    return list(dict.fromkeys((file, file.replace("\\", "/"))))


def _common(path: Path, wanted: PurePosixPath) -> int:
    """Return how many folders of two paths are the same, from the file up."""
    alike = 0
    for one, other in zip(reversed(path.parts[:-1]), reversed(wanted.parts[:-1]), strict=False):
        if one != other:
            break
        alike += 1
    return alike
