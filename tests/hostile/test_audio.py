"""Whatever is named as audio is answered or refused in one sentence, at once and in bounded memory."""

import contextlib
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
import torch

from humpcat import audio
from humpcat.decoding import libsndfile, limits
from humpcat.errors import AudioError

RATE = 16_000
NOISE = (0.1 * np.random.default_rng(0).normal(size=RATE)).astype(np.float32)


def refusal(source: Any) -> str:
    with pytest.raises(AudioError) as caught:
        audio.load(source)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "a.wav")
    return str(folder / "a.wav")


def plug(folder: Path) -> str:
    here = Path.cwd()
    # The address of a socket is short.
    os.chdir(folder)
    socket.socket(socket.AF_UNIX).bind("a.wav")
    os.chdir(here)
    return str(folder / "a.wav")


def link_to_itself(folder: Path) -> str:
    (folder / "a.wav").symlink_to("a.wav")
    return str(folder / "a.wav")


def link_to_nothing(folder: Path) -> str:
    (folder / "a.wav").symlink_to("b.wav")
    return str(folder / "a.wav")


@pytest.mark.parametrize("door", [audio.load, audio.probe, audio.fingerprint], ids=lambda door: door.__name__)
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (pipe, "is a pipe, expected an audio file"),
        (plug, "is a socket, expected an audio file"),
        (lambda _: "/dev/zero", "is a device, expected an audio file"),
        (link_to_itself, "is a link that leads back to itself"),
        (link_to_nothing, "no such file"),
        (lambda folder: str(folder), "is a folder, expected an audio file"),
        (lambda folder: str(folder / "a" / "b.wav"), "no such file"),
        (lambda folder: str(folder / ("x" * 5000)), "the path is too long"),
        (lambda folder: f"{folder}/a\0b.wav", "holds a NUL"),
    ],
)
def test_what_is_no_file_is_refused_at_once(
    make: Callable[[Path], str], sentence: str, door: Callable[[str], Any], tmp_path: Path
) -> None:
    with pytest.raises(AudioError, match=sentence):
        door(make(tmp_path))


