import io
import subprocess
import sys
import wave
from contextlib import suppress

import numpy as np
import pytest

from humpcat import audio
from humpcat.errors import AudioError

from ..recordings import CODINGS, RATE, VIDEOS, recorded

SECONDS = 2.0


def chirp(seconds: float = SECONDS) -> np.ndarray:
    """Return a tone that rises and falls, so that a shift in time shows."""
    time = np.arange(round(RATE * seconds)) / RATE
    return (0.4 * np.sin(2 * np.pi * (300 * time + 40 * np.sin(3 * time)))).astype(np.float32)


def refusal(source: object) -> str:
    with pytest.raises(AudioError) as caught:
        audio.load(source)
    return str(caught.value)


@pytest.mark.parametrize("ending", CODINGS)
def test_what_phones_and_browsers_record_is_decoded_by_content(tmp_path, ending):
    path = tmp_path / "clip.wav"
    path.write_bytes(recorded(chirp(), ending))
    samples, info = audio.load(path), audio.probe(path)
    assert samples.dtype == np.float32
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.15)
    assert info.duration == pytest.approx(len(samples) / RATE, abs=0.15)
    assert (info.sampling_rate, info.channels) == (audio.read(path).sampling_rate, audio.read(path).channels)
    # Coders fill up their first frame: where the clip begins is found again.
    middle = chirp()[8_000:24_000]
    likeness = np.correlate(samples, middle, mode="valid")
    found = samples[int(likeness.argmax()) :][:16_000]
    assert np.corrcoef(found, middle)[0, 1] > 0.9
    assert np.abs(found).max() == pytest.approx(0.4, rel=0.15)
    assert path.suffix in audio.SUFFIXES
    assert ending in audio.SUFFIXES


@pytest.mark.parametrize("ending", VIDEOS)
def test_the_sound_of_a_video(ending, tmp_path):
    content = recorded(chirp(), ending, video=True)
    assert len(audio.load(content)) / RATE == pytest.approx(SECONDS, abs=0.15)
    (tmp_path / "silent").write_bytes(recorded(chirp(), ending, video=True, sound=False))
    sentence = f"{tmp_path}/silent: holds no sound, only video: expected a recording with sound."
    assert refusal(tmp_path / "silent") == sentence
    with pytest.raises(AudioError) as caught:
        audio.probe(tmp_path / "silent")
    assert str(caught.value) == sentence


def test_channels_keep_apart():
    stereo = np.stack([chirp(), np.zeros_like(chirp())])
    recording = audio.read(recorded(stereo, ".m4a"))
    assert recording.channels == 2
    left, right = recording.waveform(channel="left"), recording.waveform(channel="right")
    assert (np.abs(left).max() > 0.3, np.abs(right).max() < 0.01) == (True, True)
    assert recording.coding == "MOV aac"


@pytest.mark.parametrize("ending", [".m4a", ".mp4", ".mov", ".3gp", ".wma", ".webm", ".mkv", ".caf"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7])
def test_what_is_cut_off_or_damaged_is_one_sentence(ending, share, tmp_path):
    content = recorded(chirp(4.0), ending)
    path = tmp_path / "clip"
    path.write_bytes(content[: int(len(content) * share)])
    sentence = refusal(path)
    assert sentence.startswith(f"{path}: ")
    assert "cut off" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("ending", CODINGS)
def test_garbage_behind_a_true_beginning_is_never_a_traceback(ending, tmp_path):
    content = recorded(chirp(), ending)
    noise = np.random.default_rng(0).integers(0, 256, len(content), dtype=np.uint8).tobytes()
    path = tmp_path / "clip"
    for begin in (12, 40, 400):
        path.write_bytes(content[:begin] + noise)
        for reads in (audio.load, audio.probe):
            with suppress(AudioError):
                reads(path)


@pytest.mark.parametrize("ending", CODINGS)
def test_whatever_is_damaged_is_one_sentence(ending, tmp_path):
    content, rng = recorded(chirp(0.5), ending), np.random.default_rng(0)
    path = tmp_path / "clip"
    for number in range(30):
        damaged = bytearray(content)
        if number % 2:
            place = int(rng.integers(len(damaged)))
            damaged[place : place + int(rng.integers(1, 200))] = b""
        else:
            for place in rng.integers(min(400, len(damaged)), size=5):
                damaged[place] = int(rng.integers(256))
        path.write_bytes(bytes(damaged))
        for reads in (audio.load, audio.probe):
            with suppress(AudioError):
                reads(path)


def test_a_seek_before_the_beginning_is_damage(monkeypatch):
    def backwards(*_: object, **__: object) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr("av.open", backwards)
    assert "damaged or cut off" in refusal(recorded_before)


def test_a_play_list_opens_nothing(tmp_path):
    (tmp_path / "secret.aac").write_bytes(recorded(chirp(), ".aac"))
    for text in (
        f"#EXTM3U\n#EXTINF:2,\n{tmp_path}/secret.aac\n",
        f"ffconcat version 1.0\nfile {tmp_path}/secret.aac\n",
    ):
        assert "is not audio that can be decoded" in refusal(text.encode())


def test_a_coding_that_libsndfile_lacks_in_a_container_that_it_knows():
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8_000)
        out.writeframes(bytes(16_000))
    content = bytearray(file.getvalue())
    # 0x11 with four bits a sample would be ADPCM of IMA; 0x45 is G.726, 0x0050 MPEG.
    content[20:22] = (0x50).to_bytes(2, "little")
    assert "damaged or cut off" in refusal(bytes(content))


def test_the_second_decoder_is_imported_for_its_own_files_only():
    code = (
        "import io, sys, numpy as np, soundfile; from humpcat import audio; file = io.BytesIO();"
        "soundfile.write(file, np.zeros(8000), 16_000, format='WAV'); audio.load(file.getvalue());"
        "assert 'av' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_the_package(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "av", None)
    path = tmp_path / "clip.m4a"
    path.write_bytes(recorded_before)
    sentence = refusal(path)
    assert sentence.startswith(f"{path}: cannot be decoded without the package av, which cannot be imported (")
    assert sentence.endswith("): run pip install av, or convert the file to wav.")


recorded_before = recorded(chirp(0.5), ".m4a")


def test_a_title_in_another_encoding_is_no_fault() -> None:
    content = recorded(chirp(0.5), ".wma")
    # The comment that ffmpeg writes itself, in UTF-16, with half a character in it.
    mark = "Lavf".encode("utf-16-le")
    assert mark in content
    broken = content.replace(mark, b"\x00\xd8" + mark[2:])
    assert len(audio.read(broken).samples) == len(audio.read(content).samples)
