"""Trees: what lies in an owner's folder, one file of this package for each corpus.

Each file holds ``TREE = Tree(...)``, or ``TREES = (Tree(...), ...)`` where one corpus file registers several corpora;
``tests/corpora/test_layouts.py`` finds it, writes the tree and scans it in whole, with a part missing, damaged,
flattened, deeper and converted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from humpcat.corpora.scan import Kind


def file_name(path: str) -> str:
    """Return the last part of a path: what a clip is named in a flattened copy."""
    return PurePosixPath(path).name


@dataclass(frozen=True)
class Tree:
    """The owner's layout of one corpus, at full size or reduced.

    Attributes:
        corpus: registered name.
        clips: audio files, relative to the corpus folder, with forward slashes and the owner's suffix. All of them
            where the naming scheme determines the names and there are at most about 3000, a sample otherwise.
        missing_folder: what is deleted to see that its absence is said: a folder, or a glob pattern of files where
            the owner has a single folder ("wav/03*"). Label files below it go too.
        missing_says: what a warning, or the reason or path of a problem of ``Kind.MISSING``, must then hold, such as
            the speaker's name.
        texts: further files (labels, tables), relative path to content; written as UTF-8.
        expected: replaces the corpus's own for a reduced tree; None to hold the tree to the published counts.
        expected_speakers: likewise; "published" to keep the corpus's own.
        apart: files that the corpus leaves out on purpose (song, another language); they are reported together, in
            one problem of ``Kind.APART``.
        silent: files that are passed over without a word.
        problems: kind of each further problem that the whole tree has, in any order; usually none.
        foreign: a file that is not of this corpus, put into the folder.
        foreign_kind: as what it is reported: ``Kind.UNLABELLED`` where label files rule.
        flattened: name of a clip in a copy that is one folder, None where the owner's names do not allow that
            (then no flattened copy is tried). Texts are flattened to their own names.
        suffix: what a converted copy's files end in.
    """

    corpus: str
    clips: list[str]
    missing_folder: str
    missing_says: str
    texts: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, int] | None = None
    expected_speakers: Mapping[str, int] | int | Literal["published"] | None = "published"
    apart: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    problems: tuple[Kind, ...] = ()
    foreign: str = "holiday.wav"
    foreign_kind: Kind = Kind.FOREIGN
    flattened: Callable[[str], str] | None = file_name
    suffix: str = ".flac"
