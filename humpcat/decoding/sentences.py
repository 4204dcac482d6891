"""The sentences in which audio that cannot be used is refused."""

import errno
import os
from pathlib import Path
from typing import BinaryIO

from humpcat.decoding.containers import demuxer
from humpcat.errors import AudioError
from humpcat.files import special_kind

MIN_SECONDS = 0.025
"""Shortest audio accepted: one receptive field of a wav2vec2-style stem (400 samples at 16 kHz)."""

FORMATS = "wav, flac, ogg, opus, mp3, aiff, m4a, mp4, webm, aac, wma or amr"
"""What is expected of a file, as sentences say it."""

_BY_NUMBER = {
    errno.ENOENT: "no such file: check the path",
    errno.ENOTDIR: "no such file: check the path",
    errno.EISDIR: "is a folder, expected an audio file",
    errno.ELOOP: "is a link that leads back to itself: check the path",
    errno.ENAMETOOLONG: "the path is too long: check it",
}

_SIGNATURES = (b"RIFF", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b"ID3", b".snd", b"\xff\xfb", b"\xff\xf3")


def unreadable(name: str, path: Path, error: Exception) -> AudioError:
    """Return why a file cannot be read, or cannot be decoded if reading is not what failed.

    Args:
        name: the file, as messages call it.
        path: the file.
        error: what was raised.
    """
    if isinstance(error, OSError):
        number = error.errno or 0
        said = _BY_NUMBER.get(number) or f"cannot be read ({os.strerror(number)}): check its permissions"
        return AudioError(f"{name}: {said}.")
    if "\0" in str(path):
        return AudioError(f"{name}: holds a NUL, which no path does: check the path.")
    with path.open("rb") as file:
        return not_audio(name, file.read(512))


def open_file(name: str, path: Path) -> BinaryIO:
    """Open a file, and nothing that only looks like one: a pipe or a device would be waited for, or never end.

    Args:
        name: the file, as messages call it.
        path: the file.

    Raises:
        AudioError: it is something else.
        OSError: it cannot be opened.
        ValueError: the path holds a NUL.
    """
    kind = special_kind(path.stat().st_mode)
    if kind is not None:
        raise AudioError(f"{name}: is a {kind}, expected an audio file: name a file.")
    return path.open("rb")


def empty(name: str) -> AudioError:
    """Return the error of a file without content.

    Args:
        name: the file, as messages call it.
    """
    return AudioError(f"{name}: the file is empty (0 bytes): copy it again or remove it.")


def not_audio(name: str, head: bytes) -> AudioError:
    """Return why the content of a file is not audio that can be decoded.

    Args:
        name: the file, as messages call it.
        head: its first bytes.
    """
    if not head:
        return empty(name)
    if head.startswith(b"version https://git-lfs"):
        return AudioError(f"{name}: is a Git LFS pointer, not audio: run 'git lfs pull'.")
    if head.startswith(_SIGNATURES) or demuxer(head) is not None:
        return damaged(name, head)
    return AudioError(
        f"{name}: is not audio that can be decoded (first bytes {head[:8]!r}): expected {FORMATS}; "
        "convert or remove it."
    )


def damaged(name: str, head: bytes) -> AudioError:
    """Return the error of content that begins as audio does.

    Args:
        name: the file, as messages call it.
        head: its first bytes.
    """
    # The containers of phones begin with a length, which says nothing to a reader.
    shown = head[4:12] if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free") else head[:4]
    return AudioError(
        f"{name}: begins as audio (first bytes {shown!r}) but cannot be decoded, "
        "it is damaged or cut off: copy it again or leave it out."
    )


def too_large(name: str) -> AudioError:
    """Return the error of audio that there is no memory for.

    Args:
        name: the file, as messages call it.
    """
    return AudioError(f"{name}: needs more memory than there is: cut it into parts, or leave it out.")


def cut_off(name: str, found: float, promised: float) -> AudioError:
    """Return the error of a file that holds less than its header says.

    Args:
        name: the file, as messages call it.
        found: seconds that it holds.
        promised: seconds that its header promises.
    """
    return AudioError(
        f"{name}: is cut off: holds {found:.2f} s of the {promised:.2f} s that its header promises: "
        "copy it again or leave it out."
    )


def refuse_short(name: str, frames: int, rate: int) -> None:
    """Refuse audio that is too short for any encoder.

    Args:
        name: the file, as messages call it.
        frames: samples a channel.
        rate: samples per second.

    Raises:
        AudioError: it is shorter than ``MIN_SECONDS``.
    """
    if frames == 0:
        raise AudioError(f"{name}: holds no samples, expected at least {MIN_SECONDS} s: record or cut it again.")
    milliseconds = 1000 * frames / rate
    if milliseconds < 1000 * MIN_SECONDS:
        raise AudioError(
            f"{name}: lasts {milliseconds:.1f} ms, expected at least {1000 * MIN_SECONDS:.0f} ms: leave it out."
        )