def test_a_good_file_beside_a_pipe_is_answered(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "good.wav", NOISE, RATE)
    (tmp_path / "bad").mkdir()
    from humpcat.features.extraction import extract
    from humpcat.features.mfcc import Mfcc
    from humpcat.features.store import FeatureStore

    paths = {"good": str(tmp_path / "good.wav"), "bad": pipe(tmp_path / "bad")}
    stored = extract(paths, [Mfcc()], FeatureStore(tmp_path / "store"), show_progress=False, max_bad_share=0.5)
    assert list(stored.entries) == ["good"]
    assert "is a pipe" in stored.bad["bad"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", NOISE, RATE)
    (tmp_path / "a.wav").chmod(0)
    assert "cannot be read (Permission denied)" in refusal(tmp_path / "a.wav")
    (tmp_path / "folder").mkdir()
    soundfile.write(tmp_path / "folder" / "a.wav", NOISE, RATE)
    (tmp_path / "folder").chmod(0)
    assert "cannot be read (Permission denied)" in refusal(tmp_path / "folder" / "a.wav")
    (tmp_path / "folder").chmod(0o700)


@pytest.mark.parametrize("rate", [1, 999, 768_001, 10**12, -16_000, 0, True, float("nan"), 16_000.5, "16000", None])
def test_a_rate_that_no_recording_has(rate: Any) -> None:
    assert "sampling rate" in refusal({"array": NOISE, "sampling_rate": rate})


def test_a_file_whose_header_has_such_a_rate(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", NOISE, RATE)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[24:28] = struct.pack("<I", 1)
    assert "sampling rate 1 found, expected a whole number of Hz from 1000 to 768000" in refusal(bytes(content))


@pytest.mark.parametrize("name", ["a.flac", "a.wav", "a.ogg"])
def test_hours_in_a_small_file_are_refused_before_they_are_decoded(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / name, np.zeros(60 * RATE, dtype=np.float32), RATE)
    monkeypatch.setattr(limits, "MOST_VALUES", 30 * RATE)
    asked: list[int] = []

    class Watched(soundfile.SoundFile):
        def read(self, frames: int = -1, **options: Any) -> Any:
            asked.append(frames)
            return super().read(frames, **options)

    monkeypatch.setattr(libsndfile.soundfile, "SoundFile", Watched)
    assert "cut it into parts" in refusal(tmp_path / name)
    assert all(0 < frames <= 30 * RATE + 1 for frames in asked)


def test_flac_within_ogg(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    with av.open(str(path), "w", format="ogg") as file:
        stream = file.add_stream("flac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray((32_767 * NOISE).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            # The last one holds the length alone, for which Ogg has no place.
            if packet.size:
                file.mux(packet)
    assert audio.load(path) == pytest.approx(NOISE, abs=1e-3)
    assert audio.probe(path).duration == pytest.approx(1)


@pytest.mark.parametrize(
    "source", [{"bytes": 3}, {"bytes": 10**15}, {"bytes": "x"}, {"bytes": [1]}, {1: 2, "a": 3}], ids=str
)
def test_mappings_that_hold_no_audio(source: dict) -> None:
    assert "mapping with" in refusal(source)


def test_more_channels_than_any_recording_has() -> None:
    assert "has 100 channels, expected at most 64" in refusal(
        {"array": np.tile(NOISE, (100, 1)), "sampling_rate": RATE}
    )


@pytest.mark.parametrize(
    "array",
    [
        np.where(np.arange(RATE) == 5, 1e19, NOISE),
        np.full(RATE, 1e300),
        np.full(RATE, np.nan),
        np.full(RATE, np.inf, dtype=np.float32),
        [int(value) for value in 20_000 * NOISE],
        (20_000 * NOISE).astype(np.int32),
        (20_000 * NOISE).astype(np.int64),
        NOISE.astype(np.complex64),
        np.array(["a"] * RATE),
        np.array([1, None]),
        NOISE > 0,
        np.zeros((2, 2, RATE)),
        np.zeros(0),
        [[1, 2], [3]],
        None,
    ],
    ids=lambda value: f"{type(value).__name__} {getattr(value, 'dtype', '')}",
)
def test_samples_that_mean_nothing(array: Any) -> None:
    refusal({"array": array, "sampling_rate": RATE})


@pytest.mark.parametrize(
    "array",
    [torch.tensor(NOISE, requires_grad=True), torch.tensor(NOISE).bfloat16(), torch.tensor(NOISE).double()],
    ids=["gradient", "bfloat16", "float64"],
)
def test_tensors_of_any_kind(array: torch.Tensor) -> None:
    assert audio.load({"array": array, "sampling_rate": RATE}) == pytest.approx(NOISE, abs=2e-3)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind(kind: type, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", NOISE, RATE, subtype="FLOAT")
    assert audio.load(kind((tmp_path / "a.wav").read_bytes())) == pytest.approx(NOISE)


@pytest.mark.parametrize(
    ("name", "rate", "options"),
    [
        ("a.wav", 8000, {"subtype": "GSM610"}),
        ("a.wav", RATE, {"subtype": "IMA_ADPCM"}),
        ("a.wav", RATE, {"subtype": "MS_ADPCM"}),
        ("a.wav", RATE, {"subtype": "ULAW"}),
        ("a.aiff", RATE, {"subtype": "PCM_24"}),
        ("a.au", RATE, {"subtype": "ALAW"}),
        ("a.ogg", RATE, {"subtype": "OPUS"}),
    ],
)
def test_codings_that_cannot_be_sought_in(name: str, rate: int, options: dict[str, str], tmp_path: Path) -> None:
    soundfile.write(tmp_path / name, NOISE, rate, **options)
    assert len(audio.load(tmp_path / name)) == pytest.approx(RATE * RATE / rate, rel=0.02)
    assert audio.probe(tmp_path / name).duration == pytest.approx(RATE / rate, rel=0.02)


def test_hours_at_a_low_rate_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    # At a rate of 1 kHz a file within the largest number of samples would be sixteen times that at 16 kHz.
    soundfile.write(tmp_path / "a.flac", NOISE, 1000)
    content = bytearray((tmp_path / "a.flac").read_bytes())
    frames = 100 * 3600 * 1000
    # The 36 bits of STREAMINFO that say how many samples there are.
    content[21] = (content[21] & 0xF0) | (frames >> 32)
    content[22:26] = struct.pack(">I", frames & 0xFFFFFFFF)
    assert "lasts 100.0 h or more (1 x 1000 Hz), expected at most 18.0 h: cut it into parts" in refusal(bytes(content))


def flac_of(seconds: float, path: Path) -> Path:
    """Write a second of sound whose header says that it is longer."""
    soundfile.write(path, NOISE, RATE)
    content = bytearray(path.read_bytes())
    content[22:26] = struct.pack(">I", round(seconds * RATE))
    path.write_bytes(content)
    return path


def test_a_part_of_a_file_that_says_to_be_longer_than_any(tmp_path: Path) -> None:
    path = flac_of(70 * 3600, tmp_path / "a.flac")
    assert "cut it into parts" in refusal(f"{path}#t=0.1")
    assert len(audio.load(f"{path}#t=0.1,0.5")) == 0.4 * RATE


def test_a_part_that_is_not_all_there_is_refused(tmp_path: Path) -> None:
    path = flac_of(3, tmp_path / "a.flac")
    assert "damaged or cut off" in refusal(f"{path}#t=0.5,2") or "is cut off" in refusal(f"{path}#t=0.5,2")


def test_memory_that_ends_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise MemoryError("std::bad_alloc")

    soundfile.write(tmp_path / "a.wav", NOISE, 8000)
    monkeypatch.setattr("humpcat.recording.soxr.resample", fail)
    assert "a.wav: needs more memory than there is: cut it into parts" in refusal(tmp_path / "a.wav")
    monkeypatch.setattr(libsndfile, "decode", fail)
    assert "a.wav: needs more memory than there is: cut it into parts" in refusal(tmp_path / "a.wav")


@pytest.mark.parametrize("door", [audio.load, audio.probe], ids=lambda door: door.__name__)
@pytest.mark.parametrize("place", [b"stsz", b"trun"])
def test_a_table_that_counts_more_samples_than_the_file_holds(
    place: bytes, door: Callable[[Path], Any], tmp_path: Path
) -> None:
    from .generator.audio import write_ffmpeg

    path = tmp_path / "a.m4a"
    if not write_ffmpeg(path, "ipod", "aac"):
        pytest.skip("this wheel of av writes no AAC")
    content = bytearray(path.read_bytes())
    start = content.index(b"stsz")
    if place == b"stsz":
        content[start + 8 : start + 16] = struct.pack(">II", 1, 80_000_000)
    else:
        run = struct.pack(">I4sII", 16, b"trun", 0, 80_000_000)
        traf = struct.pack(">I4s", 8 + len(run), b"traf") + run
        content += struct.pack(">I4s", 8 + len(traf), b"moof") + traf
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"a.m4a: counts 80000000 samples in \d+ bytes"):
        door(path)


@pytest.mark.parametrize("door", [audio.load, audio.probe], ids=lambda door: door.__name__)
def test_a_wild_length_prints_no_traceback(door: Callable[[Path], Any], tmp_path: Path, capfd: Any) -> None:
    path = tmp_path / "a.w64"
    soundfile.write(path, NOISE, RATE, format="W64")
    content = bytearray(path.read_bytes())
    start = content.index(b"data")
    content[start + 16 : start + 24] = struct.pack("<Q", 2**63 - 1)
    path.write_bytes(content)
    with contextlib.suppress(AudioError):
        door(path)
    assert "Traceback" not in capfd.readouterr().err


def test_a_sample_dump_is_no_audio_and_prints_nothing(tmp_path: Path, capfd: Any) -> None:
    soundfile.write(tmp_path / "a.sds", NOISE, RATE, format="SDS", subtype="PCM_16")
    content = bytearray((tmp_path / "a.sds").read_bytes())
    content[-40:] = bytes(40)
    capfd.readouterr()
    assert "is not audio that can be decoded" in refusal(bytes(content))
    assert capfd.readouterr().out == ""
