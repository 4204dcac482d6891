"""The one door that audio comes through: decode by content, validate, mix down, resample.

Whatever is handed in, what comes out is float32 mono at one rate, or an error that says which file, what was
found, what was expected and what to do.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from humpcat.decoding import libsndfile, sentences
from humpcat.decoding.limits import refuse_rate, refuse_size
from humpcat.errors import AudioError
from humpcat.keywords import named_keywords
from humpcat.levels import as_floats, refuse_scale
from humpcat.recording import SAMPLING_RATE, Recording, Waveform
from humpcat.segment import Segment, segment_of

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".3gp", ".3g2", ".flv", ".wmv", ".asf", ".ts", ".mpg", ".mpeg"}
)
"""File name endings of what may be videos, whose sound is read."""

SUFFIXES = VIDEO_SUFFIXES | {
    ".wav",
    ".flac",
    ".ogg",
    ".opus",
    ".mp3",
    ".aif",
    ".aiff",
    ".aifc",
    ".oga",
    ".w64",
    ".au",
    ".m4a",
    ".m4b",
    ".aac",
    ".wma",
    ".amr",
    ".awb",
    ".mka",
    ".weba",
    ".caf",
    ".ac3",
    ".wv",
}
"""File name endings that a folder scan takes for audio; decoding itself never looks at them."""

Source = str | Path | bytes | BinaryIO | npt.NDArray[Any] | Mapping[str, Any]


FINGERPRINT_VERSION = 2
"""Raised whenever :func:`fingerprint` gives another hash of the same audio."""

_HASHED_AT_ONCE = 1 << 20

_LOSSLESS = re.compile(r" (PCM_\w+|FLOAT|DOUBLE|ULAW|ALAW|ALAC_\w+)$")
"""Codings of libsndfile whose samples are the same with every decoder."""


@dataclass(frozen=True)
class AudioInfo:
    """What the header of an audio file says.

    Attributes:
        duration: length in seconds.
        sampling_rate: samples per second.
        channels: number of channels.
    """

    duration: float
    sampling_rate: int
    channels: int


@named_keywords
def read(source: Source, *, sampling_rate: int | None = None) -> Recording:
    """Decode audio and make sure that its samples can be used; :func:`load` mixes it down, too.

    Args:
        source: as for :func:`load`.
        sampling_rate: rate of an array in Hz; only for arrays.

    Raises:
        AudioError: as for :func:`load`.

    Example:
        >>> recording = read(np.zeros((2, 44_100), dtype=np.float32), sampling_rate=44_100)
        >>> recording.channels, recording.samples.shape, recording.waveform(channel="left").shape
        (2, (44100, 2), (16000,))
    """
    try:
        recording = _open(source, sampling_rate)
    except MemoryError:
        raise sentences.too_large(_name(source)) from None
    samples = recording.samples
    sentences.refuse_short(recording.name, samples.shape[0], recording.sampling_rate)
    # The extremes tell it without a copy of an hour of samples.
    if not np.isfinite([samples.max(), samples.min()]).all():
        bad = int(samples.size - np.isfinite(samples).sum())
        raise AudioError(
            f"{recording.name}: {bad} of {samples.size} samples are NaN or infinite: export the audio again."
        )
    refuse_scale(recording.name, samples)
    return recording


@named_keywords
def load(
    source: Source,
    *,
    sampling_rate: int | None = None,
    target_rate: int = SAMPLING_RATE,
    channel: str | int | None = None,
) -> Waveform:
    """Read audio as float32 mono at ``target_rate``.

    Args:
        source: a path, or a part of a file such as ``call.wav#t=1.5,4`` (seconds); the bytes of a file; a binary file
            object; an array of shape (samples,), (channels, samples) or (samples, channels), the shorter axis being
            the channels; a mapping with ``array`` (or ``raw``) and ``sampling_rate``, or with ``bytes`` or ``path``,
            as ``datasets`` gives; or a decoder object of torchcodec, as ``datasets`` gives where that is installed.
        sampling_rate: rate of an array in Hz; only for arrays.
        target_rate: rate wanted, in Hz.
        channel: "left", "right" or a number from 0; the mean of all channels by default.

    Returns:
        Waveform of shape (samples,), float32, nominally within -1 to 1.

    Raises:
        AudioError: the source is unreadable, empty, shorter than 0.025 s, not finite, at another scale than
            its type has, without the channel, or an array that comes without its sampling rate.

    Example:
        >>> import numpy as np
        >>> stereo = np.zeros((2, 44_100), dtype=np.float32)
        >>> load(stereo, sampling_rate=44_100).shape
        (16000,)
    """
    return read(source, sampling_rate=sampling_rate).waveform(target_rate, channel)


@named_keywords
def probe(path: str | Path) -> AudioInfo:
    """Read only the header of a file, or all of one whose header does not give its length, as of some MP3.

    Args:
        path: an audio file or video of any format that is decoded, whatever its extension, or a part of one.

    Raises:
        AudioError: the file is missing, empty, not audio, shorter than 0.025 s, or visibly cut off.
            What only decoding can tell is left to :func:`load`.
    """
    if segment := segment_of(path):
        whole = probe(segment.path)
        first, last = segment.frames(round(whole.duration * whole.sampling_rate), whole.sampling_rate)
        sentences.refuse_short(str(path), last - first, whole.sampling_rate)
        return AudioInfo((last - first) / whole.sampling_rate, whole.sampling_rate, whole.channels)
    return AudioInfo(*libsndfile.probe(Path(path)))


@named_keywords
def fingerprint(source: Source, *, sampling_rate: int | None = None) -> str:
    """Hash what the audio is, not where it lies: equal samples give equal fingerprints, whatever file they are in.

    Samples are compared as float32 at their own rate, each channel for itself, so that a clip as WAV, as FLAC and as a
    part of a longer recording is one clip. What a lossy coding such as MP3 holds is not the same samples with every
    release of a decoder: of such a file the undecoded bytes count, and of a part of it the samples. The bytes count
    where nothing can be decoded, too.

    Args:
        source: as for :func:`load`.
        sampling_rate: rate of an array in Hz.

    Returns:
        32 hexadecimal digits.

    Example:
        >>> fingerprint(b"same") == fingerprint(b"same")
        True
    """
    digest = hashlib.blake2b(digest_size=16)
    content = _content(source)
    found = _open(source, sampling_rate) if content is None else _lossless(content)
    if found is None:
        assert content is not None
        digest.update(content)
    else:
        samples = found.samples.reshape(len(found.samples)) if found.channels == 1 else found.samples
        digest.update(f"array {found.sampling_rate} {samples.shape} float32".encode())
        for start in range(0, len(samples), _HASHED_AT_ONCE):
            # A zero has no sign in a file of whole numbers.
            part = samples[start : start + _HASHED_AT_ONCE].astype(np.float32, copy=False) + np.float32(0)
            digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def _lossless(content: bytes) -> Recording | None:
    """Decode the bytes of a file whose coding keeps the samples; None for any other."""
    if not _LOSSLESS.search(libsndfile.coding(content)):
        return None
    try:
        return _open(content, None)
    except (AudioError, MemoryError):
        return None


def _content(source: Source) -> bytes | None:
    """Return the undecoded bytes of anything that is a file, None for an array."""
    if isinstance(source, Mapping):
        if (held := source.get("bytes")) is not None:
            # Of a number Python would make as many zeros.
            if not isinstance(held, bytes | bytearray | memoryview):
                raise AudioError(f"mapping with 'bytes' of type {type(held).__name__}: expected the bytes of a file.")
            return bytes(held)
        if source.get("path") is not None and "array" not in source and "raw" not in source:
            return _content(source["path"])
        return None
    if isinstance(source, str | Path):
        if segment_of(source) is not None:
            return None
        try:
            with sentences.open_file(str(source), Path(source)) as file:
                return file.read()
        except AudioError:
            raise
        except (OSError, ValueError) as error:
            raise sentences.unreadable(str(source), Path(source), error) from None
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if hasattr(source, "read"):
        content = source.read()
        if not isinstance(content, bytes):
            raise AudioError(f"{source!r}: found a text stream, expected bytes: open the file in binary mode.")
        return content
    return None


def _open(source: Source, sampling_rate: int | None) -> Recording:
    """Return what a source holds, samples scaled by the width of their coding, not yet looked at."""
    content = _content(source)
    if content is not None:
        if sampling_rate is not None:
            raise AudioError(
                f"{_name(source)}: sampling_rate={sampling_rate} was given for a file, which carries its own: "
                "leave it out."
            )
        samples, rate, coding = libsndfile.decode(_name(source), content)
        return Recording(_name(source), samples, rate, coding)
    if segment := segment_of(source):
        return _part(segment)
    if isinstance(source, Mapping):
        array = source.get("array", source.get("raw"))
        if array is None and (segment := segment_of(source.get("path"))):
            return _part(segment)
        if array is None:
            raise AudioError(
                f"mapping with keys {sorted(map(str, source))}: expected 'array' and 'sampling_rate', or 'bytes', or "
                "'path'."
            )
        return _open(array, source.get("sampling_rate", sampling_rate))
    if is_decoder(source):
        return _open(_all_samples(source), None)
    samples = as_array(source)
    if sampling_rate is None and (samples.dtype.kind in "USO" or not samples.ndim):
        raise AudioError(
            f"{type(source).__name__} found, expected a path, bytes, a file object, or an array of samples with its "
            "sampling rate; several clips come as a list of these."
        )
    if sampling_rate is None:
        raise AudioError(
            f"array of shape {samples.shape}: its sampling rate is not known: "
            "pass {'array': samples, 'sampling_rate': rate}."
        )
    refuse_rate(f"array of shape {samples.shape}", sampling_rate)
    if samples.ndim not in (1, 2) or samples.dtype.kind not in "fiu":
        raise AudioError(
            f"array of shape {samples.shape} and type {samples.dtype}: expected numbers of shape (samples,), "
            "(channels, samples) or (samples, channels)."
        )
    if samples.ndim == 2 and samples.shape[0] < samples.shape[1]:
        samples = samples.T
    refuse_size("array", len(samples), sampling_rate, samples.size // max(len(samples), 1))
    return Recording("array", as_floats("array", samples), int(sampling_rate), "array")


def is_decoder(source: object) -> bool:
    """Return whether this is a decoder object of torchcodec, or the samples that one gave.

    Args:
        source: anything.
    """
    return hasattr(source, "get_all_samples") or (hasattr(source, "sample_rate") and hasattr(source, "data"))


def _all_samples(decoder: Any) -> dict[str, Any]:
    """Return what a decoder object of torchcodec decodes."""
    try:
        found = decoder.get_all_samples() if hasattr(decoder, "get_all_samples") else decoder
    except Exception as error:
        # torchcodec raises whatever ffmpeg's errors become.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise AudioError(f"{type(decoder).__name__}: cannot decode its audio ({reason}): leave it out.") from None
    return {"array": found.data, "sampling_rate": found.sample_rate}


def _part(segment: Segment) -> Recording:
    """Decode a part of a file, and no more of it where its format says how long it is."""
    found = libsndfile.decode_part(segment)
    if found is not None:
        return Recording(segment.address, *found)
    whole = _open(segment.path, None)
    first, last = segment.frames(len(whole.samples), whole.sampling_rate)
    return Recording(segment.address, whole.samples[first:last], whole.sampling_rate, whole.coding)


def as_array(source: Any) -> npt.NDArray[Any]:
    """Return an array, a tensor of any device or a list of numbers as an array.

    Args:
        source: any of these.

    Raises:
        AudioError: it is none of these.

    Example:
        >>> as_array([1, 2]).shape
        (2,)
    """
    if source is None:
        raise AudioError("None found, expected a path, bytes, a file object, or an array with its sampling rate.")
    if hasattr(source, "detach"):
        source = source.detach().cpu()
        # NumPy has no such type.
        source = source.float() if str(source.dtype) == "torch.bfloat16" else source
    try:
        return np.asarray(source)
    except (ValueError, TypeError) as error:
        raise AudioError(f"{type(source).__name__}: is no array of numbers ({error}): pass one of samples.") from None


def _name(source: object) -> str:
    if isinstance(source, Mapping):
        return str(source.get("path") or "bytes")
    if isinstance(source, str | Path):
        return str(source)
    return str(getattr(source, "name", "bytes"))
