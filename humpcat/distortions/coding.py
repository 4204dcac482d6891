"""Codecs at low bit rates, in memory: MP3 and Opus."""

import io
from dataclasses import dataclass
from functools import partial

import av
import numpy as np

from humpcat.distortions.base import Distortion
from humpcat.recording import SAMPLING_RATE, Waveform


@dataclass(frozen=True)
class Coding:
    """A codec at a bit rate.

    Attributes:
        container: as ffmpeg's libraries call it.
        encoder: as ffmpeg's libraries call it.
        bit_rate: bits a second.
        decoded_rate: rate at which the codec is decoded, in Hz.
    """

    container: str
    encoder: str
    bit_rate: int
    decoded_rate: int = SAMPLING_RATE


MP3 = Coding("mp3", "libmp3lame", 32_000)

OPUS = Coding("ogg", "libopus", 16_000, decoded_rate=48_000)
"""Opus is decoded at 48 kHz whatever went in (RFC 6716, section 2)."""


def coded(waveform: Waveform, generator: np.random.Generator, *, coding: Coding) -> Waveform:
    """Return a clip encoded and decoded again, as long as it was and beginning where it began.

    Both containers say how many samples the encoder put before the first and after the last (LAME's header; the
    pre-skip of RFC 7845), and the decoder leaves these out. What a decoder gives beyond the end is cut, what it lacks
    there is silence.

    Args:
        waveform: shape (samples,).
        generator: not used.
        coding: the codec.
    """
    decoded = _decoded(_encoded(waveform, coding))
    length = len(waveform) * coding.decoded_rate // SAMPLING_RATE
    return np.pad(decoded[:length], (0, max(0, length - len(decoded))))


def _encoded(waveform: Waveform, coding: Coding) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=coding.container) as out:
        stream = out.add_stream(coding.encoder, rate=SAMPLING_RATE, layout="mono")
        stream.bit_rate = coding.bit_rate
        frame = av.AudioFrame.from_ndarray(waveform[None].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = SAMPLING_RATE, 0
        wanted = av.AudioResampler(format=stream.codec.audio_formats[0], layout="mono", rate=SAMPLING_RATE)
        for part in [*wanted.resample(frame), *wanted.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return file.getvalue()


def _decoded(content: bytes) -> Waveform:
    with av.open(io.BytesIO(content)) as file:
        frames = [frame.to_ndarray() for frame in file.decode(audio=0)]
    return np.concatenate(frames, axis=1)[0].astype(np.float32)


EXPORT = (
    Distortion("mp3-32k", "MP3 at 32 kbit/s", "codec", partial(coded, coding=MP3), MP3.decoded_rate),
    Distortion("opus-16k", "Opus at 16 kbit/s", "codec", partial(coded, coding=OPUS), OPUS.decoded_rate),
)
