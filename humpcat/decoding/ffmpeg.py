"""The second decoder: phones' and browsers' recordings and the sound of videos, by PyAV.

Its wheels carry ffmpeg's libraries, so that nothing has to be installed by hand. It is imported for files that
libsndfile does not know, and for no others.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from humpcat.decoding import sentences
from humpcat.decoding.boxes import counted_samples
from humpcat.decoding.containers import TIMED, promised_bytes
from humpcat.decoding.limits import refuse_rate, refuse_size
from humpcat.errors import AudioError
from humpcat.imports import IMPORT_ERRORS, import_fault

_LOST_SECONDS = 0.2
"""How much less than its header promises a file may hold: coders fill up their last frames and cut them again."""

_SAMPLES_A_BYTE = 8
"""More samples than any coding of QuickTime puts into a byte."""

HEAD_BYTES = 512
"""First bytes of a file, by which its container is told."""

Decoded = tuple[npt.NDArray[np.float32], int, str]
"""Samples, their rate, and what they were coded in."""


def decode(name: str, content: bytes, demuxer: str) -> Decoded:
    """Decode the sound of a container.

    Args:
        name: the file, as messages call it.
        content: its bytes.
        demuxer: which of ffmpeg's demuxers reads it.

    Returns:
        Samples of shape (samples, channels), nominally within -1 to 1, their rate, and container and coding in words,
        such as "MOV aac".

    Raises:
        AudioError: it holds no sound, or is damaged or cut off.
    """
    head = content[:HEAD_BYTES]
    if len(content) < promised_bytes(content):
        raise AudioError(
            f"{name}: is cut off: holds {len(content)} of the {promised_bytes(content)} bytes that its header "
            "promises: copy it again or leave it out."
        )
    with _sound(name, io.BytesIO(content), head, demuxer) as (av, container, stream):
        promised = _promised(container, stream, demuxer)
        parts, rate = _decoded(av, name, head, container, stream)
        coding = f"{demuxer.upper()} {stream.codec_context.name}"
    if not parts:
        raise sentences.damaged(name, head)
    samples = _joined(parts)
    seconds = len(samples) / rate
    if promised is not None and promised - seconds > _LOST_SECONDS:
        raise sentences.cut_off(name, seconds, promised)
    return samples, rate, coding


def probe(path: Path, demuxer: str) -> tuple[float, int, int]:
    """Read how long the sound of a container lasts, from its header where that says so.

    Args:
        path: the file.
        demuxer: which of ffmpeg's demuxers reads it.

    Returns:
        Seconds, samples per second, and channels.

    Raises:
        AudioError: it holds no sound, or is visibly damaged.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(0)
        with _sound(str(path), file, head, demuxer) as (_, container, stream):
            promised, coding = _promised(container, stream, demuxer), stream.codec_context
            if promised is not None and coding.sample_rate:
                return promised, coding.sample_rate, coding.channels
    samples, rate, _ = decode(str(path), path.read_bytes(), demuxer)
    return len(samples) / rate, rate, samples.shape[1]


@contextmanager
def _sound(name: str, file: BinaryIO, head: bytes, demuxer: str) -> Iterator[tuple[Any, Any, Any]]:
    """Open a container and yield PyAV, the container and its stream of sound; put its errors into our words."""
    try:
        import av
    except IMPORT_ERRORS as error:
        raise AudioError(
            f"{name}: cannot be decoded without the package av, which cannot be imported ({import_fault(error)}): "
            "run pip install av, or convert the file to wav."
        ) from None
    if demuxer == "mov":
        _refuse_counts(name, file)
    try:
        with av.open(file, format=demuxer, **_lenient(av)) as container:
            stream = container.streams.best("audio")
            if stream is None:
                kinds = ", ".join(sorted({other.type for other in container.streams})) or "nothing"
                raise AudioError(f"{name}: holds no sound, only {kinds}: expected a recording with sound.")
            if stream.codec_context is None:
                raise AudioError(f"{name}: its sound is in a coding that is not known here: convert it to wav.")
            yield av, container, stream
    except AudioError:
        raise
    # A damaged length may send ffmpeg to a place before the file's beginning, which the file itself refuses.
    # Times without a unit and numbers beyond all bounds are errors of arithmetic and types within PyAV.
    except (av.FFmpegError, EOFError, OSError, ValueError, ArithmeticError, TypeError, AttributeError) as error:
        raise sentences.damaged(name, head) from error


def _refuse_counts(name: str, file: BinaryIO) -> None:
    """Refuse a file whose tables count more samples than it has bytes for."""
    counted, size = counted_samples(file), file.seek(0, 2)
    file.seek(0)
    if counted > _SAMPLES_A_BYTE * size:
        raise AudioError(
            f"{name}: counts {counted} samples in {size} bytes: it is damaged: copy it again or leave it out."
        )


def _lenient(av: Any) -> dict[str, str]:
    """Return what lets titles and comments of any encoding pass; from PyAV 19 on they always do."""
    return {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}


def _promised(container: Any, stream: Any, demuxer: str) -> float | None:
    """Return the seconds of sound that the header promises, None where it promises none."""
    if demuxer not in TIMED:
        return None
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    # The whole is as long as its longest part, which need not be the sound.
    if container.duration is None or len(container.streams) > 1:
        return None
    return float(container.duration / 1_000_000)


def _decoded(
    av: Any, name: str, head: bytes, container: Any, stream: Any
) -> tuple[list[npt.NDArray[np.float32]], int]:
    """Return parts of shape (channels, samples), and their rate."""
    resampler = av.AudioResampler(format="fltp")
    parts: list[npt.NDArray[np.float32]] = []
    rate, decoded = 0, 0
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise sentences.damaged(name, head)
        for frame in packet.decode():
            if rate and (frame.sample_rate != rate or frame.layout.nb_channels != parts[0].shape[0]):
                raise AudioError(
                    f"{name}: changes after {sum(part.shape[1] for part in parts) / rate:.2f} s from "
                    f"{parts[0].shape[0]} channels at {rate} Hz to {frame.layout.nb_channels} at "
                    f"{frame.sample_rate} Hz, expected one form throughout: convert it to wav."
                )
            if not rate:
                rate = frame.sample_rate
                refuse_rate(name, rate)
            parts += [found.to_ndarray() for found in resampler.resample(frame)]
            decoded += frame.samples
            refuse_size(name, decoded, rate, frame.layout.nb_channels)
    return parts, rate


def _joined(parts: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    """Return parts of shape (channels, samples) as one array of shape (samples, channels), and let go of each."""
    joined = np.empty((sum(part.shape[1] for part in parts), parts[0].shape[0]), np.float32)
    start = 0
    for place, part in enumerate(parts):
        joined[start : start + part.shape[1]] = part.T
        start += part.shape[1]
        parts[place] = part[:, :0]
    return joined
