"""Make the toy corpora: one process a corpus, written aside and renamed when all is there."""

import errno
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from humpcat.corpora.toy.layouts import LAYOUTS
from humpcat.errors import CorpusError, HumpcatError
from humpcat.files import read_json
from humpcat.writing import has_no_room, is_full, writing

TOY_CORPORA = tuple(LAYOUTS)
"""Names of the corpora that can be made; iemocap is the source, the others are targets."""

# Raised whenever the audio changes, so that folders made before are made again.
_VERSION = 1

_MARKER = "toy.json"

_README = """SYNTHETIC speech, made by humpcat with Praat's speech synthesiser (eSpeak).

The folders have the layout and the file names of the corpora they are named after, and nothing else of them: no
recording of theirs is here, no person speaks, and the emotions are set by rule (pitch, range, rate, level,
brightness). Use them to try and to test humpcat. No number measured on them says anything about emotion in real
speech.
"""


def make_toy_corpora(folder: str | Path, *, seed: int = 0, corpora: Iterable[str] = TOY_CORPORA) -> Path:
    """Write small synthetic corpora that the real loaders read.

    The folder can be passed as ``--data-dir``. It is made aside and renamed at the end, so that it is complete or
    absent; if it is already there, with this seed and at least these corpora, nothing is done.

    Args:
        folder: where to write; absent, empty, or made by this function before.
        seed: the same seed gives the same bytes.
        corpora: names among :data:`TOY_CORPORA`.

    Returns:
        The folder.

    Raises:
        CorpusError: an unknown name, a folder that holds something else, or a synthesiser that failed.
        WritingError: the folder cannot be written, or the disk is full.

    Example:
        >>> make_toy_corpora("toys", corpora=["klingon"])
        Traceback (most recent call last):
        humpcat.errors.CorpusError: toy corpus 'klingon' is unknown: choose one of iemocap, emodb, emovo, mesd, casia.
    """
    folder = Path(folder)
    names = list(dict.fromkeys(corpora))
    for name in names:
        if name not in LAYOUTS:
            raise CorpusError(f"toy corpus '{name}' is unknown: choose one of {', '.join(LAYOUTS)}.")
    if _is_finished(folder, seed, names):
        return folder
    if folder.exists() and not _is_ours(folder):
        raise CorpusError(f"{folder}: holds something other than toy corpora: name a folder that is new or empty.")
    aside = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}")
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(aside, seed, names)
            _put_in_place(aside, folder, seed, names)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return folder


def _write(folder: Path, seed: int, names: list[str]) -> None:
    folder.mkdir()
    # Threads only wait here: the work is done by the processes that they start.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for failure in pool.map(lambda name: _speak_in_own_process(folder, seed, name), names):
            if failure:
                raise CorpusError(failure)
    (folder / "README.txt").write_text(_README, encoding="utf-8")
    marker = {"version": _VERSION, "seed": seed, "corpora": names}
    (folder / _MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")


def _speak_in_own_process(folder: Path, seed: int, name: str) -> str | None:
    """Return None, or what went wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "humpcat.corpora.toy.voices", name, str(folder / name), str(seed)],
        capture_output=True,
        text=True,
        # The child must find the same humpcat, installed or not.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        check=False,
    )
    if done.returncode == 0:
        return None
    last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    # Of a full disk libsndfile says nothing but that it could not write.
    if has_no_room(folder) or is_full(RuntimeError(last)):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return f"toy corpus '{name}': the speech synthesiser failed ({last}): reinstall praat-parselmouth."


def _put_in_place(aside: Path, folder: Path, seed: int, names: list[str]) -> None:
    if folder.exists() and not _is_finished(folder, seed, names):
        shutil.rmtree(folder)
    try:
        aside.rename(folder)
    except OSError:
        # Another process made the same corpora meanwhile: its bytes are ours.
        if not _is_finished(folder, seed, names):
            raise


def _is_finished(folder: Path, seed: int, names: list[str]) -> bool:
    try:
        marker = read_json(folder / _MARKER)
        return (marker["version"], marker["seed"]) == (_VERSION, seed) and set(names) <= set(marker["corpora"])
    except (HumpcatError, KeyError, TypeError):
        return False


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and ((folder / _MARKER).is_file() or not any(folder.iterdir()))
