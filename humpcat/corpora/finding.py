"""Which folder holds a corpus, as its owner, an archive, a repository or a collection of data sets named it."""

import difflib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from humpcat.corpora.scan import listed, plain
from humpcat.errors import CorpusError

_LONG = 5
"""Letters from which a mark may have more letters behind it: ``iemocapfullrelease``."""

_NEAR = 0.75

# Kaggle keeps versions/1, the hub snapshots/<commit>, audb 2.0.0/<flavor>.
_VERSION = re.compile(r"v?\d+(\.\d+)*|versions|snapshots|[0-9a-f]{8}|[0-9a-f]{40}")

# What people make of a corpus lies in folders named after it too.
_MADE = listed(
    "cache checkpoint checkpoints embeddings feature features logs model models out output outputs predictions "
    "results runs"
)


class SeveralFoldersError(CorpusError):
    """Several folders may be one corpus, and nobody can tell which is meant."""


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder by name, hidden ones left out.

    Args:
        folder: where to look.
    """
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    return [folder / name for name in sorted(names)]


def candidates(base: Path, names: Sequence[str], marks: Sequence[str]) -> list[Path]:
    """Return the folders that may be a corpus: the one of its name, else those that are marked by it.

    Args:
        base: folder that holds corpora, or the corpus itself.
        names: names of the corpus' folder.
        marks: words in the name of its folder.

    Returns:
        One folder where one has a name; else those below ``base`` that have a mark, ``base`` itself, or what lies one
        level deeper, as where data sets lie in folders of their owners.
    """
    children = subfolders(base)
    for folder in (base, *children):
        if is_named(folder, names):
            return [folder]
    if marked := [folder for folder in children if is_marked(folder, marks)]:
        return marked
    if is_marked(of_version(base), marks):
        return [base]
    deeper = [inner for child in children for inner in subfolders(child)]
    return [folder for folder in deeper if is_named(folder, names) or is_marked(folder, marks)]


def is_named(folder: Path, names: Iterable[str]) -> bool:
    """Return whether a folder, or what it leads to, has one of some names, whatever their case and punctuation.

    Args:
        folder: the folder.
        names: such as "emodb".

    Example:
        >>> is_named(Path("Emo-DB-master"), ["emodb"])
        True
    """
    wanted = {plain(name) for name in names}
    # By its own name or, since a data folder may be ".", by that of what it leads to.
    return bool(wanted & {_own_name(folder.name), _own_name(folder.resolve().name)})


def is_marked(folder: Path, marks: Sequence[str]) -> bool:
    """Return whether the name of a folder holds a mark as its words.

    Args:
        folder: the folder.
        marks: words, in lower case, such as "crema" or "toronto emotional".

    Example:
        >>> is_marked(Path("shemo-persian-speech-emotion-detection-database"), ["shemo"])
        True
        >>> is_marked(Path("IEMOCAPfullRelease"), ["iemocap"]), is_marked(Path("emodb-results"), ["emodb"])
        (True, False)
    """
    words = _words(folder.name)
    return not _MADE & set(words) and any(_holds(words, _words(mark)) for mark in marks)


def of_version(folder: Path) -> Path:
    """Return the folder, or the one above whose name says what it is a version of.

    Args:
        folder: the folder.

    Example:
        >>> of_version(Path("/data/ravdess-emotional-speech-audio/versions/1"))
        PosixPath('/data/ravdess-emotional-speech-audio')
        >>> of_version(Path("/audb/emodb/2.0.0/d3b62a9b"))
        PosixPath('/audb/emodb')
    """
    place = folder.absolute()
    while _VERSION.fullmatch(place.name) and place.parent != place:
        place = place.parent
    return place


def nearest(names: Sequence[str], folders: Iterable[Path]) -> Path | None:
    """Return the folder whose name is most like that of a corpus, None if none is like it.

    Args:
        names: of the corpus, by which it is found.
        folders: what there is.

    Example:
        >>> nearest(["ravdess"], [Path("ravdes"), Path("music")])
        PosixPath('ravdes')
    """
    by_name = {plain(folder.name): folder for folder in folders}
    scores = [
        (difflib.SequenceMatcher(None, plain(name), found).ratio(), found) for name in names for found in by_name
    ]
    score, found = max(scores, default=(0.0, ""))
    return by_name[found] if score >= _NEAR else None


def _own_name(name: str) -> str:
    """Return the plain name of a folder, without what GitHub adds to the name of a repository."""
    return re.sub(r"(?<=.)(?:master|main)$", "", plain(name))


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", name.lower())


def _holds(words: Sequence[str], mark: Sequence[str]) -> bool:
    places = range(len(words) - len(mark) + 1)
    if any(list(words[place : place + len(mark)]) == list(mark) for place in places):
        return True
    return len(mark) == 1 and len(mark[0]) >= _LONG and any(word.startswith(mark[0]) for word in words)
