"""Recordings as phones, browsers and old recorders make them, encoded by PyAV."""

import io

import av
import numpy as np
import pytest

RATE = 16_000

# Container and coding by ending, and the rate that the coding wants.
CODINGS = {
    ".m4a": ("ipod", "aac", 44_100),
    ".mp4": ("mp4", "aac", 48_000),
    ".mov": ("mov", "alac", 16_000),
    ".3gp": ("3gp", "amr_nb", 8_000),
    ".webm": ("webm", "libopus", 48_000),
    ".mkv": ("matroska", "aac", 16_000),
    ".aac": ("adts", "aac", 16_000),
    ".wma": ("asf", "wmav2", 44_100),
    ".amr": ("amr", "amr_nb", 8_000),
    ".avi": ("avi", "libmp3lame", 16_000),
    ".flv": ("flv", "aac", 44_100),
    ".ts": ("mpegts", "aac", 44_100),
    ".caf": ("caf", "alac", 16_000),
    ".wv": ("wv", "wavpack", 16_000),
}
VIDEOS = (".mp4", ".mov", ".mkv", ".avi")


def recorded(samples: np.ndarray, ending: str, *, video: bool = False, sound: bool = True) -> bytes:
    """Return the bytes of a recording.

    Args:
        samples: shape (samples,) or (channels, samples), 16 kHz, floats.
        ending: a key of ``CODINGS``.
        video: whether there is a picture.
        sound: whether there is sound.
    """
    container, coding, rate = CODINGS[ending]
    if not _can_encode(coding):
        pytest.skip(f"this PyAV decodes {coding} and cannot encode it")
    planes = np.atleast_2d(samples).astype(np.float32)
    layout = "mono" if len(planes) == 1 else "stereo"
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        # All streams first: the header is written with the first packet.
        picture = _picture(out) if video else None
        stream = out.add_stream(coding, rate=rate, layout=layout) if sound else None
        if stream is not None:
            stream.bit_rate = 12_200 if coding == "amr_nb" else 128_000
        if picture is not None:
            for _ in range(5):
                out.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
            out.mux(picture.encode(None))
        if stream is not None:
            frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = RATE, 0
            wanted = av.AudioResampler(format=stream.codec.audio_formats[0], layout=layout, rate=rate)
            for part in [*wanted.resample(frame), *wanted.resample(None)]:
                out.mux(stream.encode(part))
            out.mux(stream.encode(None))
    return file.getvalue()


def _can_encode(coding: str) -> bool:
    try:
        return av.Codec(coding, "w").is_encoder
    except av.codec.codec.UnknownCodecError:
        return False


def _picture(out: av.container.OutputContainer) -> av.VideoStream:
    stream = out.add_stream("mpeg4", rate=10)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
    return stream
