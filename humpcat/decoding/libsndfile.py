"""The first decoder: wav, flac, ogg, opus, mp3, aiff and the like, by libsndfile, with what it passes over refused."""

import io
import re
from pathlib import Path
from typing import BinaryIO

import soundfile

from humpcat.decoding import ffmpeg, sentences
from humpcat.decoding.containers import demuxer
from humpcat.decoding.ffmpeg import Decoded
from humpcat.decoding.limits import most_frames, refuse_rate, refuse_size
from humpcat.errors import AudioError
from humpcat.segment import Segment

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

_OWN = ("wav", "ogg", "aiff", "au", "caf")
"""Containers that libsndfile knows too: what it says of their damage holds, unless it lacks the coding within."""

_UNSUPPORTED_CODING = 4

_FIRST_PAGE = 128
"""Bytes within which an Ogg file names its coding."""

_SAMPLE_DUMP = b"\xf0\x7e"
"""How a MIDI sample dump begins: no recording of speech, and libsndfile prints its faults among what we answer."""


class _Patient:
    """A file that stays where it is when it is sent to a place that no file has.

    A damaged length sends libsndfile there, and an error within its callback would be printed as a traceback.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read, self.tell = file.read, file.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return self._file.tell()


def _opened(file: BinaryIO) -> soundfile.SoundFile:
    start = file.read(len(_SAMPLE_DUMP))
    file.seek(0)
    if start == _SAMPLE_DUMP:
        raise soundfile.SoundFileRuntimeError("a MIDI sample dump")
    return soundfile.SoundFile(_Patient(file))


def decode(name: str, content: bytes) -> Decoded:
    """Decode the bytes of a file, by ffmpeg where libsndfile does not know the format.

    Args:
        name: the file, as messages call it.
        content: its bytes.

    Returns:
        Samples of shape (samples,) or (samples, channels), nominally within -1 to 1, their rate, and container and
        coding in words, such as "WAV PCM_16".

    Raises:
        AudioError: it is not audio, or is damaged or cut off.
    """
    if not content:
        raise sentences.empty(name)
    try:
        with _opened(io.BytesIO(content)) as sound:
            _refuse_unknown_or_lost(name, sound)
            promised, rate, coding = sound.frames, sound.samplerate, f"{sound.format} {sound.subtype}"
            if sound.format == "MP3" and _MP3_LENGTH.search(content[:_HEAD_BYTES]) is None:
                promised = 0
            _refuse_unplausible(name, sound, promised)
            # What the header says of its length is not believed, and so little can be many hours of silence.
            samples = sound.read(min(sound.frames, most_frames(rate, sound.channels)) + 1, dtype="float32")
            refuse_size(name, len(samples), rate, sound.channels)
    except soundfile.SoundFileError as error:
        other = _other_decoder(content, error)
        if other is None:
            raise sentences.not_audio(name, content) from None
        return ffmpeg.decode(name, content, other)
    if promised - len(samples) > _LOST_SECONDS * rate:
        raise sentences.cut_off(name, len(samples) / rate, promised / rate)
    if _ends_within_ogg_page(content):
        raise AudioError(
            f"{name}: is cut off: it ends within a page of Ogg, after {len(samples) / rate:.2f} s: "
            "copy it again or leave it out."
        )
    return samples, rate, coding


def coding(content: bytes) -> str:
    """Return container and coding of the bytes of a file as :func:`decode` does, without decoding them.

    Args:
        content: the bytes.

    Returns:
        Such as "WAV PCM_16"; nothing where libsndfile does not know it.
    """
    try:
        with _opened(io.BytesIO(content)) as sound:
            return f"{sound.format} {sound.subtype}"
    except soundfile.SoundFileError:
        return ""


def decode_part(segment: Segment) -> Decoded | None:
    """Decode a part of a file; None where libsndfile does not know the file's length, or cannot read it.

    Args:
        segment: the part.

    Raises:
        AudioError: the file is visibly cut off, or the part lies beyond it.
    """
    try:
        with sentences.open_file(segment.path, Path(segment.path)) as file:
            sure = _MP3_LENGTH.search(file.read(_HEAD_BYTES)) is not None
            file.seek(0)
            with _opened(file) as sound:
                if not sound.seekable() or (sound.format == "MP3" and not sure):
                    return None
                _refuse_unknown_or_lost(segment.path, sound)
                _refuse_unplausible(segment.path, sound, 0)
                first, last = segment.frames(sound.frames, sound.samplerate)
                refuse_size(segment.address, last - first, sound.samplerate, sound.channels)
                # What comes before a frame of MP3 or Vorbis is needed to decode it.
                before = min(first, round(_RUN_UP * sound.samplerate))
                sound.seek(first - before)
                samples = sound.read(before + last - first, dtype="float32")[before:]
                if last - first - len(samples) > _LOST_SECONDS * sound.samplerate:
                    # Decoding all of it tells how much there is.
                    return None
                return samples, sound.samplerate, f"{sound.format} {sound.subtype}"
    except (OSError, soundfile.SoundFileError):
        return None


def probe(path: Path) -> tuple[float, int, int]:
    """Read seconds, samples per second and channels from a file's header, or from all of it where that is needed.

    Args:
        path: the file.

    Raises:
        AudioError: the file is missing, empty, not audio, or visibly cut off.
    """
    name = str(path)
    try:
        with sentences.open_file(name, path) as file:
            sure = _MP3_LENGTH.search(file.read(_HEAD_BYTES)) is not None
            file.seek(0)
            with _opened(file) as sound:
                _refuse_unknown_or_lost(name, sound)
                _refuse_unplausible(name, sound, 0)
                frames = sound.frames
                if sound.format == "MP3" and not sure:
                    frames = len(sound.read(most_frames(sound.samplerate, sound.channels) + 1, dtype="float32"))
                    refuse_size(name, frames, sound.samplerate, sound.channels)
                sentences.refuse_short(name, frames, sound.samplerate)
                return frames / sound.samplerate, sound.samplerate, sound.channels
    except AudioError:
        raise
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        other = None if not isinstance(error, soundfile.SoundFileError) else _other_decoder(_head(path), error)
        if other is None:
            raise sentences.unreadable(name, path, error) from None
    seconds, rate, channels = ffmpeg.probe(path, other)
    sentences.refuse_short(name, round(seconds * rate), rate)
    return seconds, rate, channels


def _refuse_unplausible(name: str, sound: soundfile.SoundFile, frames: int) -> None:
    refuse_rate(name, sound.samplerate)
    refuse_size(name, frames, sound.samplerate, sound.channels)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(ffmpeg.HEAD_BYTES)


def _other_decoder(content: bytes, error: soundfile.SoundFileError) -> str | None:
    """Return the demuxer that reads what libsndfile refused, None where its refusal holds."""
    name = demuxer(content[: ffmpeg.HEAD_BYTES])
    lacking = getattr(error, "code", None) == _UNSUPPORTED_CODING or "unimplemented" in str(error)
    return None if name in _OWN and not lacking and not _of_another_coding(content) else name


def _of_another_coding(content: bytes) -> bool:
    """Return whether an Ogg file holds a coding that libsndfile takes for damage, such as FLAC."""
    return content.startswith(b"OggS") and not any(mark in content[:_FIRST_PAGE] for mark in (b"vorbis", b"OpusHead"))


def _refuse_unknown_or_lost(name: str, sound: soundfile.SoundFile) -> None:
    """Refuse a file whose header gives no length, or gives more bytes than there are."""
    if sound.frames > _UNKNOWN_FRAMES:
        raise AudioError(f"{name}: its header does not say how long it is: write it again, to a file, not to a pipe.")
    for promised, found in _LOGGED_LOSS.findall(sound.extra_info):
        if int(found) < int(promised) < _UNKNOWN_BYTES:
            seconds = sound.frames / sound.samplerate
            whole = seconds * int(promised) / max(int(found), 1)
            if whole - seconds > _LOST_SECONDS:
                raise sentences.cut_off(name, seconds, whole)


def _ends_within_ogg_page(content: bytes) -> bool:
    if not content.startswith(b"OggS"):
        return False
    # RFC 3533, section 6: byte 26 of a page counts its segments, whose lengths follow.
    page = content[content.rfind(b"OggS") :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    return len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])
