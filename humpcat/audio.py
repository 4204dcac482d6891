"""The one door that audio comes through: decode by content, validate, mix down, resample.

Whatever is handed in, what comes out is float32 mono at one rate, or an error that says which file, what was
found, what was expected and what to do.
"""

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from humpcat.errors import AudioError
from humpcat.segment import Segment, segment_of

SAMPLING_RATE = 16_000
"""Samples per second that every encoder here was trained on."""

MIN_SECONDS = 0.025
"""Shortest audio accepted: one receptive field of a wav2vec2-style stem (400 samples at 16 kHz)."""

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".oga", ".w64", ".au"})
"""File name endings that a folder scan takes for audio; decoding itself never looks at them."""

_LOST_SECONDS = 0.01
"""How much less than its header promises a file may hold before it counts as cut off."""

_RUN_UP = 0.5
"""Seconds that are decoded before a part of a file and thrown away."""

# Writers to a pipe cannot go back to fill in the length, and leave one near the largest number there is.
_UNKNOWN_BYTES = 0x7FFF0000
_UNKNOWN_FRAMES = 2**40

# libsndfile reads on to the end of a shortened file without an error, and says so only in its log.
_LOGGED_LOSS = re.compile(r"^\s*(?:data|SSND|Data Size|riff|Riff size)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)

# The frame that says how long an MP3 is; without it libsndfile extrapolates from the first bit rate.
_MP3_LENGTH = re.compile(rb"\xff[\xe0-\xff].{2,40}?(?:Xing|Info)", re.DOTALL)
_HEAD_BYTES = 1 << 16

_SIGNATURES = (b"RIFF", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b"ID3", b".snd", b"\xff\xfb", b"\xff\xf3")

Waveform = npt.NDArray[np.float32]
Source = str | Path | bytes | BinaryIO | npt.NDArray[Any] | Mapping[str, Any]


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


def load(source: Source, *, sampling_rate: int | None = None, target_rate: int = SAMPLING_RATE) -> Waveform:
    """Read audio as float32 mono at ``target_rate``.

    Args:
        source: a path, or a part of a file such as ``call.wav#t=1.5,4`` (seconds); the bytes of a file; a binary file
            object; an array of shape (samples,), (channels, samples) or (samples, channels), the shorter axis being
            the channels; or a mapping with ``array`` (or ``raw``) and ``sampling_rate``, or with ``bytes`` or
            ``path``, as ``datasets`` gives.
        sampling_rate: rate of an array in Hz; only for arrays.
        target_rate: rate wanted, in Hz.

    Returns:
        Waveform of shape (samples,), float32, nominally within -1 to 1.

    Raises:
        AudioError: the source is unreadable, empty, shorter than ``MIN_SECONDS``, not finite, or an array that
            comes without its sampling rate.

    Example:
        >>> import numpy as np
        >>> stereo = np.zeros((2, 44_100), dtype=np.float32)
        >>> load(stereo, sampling_rate=44_100).shape
        (16000,)
    """
    name, samples, rate = _open(source, sampling_rate)
    return _validated(name, samples, rate, target_rate)


def decode(source: Source) -> tuple[npt.NDArray[np.float32], int]:
    """Read audio as it is: every channel, at its own rate.

    Args:
        source: as for :func:`load`.

    Returns:
        Samples of shape (samples, channels), float32, and their rate in Hz.

    Raises:
        AudioError: as for :func:`load`.

    Example:
        >>> samples, rate = decode({"array": np.zeros((2, 44_100), dtype=np.float32), "sampling_rate": 44_100})
        >>> samples.shape, rate
        ((44100, 2), 44100)
    """
    name, samples, rate = _open(source, None)
    _refuse_unsound(name, samples, rate)
    return np.ascontiguousarray(samples.reshape(len(samples), -1), dtype=np.float32), rate


def probe(path: str | Path) -> AudioInfo:
    """Read only the header of a file, or all of an MP3 whose header does not give its length.

    Args:
        path: an audio file of any format that is read, whatever its extension, or a part of one.

    Raises:
        AudioError: the file is missing, empty, not audio, shorter than ``MIN_SECONDS``, or visibly cut off.
            What only decoding can tell is left to :func:`load`.
    """
    name = str(path)
    if segment := segment_of(path):
        whole = probe(segment.path)
        first, last = segment.frames(round(whole.duration * whole.sampling_rate), whole.sampling_rate)
        _refuse_short(name, last - first, whole.sampling_rate)
        return AudioInfo((last - first) / whole.sampling_rate, whole.sampling_rate, whole.channels)
    try:
        with Path(path).open("rb") as file:
            sure = _MP3_LENGTH.search(file.read(_HEAD_BYTES)) is not None
            file.seek(0)
            with soundfile.SoundFile(file) as sound:
                _refuse_unknown_or_lost(name, sound)
                frames = sound.frames if sure or sound.format != "MP3" else len(sound.read(dtype="float32"))
                _refuse_short(name, frames, sound.samplerate)
                return AudioInfo(frames / sound.samplerate, sound.samplerate, sound.channels)
    except (OSError, soundfile.SoundFileError) as error:
        raise _unreadable(name, Path(path), error) from None


def fingerprint(source: Source, *, sampling_rate: int | None = None) -> str:
    """Hash what the audio is, not where it lies: equal bytes give equal fingerprints under any name.

    Args:
        source: as for :func:`load`. Files and bytes are hashed undecoded; arrays by samples and rate.
        sampling_rate: rate of an array in Hz.

    Returns:
        32 hexadecimal digits.

    Example:
        >>> fingerprint(b"same") == fingerprint(b"same")
        True
    """
    digest = hashlib.blake2b(digest_size=16)
    content = _content(source)
    if content is not None:
        digest.update(content)
    else:
        _, samples, rate = _open(source, sampling_rate)
        # Of a part of a file the samples count, and not where it lies.
        digest.update(f"array {rate} {samples.shape} {samples.dtype}".encode())
        digest.update(np.ascontiguousarray(samples).tobytes())
    return digest.hexdigest()


def _content(source: Source) -> bytes | None:
    """Return the undecoded bytes of anything that is a file, None for an array."""
    if isinstance(source, Mapping):
        if source.get("bytes") is not None:
            return bytes(source["bytes"])
        if source.get("path") is not None and "array" not in source and "raw" not in source:
            return _content(source["path"])
        return None
    if isinstance(source, str | Path):
        if segment_of(source) is not None:
            return None
        try:
            return Path(source).read_bytes()
        except OSError as error:
            raise _unreadable(str(source), Path(source), error) from None
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if hasattr(source, "read"):
        content = source.read()
        if not isinstance(content, bytes):
            raise AudioError(f"{source!r}: found a text stream, expected bytes: open the file in binary mode.")
        return content
    return None


def _open(source: Source, sampling_rate: int | None) -> tuple[str, npt.NDArray[Any], int]:
    """Return a name for messages, samples of shape (samples,) or (samples, channels), and their rate."""
    content = _content(source)
    if content is not None:
        if sampling_rate is not None:
            raise AudioError(
                f"{_name(source)}: sampling_rate={sampling_rate} was given for a file, which carries its own: "
                "leave it out."
            )
        return _decode(_name(source), content)
    if segment := segment_of(source):
        return _part(segment)
    if isinstance(source, Mapping):
        array = source.get("array", source.get("raw"))
        if array is None and (segment := segment_of(source.get("path"))):
            return _part(segment)
        if array is None:
            raise AudioError(
                f"mapping with keys {sorted(source)}: expected 'array' and 'sampling_rate', or 'bytes', or 'path'."
            )
        return _open(array, source.get("sampling_rate", sampling_rate))
    samples = np.asarray(source)
    if sampling_rate is None:
        raise AudioError(
            f"array of shape {samples.shape}: its sampling rate is not known: "
            "pass {'array': samples, 'sampling_rate': rate}."
        )
    if not (isinstance(sampling_rate, int | np.integer) and sampling_rate > 0):
        raise AudioError(
            f"array of shape {samples.shape}: sampling_rate={sampling_rate!r} found, expected a positive number of Hz."
        )
    return "array", _as_float(samples), int(sampling_rate)


def _as_float(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Scale integer PCM to -1..1 and put the channels last."""
    if samples.ndim not in (1, 2) or samples.dtype.kind not in "fiu":
        raise AudioError(
            f"array of shape {samples.shape} and type {samples.dtype}: expected numbers of shape (samples,), "
            "(channels, samples) or (samples, channels)."
        )
    if samples.ndim == 2 and samples.shape[0] < samples.shape[1]:
        samples = samples.T
    if samples.dtype.kind == "f":
        return samples
    bits = np.iinfo(samples.dtype)
    middle = 0 if samples.dtype.kind == "i" else (int(bits.max) + 1) // 2
    return (samples.astype(np.float64) - middle) / (int(bits.max) - middle + 1)


def _decode(name: str, content: bytes) -> tuple[str, npt.NDArray[Any], int]:
    if not content:
        raise AudioError(f"{name}: the file is empty (0 bytes): copy it again or remove it.")
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as sound:
            _refuse_unknown_or_lost(name, sound)
            promised, rate = sound.frames, sound.samplerate
            if sound.format == "MP3" and _MP3_LENGTH.search(content[:_HEAD_BYTES]) is None:
                promised = 0
            samples = sound.read(dtype="float32")
    except soundfile.SoundFileError:
        raise _not_audio(name, content) from None
    if promised - len(samples) > _LOST_SECONDS * rate:
        raise _cut_off(name, len(samples) / rate, promised / rate)
    if _ends_within_ogg_page(content):
        raise AudioError(
            f"{name}: is cut off: it ends within a page of Ogg, after {len(samples) / rate:.2f} s: "
            "copy it again or leave it out."
        )
    return name, samples, rate


def _part(segment: Segment) -> tuple[str, npt.NDArray[Any], int]:
    """Decode a part of a file, and no more of it where its format says how long it is."""
    try:
        with Path(segment.path).open("rb") as file:
            sure = _MP3_LENGTH.search(file.read(_HEAD_BYTES)) is not None
            file.seek(0)
            with soundfile.SoundFile(file) as sound:
                if sure or sound.format != "MP3":
                    _refuse_unknown_or_lost(segment.path, sound)
                    first, last = segment.frames(sound.frames, sound.samplerate)
                    # What comes before a frame of MP3 or Vorbis is needed to decode it.
                    before = min(first, round(_RUN_UP * sound.samplerate))
                    sound.seek(first - before)
                    samples = sound.read(before + last - first, dtype="float32")
                    return segment.address, samples[before:], sound.samplerate
    except (OSError, soundfile.SoundFileError):
        # What libsndfile cannot read is read, or refused, whole.
        pass
    _, samples, rate = _open(segment.path, None)
    first, last = segment.frames(len(samples), rate)
    return segment.address, samples[first:last], rate


def _refuse_unknown_or_lost(name: str, sound: soundfile.SoundFile) -> None:
    """Refuse a file whose header gives no length, or gives more bytes than there are."""
    if sound.frames > _UNKNOWN_FRAMES:
        raise AudioError(f"{name}: its header does not say how long it is: write it again, to a file, not to a pipe.")
    for promised, found in _LOGGED_LOSS.findall(sound.extra_info):
        if int(found) < int(promised) < _UNKNOWN_BYTES:
            seconds = sound.frames / sound.samplerate
            whole = seconds * int(promised) / max(int(found), 1)
            if whole - seconds > _LOST_SECONDS:
                raise _cut_off(name, seconds, whole)


def _cut_off(name: str, found: float, promised: float) -> AudioError:
    return AudioError(
        f"{name}: is cut off: holds {found:.2f} s of the {promised:.2f} s that its header promises: "
        "copy it again or leave it out."
    )


def _ends_within_ogg_page(content: bytes) -> bool:
    if not content.startswith(b"OggS"):
        return False
    # RFC 3533, section 6: byte 26 of a page counts its segments, whose lengths follow.
    page = content[content.rfind(b"OggS") :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    return len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])


def _refuse_short(name: str, frames: int, rate: int) -> None:
    if frames == 0:
        raise AudioError(f"{name}: holds no samples, expected at least {MIN_SECONDS} s: record or cut it again.")
    milliseconds = 1000 * frames / rate
    if milliseconds < 1000 * MIN_SECONDS:
        raise AudioError(
            f"{name}: lasts {milliseconds:.1f} ms, expected at least {1000 * MIN_SECONDS:.0f} ms: leave it out."
        )


def _refuse_unsound(name: str, samples: npt.NDArray[Any], rate: int) -> None:
    _refuse_short(name, samples.shape[0], rate)
    bad = int(samples.size - np.isfinite(samples).sum())
    if bad:
        raise AudioError(f"{name}: {bad} of {samples.size} samples are NaN or infinite: export the audio again.")


def _validated(name: str, samples: npt.NDArray[Any], rate: int, target_rate: int) -> Waveform:
    _refuse_unsound(name, samples, rate)
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    if rate != target_rate:
        mono = soxr.resample(mono.astype(np.float32), rate, target_rate)
    return np.ascontiguousarray(mono, dtype=np.float32)


def _name(source: object) -> str:
    if isinstance(source, Mapping):
        return str(source.get("path") or "bytes")
    if isinstance(source, str | Path):
        return str(source)
    return str(getattr(source, "name", "bytes"))


def _unreadable(name: str, path: Path, error: Exception) -> AudioError:
    if not path.exists():
        return AudioError(f"{name}: no such file: check the path.")
    if path.is_dir():
        return AudioError(f"{name}: is a folder, expected an audio file.")
    if isinstance(error, OSError):
        return AudioError(f"{name}: cannot be read ({error.strerror}): check its permissions.")
    with path.open("rb") as file:
        return _not_audio(name, file.read(64))


def _not_audio(name: str, head: bytes) -> AudioError:
    if not head:
        return AudioError(f"{name}: the file is empty (0 bytes): copy it again or remove it.")
    if head.startswith(b"version https://git-lfs"):
        return AudioError(f"{name}: is a Git LFS pointer, not audio: run 'git lfs pull'.")
    if head.startswith(_SIGNATURES):
        return AudioError(
            f"{name}: begins as audio (first bytes {head[:4]!r}) but cannot be decoded, "
            "it is damaged or cut off: copy it again or leave it out."
        )
    return AudioError(
        f"{name}: is not audio that can be decoded (first bytes {head[:8]!r}): "
        "expected wav, flac, ogg, opus, mp3 or aiff; convert or remove it."
    )
