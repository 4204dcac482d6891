"""Two files of one name: the same recording once more, or another one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from humpcat import audio
from humpcat.corpora.scan import Kind, Problem
from humpcat.errors import AudioError

ALIKE = 0.8
"""Correlation of two waveforms from which they are one recording. Copies as MP3, at other rates and levels have more
than 0.95; a laryngogram beside the speech that it was recorded with has less than 0.6."""

_RATE = 8_000
# What an encoder puts before and behind a recording.
_PADDING = 0.2
_SILENCE = 1e-4
_NAMED = 4


def same_recording(path: str | Path, other: str | Path) -> bool:
    """Return whether two clips hold one recording: the same bytes, or the same sound in another format, rate or level.

    Args:
        path: a clip.
        other: another one.

    Raises:
        AudioError: they are not the same bytes, and one of them cannot be decoded.
    """
    if str(path) == str(other) or _same_bytes(Path(path), Path(other)):
        return True
    first, second = (audio.load(each, target_rate=_RATE) for each in (path, other))
    if abs(len(first) - len(second)) > _PADDING * _RATE:
        return False
    first, second = first - first.mean(), second - second.mean()
    energies = [float(np.square(each, dtype=np.float64).mean()) for each in (first, second)]
    if min(energies) < _SILENCE**2:
        return max(energies) < _SILENCE**2
    return _correlation(first, second) >= ALIKE


def second_file(path: str, first: str, what: str) -> Problem:
    """Return what is to be said of a second file of an utterance.

    Args:
        path: the second file.
        first: the file that is read.
        what: the utterance, for the message.
    """
    try:
        same = same_recording(path, first)
    except AudioError as error:
        return Problem(path, f"cannot be compared with {first}, as which it is named: {error}", Kind.UNUSABLE)
    if same:
        return Problem(path, f"repeats {what}{first}: left out.", Kind.REPEATED)
    return Problem(
        path,
        f"is named as {what}{first}, and is another recording: {first} is read and this one left out; find out which "
        "is right, and take the other away.",
        Kind.CONFLICT,
    )


def second_files(files: Sequence[tuple[str, str, str]]) -> list[Problem]:
    """Return what is to be said of many second files, which are decoded in threads: a corpus may be there as MP3 too.

    Args:
        files: arguments of :func:`second_file`.
    """
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda file: second_file(*file), files))


def together(problems: Iterable[Problem], root: Path) -> list[Problem]:
    """Return the problems of second files, those of one kind and folder as one where there are many.

    Args:
        problems: what :func:`second_file` gave.
        root: the corpus folder.
    """
    by_folder: dict[tuple[Kind, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        # A corpus that lies there twice has as many folders as it has speakers.
        folder = str(root if problem.kind == Kind.REPEATED else Path(problem.path).parent)
        by_folder[problem.kind, folder].append(problem)
    return [each for (kind, folder), own in by_folder.items() for each in _grouped(kind, folder, own)]


def _grouped(kind: Kind, folder: str, problems: list[Problem]) -> list[Problem]:
    if len(problems) <= _NAMED or kind == Kind.UNUSABLE:
        return problems
    first = problems[0]
    if kind == Kind.REPEATED:
        return [Problem(folder, f"holds {len(problems)} utterances twice, first {first.path}: left out.", kind)]
    return [
        Problem(
            folder,
            f"holds {len(problems)} files that are named as others and are other recordings, the first: {first.path}: "
            f"{first.reason}",
            kind,
        )
    ]


def _same_bytes(path: Path, other: Path) -> bool:
    try:
        if path.samefile(other):
            return True
        return path.stat().st_size == other.stat().st_size and path.read_bytes() == other.read_bytes()
    except OSError:
        # A part of a file is no file.
        return False


def _correlation(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> float:
    """Return the largest correlation of two waveforms, whatever their sign, with one moved by up to the padding."""
    size = 1 << int(np.ceil(np.log2(len(first) + len(second))))
    spectrum = np.fft.rfft(first, size) * np.conj(np.fft.rfft(second, size))
    products = np.fft.irfft(spectrum, size)
    moved = int(_PADDING * _RATE)
    near = np.concatenate((products[: moved + 1], products[-moved:]))
    norm = np.sqrt(float(np.square(first, dtype=np.float64).sum()) * float(np.square(second, dtype=np.float64).sum()))
    return float(np.abs(near).max() / norm)
