import hashlib
import io
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from humpcat import audio
from humpcat.errors import AudioError

RATE = 16_000
SECONDS = 2.0

# Coding, ending that it should have, a wrong one, and how closely it keeps the samples.
CODINGS = [
    ("WAV", "PCM_16", ".flac", 1e-4),
    ("WAV", "PCM_24", ".mp3", 1e-6),
    ("WAV", "PCM_32", ".ogg", 1e-6),
    ("WAV", "FLOAT", ".aiff", 1e-7),
    ("FLAC", "PCM_16", ".wav", 1e-4),
    ("OGG", "VORBIS", ".wav", 0.05),
    ("OGG", "OPUS", ".wav", 0.05),
    ("MP3", "MPEG_LAYER_III", ".wav", 0.05),
    ("AIFF", "PCM_16", ".wav", 1e-4),
]


def tone(rate: int = RATE, seconds: float = SECONDS, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def encoded(samples: np.ndarray, rate: int = RATE, format: str = "WAV", subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format, subtype=subtype)
    return file.getvalue()


def refusal(source: object, **settings: object) -> str:
    with pytest.raises(AudioError) as caught:
        audio.load(source, **settings)
    return str(caught.value)


@pytest.mark.parametrize(("format", "subtype", "ending", "tolerance"), CODINGS)
def test_decodes_by_content_under_a_wrong_ending(tmp_path, format, subtype, ending, tolerance):
    path = tmp_path / f"clip{ending}"
    path.write_bytes(encoded(tone(), format=format, subtype=subtype))
    samples = audio.load(path)
    assert samples.dtype == np.float32
    assert samples.shape == (RATE * SECONDS,)
    # Lossy coders ring at the onset.
    middle = slice(RATE // 4, -RATE // 4)
    assert np.abs(samples[middle] - tone()[middle]).max() < tolerance
    info = audio.probe(path)
    assert (info.duration, info.sampling_rate, info.channels) == (pytest.approx(SECONDS), RATE, 1)


def test_every_form_of_one_clip_gives_the_same_samples(tmp_path):
    content = encoded(tone(), subtype="FLOAT")
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    array = tone().astype(np.float32)
    wanted = audio.load(path)
    forms = [
        str(path),
        content,
        bytearray(content),
        io.BytesIO(content),
        {"path": str(path), "bytes": None},
        {"path": None, "bytes": content},
        {"array": array, "sampling_rate": RATE},
        {"raw": array, "sampling_rate": RATE},
        {"path": "clip.wav", "array": array, "sampling_rate": RATE},
    ]
    for form in forms:
        np.testing.assert_array_equal(audio.load(form), wanted)
    np.testing.assert_array_equal(audio.load(array, sampling_rate=RATE), wanted)
    with path.open("rb") as file:
        np.testing.assert_array_equal(audio.load(file), wanted)


def test_stereo_becomes_the_mean_of_its_channels():
    left, right = tone(hertz=300), tone(hertz=500)
    stereo = np.stack([left, right], axis=1)
    from_file = audio.load(encoded(stereo, subtype="FLOAT"))
    np.testing.assert_allclose(from_file, (left + right) / 2, atol=1e-6)
    np.testing.assert_allclose(audio.load(stereo, sampling_rate=RATE), from_file, atol=1e-6)
    np.testing.assert_allclose(audio.load(stereo.T, sampling_rate=RATE), from_file, atol=1e-6)


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000, 44_100, 48_000])
def test_resampling_keeps_a_tone_a_tone(rate):
    samples = audio.load(encoded(tone(rate), rate, subtype="FLOAT"))
    assert samples.shape == (RATE * SECONDS,)
    middle = slice(RATE // 4, -RATE // 4)
    assert np.abs(samples[middle] - tone()[middle]).max() < 1e-3


def test_rates_do_not_carry_over_from_one_file_to_the_next():
    lengths = [len(audio.load(encoded(tone(rate), rate))) for rate in (48_000, 8_000, 16_000, 44_100)]
    assert lengths == [RATE * SECONDS] * 4


def test_other_target_rate():
    assert len(audio.load(tone(), sampling_rate=RATE, target_rate=8_000)) == 8_000 * SECONDS


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.uint8])
def test_integer_arrays_are_scaled(kind):
    bits = np.iinfo(kind)
    middle = 0 if bits.min < 0 else 128
    pcm = (tone() * (bits.max - middle) + middle).astype(kind)
    np.testing.assert_allclose(audio.load(pcm, sampling_rate=RATE), tone(), atol=0.02)


def test_name_that_is_not_ascii(tmp_path):
    path = tmp_path / "grüße 你好 ñ.wav"
    path.write_bytes(encoded(tone()))
    assert len(audio.load(path)) == RATE * SECONDS
    assert audio.probe(path).duration == SECONDS


@pytest.mark.parametrize(
    ("container", "coding"),
    [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16"), ("WAV", "PCM_24"), ("CAF", "FLOAT")],
)
def test_a_clip_is_one_clip_in_every_file_that_keeps_its_samples(tmp_path, container, coding):
    samples = np.round(tone() * 32_000) / 32_768
    first, second = tmp_path / "first.wav", tmp_path / f"second.{container.lower()}"
    soundfile.write(first, samples, RATE, subtype="PCM_16")
    soundfile.write(second, samples, RATE, format=container, subtype=coding)
    array = samples.astype(np.float32)
    assert audio.fingerprint(first) == audio.fingerprint(second) == audio.fingerprint(first.read_bytes())
    assert audio.fingerprint(first) == audio.fingerprint(array, sampling_rate=RATE)
    longer = tmp_path / "longer.wav"
    soundfile.write(longer, np.concatenate([samples, samples[::-1], samples]), RATE, subtype="PCM_16")
    seconds = len(samples) / RATE
    assert audio.fingerprint(f"{longer}#t={2 * seconds}") == audio.fingerprint(first)
    assert audio.fingerprint(f"{longer}#t={seconds},{2 * seconds}") != audio.fingerprint(first)


def test_what_is_other_samples_is_another_clip(tmp_path):
    samples = tone()
    kinds = {
        "as it is": (samples, RATE),
        "one bit": (samples + np.eye(1, len(samples))[0] / 32_768, RATE),
        "another rate": (samples, 8_000),
        "two channels": (np.stack([samples, samples], axis=1), RATE),
        "less": (samples[:-1], RATE),
    }
    found = set()
    for name, (values, rate) in kinds.items():
        soundfile.write(tmp_path / f"{name}.wav", values, rate, subtype="PCM_16")
        found.add(audio.fingerprint(tmp_path / f"{name}.wav"))
    assert len(found) == len(kinds)


def test_of_a_lossy_file_the_bytes_count(tmp_path):
    soundfile.write(tmp_path / "a.mp3", tone(), RATE, format="MP3")
    content = (tmp_path / "a.mp3").read_bytes()
    assert audio.fingerprint(tmp_path / "a.mp3") == hashlib.blake2b(content, digest_size=16).hexdigest()
    assert audio.fingerprint(b"no audio") == hashlib.blake2b(b"no audio", digest_size=16).hexdigest()


def test_fingerprint_follows_the_content_and_not_the_name(tmp_path):
    first, second = tmp_path / "a.wav", tmp_path / "b.flac"
    first.write_bytes(encoded(tone()))
    shutil.copy(first, second)
    assert audio.fingerprint(first) == audio.fingerprint(second) == audio.fingerprint(first.read_bytes())
    assert audio.fingerprint(first) != audio.fingerprint(encoded(tone(hertz=441)))
    array = tone()
    assert audio.fingerprint(array, sampling_rate=RATE) == audio.fingerprint({"array": array, "sampling_rate": RATE})
    assert audio.fingerprint(array, sampling_rate=RATE) != audio.fingerprint(array, sampling_rate=8_000)


def test_missing_file(tmp_path):
    path = tmp_path / "none.wav"
    expected = f"{path}: no such file: check the path."
    assert refusal(path) == expected
    with pytest.raises(AudioError, match=re.escape(expected)):
        audio.probe(path)


def test_folder(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path}: is a folder, expected an audio file."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty (0 bytes): copy it again or remove it."),
        (
            b"Dear diary, today I renamed you.",
            "is not audio that can be decoded (first bytes b'Dear dia'): "
            "expected wav, flac, ogg, opus, mp3, aiff, m4a, mp4, webm, aac, wma or amr; convert or remove it.",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
            "is a Git LFS pointer, not audio: run 'git lfs pull'.",
        ),
        (
            encoded(tone())[:20],
            "begins as audio (first bytes b'RIFF') but cannot be decoded, it is damaged or cut off: "
            "copy it again or leave it out.",
        ),
        (encoded(tone()[:0]), "holds no samples, expected at least 0.025 s: record or cut it again."),
        (encoded(tone()[:160]), "lasts 10.0 ms, expected at least 25 ms: leave it out."),
    ],
)
def test_unusable_files_are_refused_by_load_and_probe_alike(tmp_path, content, reason):
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    assert refusal(path) == f"{path}: {reason}"
    with pytest.raises(AudioError) as caught:
        audio.probe(path)
    assert str(caught.value) == f"{path}: {reason}"


@pytest.mark.parametrize(("format", "subtype"), [coding[:2] for coding in CODINGS])
def test_no_coding_passes_when_cut_off(format, subtype):
    content = encoded(tone(seconds=10), format=format, subtype=subtype)
    for share in (0.3, 0.6, 0.9):
        assert "cut off" in refusal(content[: int(len(content) * share)])


@pytest.mark.parametrize("format", ["WAV", "AIFF", "AU", "W64"])
def test_cut_off_is_seen_in_the_header_alone(tmp_path, format):
    content = encoded(tone(), format=format)
    path = tmp_path / "clip.wav"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(AudioError, match=r"is cut off: holds 1\.00 s of the 2\.00 s that its header promises"):
        audio.probe(path)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF - 36])
def test_wav_from_a_pipe_is_read_to_its_end(size):
    content = bytearray(encoded(tone()))
    content[40:44] = size.to_bytes(4, "little")
    assert len(audio.load(bytes(content))) == RATE * SECONDS


def test_flac_from_a_pipe_is_refused():
    content = bytearray(encoded(tone(), format="FLAC"))
    # The lower 36 bits here count the samples; 0 is for unknown.
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    assert refusal(bytes(content)) == (
        "bytes: its header does not say how long it is: write it again, to a file, not to a pipe."
    )


def test_mp3_without_its_length_is_measured(tmp_path):
    generator = np.random.default_rng(0)
    silence_first = np.concatenate([np.zeros(5 * RATE), generator.normal(0, 0.2, 5 * RATE), tone(seconds=10)])
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", RATE, 1, format="MP3", bitrate_mode="VARIABLE", compression_level=0.5) as mp3:
        mp3.write(silence_first)
    content = file.getvalue()
    path = tmp_path / "clip.mp3"
    path.write_bytes(content[content.index(content[:2], 4) :])
    assert soundfile.info(path).duration > 25
    assert audio.probe(path).duration == pytest.approx(20, abs=0.2)
    assert len(audio.load(path)) == pytest.approx(20 * RATE, abs=0.2 * RATE)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_not_finite(bad):
    samples = tone()
    samples[7] = bad
    assert refusal(samples, sampling_rate=RATE) == (
        "array: 1 of 32000 samples are NaN or infinite: export the audio again."
    )
    assert "NaN or infinite" in refusal(encoded(samples, subtype="FLOAT"))


def test_array_without_its_rate():
    assert refusal(tone()) == (
        "array of shape (32000,): its sampling rate is not known: pass {'array': samples, 'sampling_rate': rate}."
    )
    assert refusal({"array": tone()}) == refusal(tone())


@pytest.mark.parametrize("rate", [0, -16_000, 16, 16_000.5, float("nan"), "16000"])
def test_array_at_an_impossible_rate(rate):
    assert refusal(tone(), sampling_rate=rate) == (
        f"array of shape (32000,): sampling rate {rate!r} found, expected a whole number of Hz from 1000 to 768000: "
        "say the rate that it was recorded at, or write it again."
    )


def test_a_rate_that_a_table_made_a_float():
    whole = audio.load(tone(), sampling_rate=8_000)
    for rate in (8_000.0, np.float64(8_000), np.int64(8_000)):
        np.testing.assert_array_equal(audio.load(tone(), sampling_rate=rate), whole)


@pytest.mark.parametrize("array", [np.zeros((2, 2, 2)), np.array(["a"]), np.zeros(4, dtype=complex)])
def test_array_that_is_not_a_waveform(array):
    assert refusal(array, sampling_rate=RATE) == (
        f"array of shape {array.shape} and type {array.dtype}: expected numbers of shape (samples,), "
        "(channels, samples) or (samples, channels)."
    )


@pytest.mark.parametrize("clip", [5, 1.5, ["a.wav"], np.array(["a.wav", "b.wav"])])
def test_what_is_no_clip(clip):
    assert refusal(clip) == (
        f"{type(clip).__name__} found, expected a path, bytes, a file object, or an array of samples with its "
        "sampling rate; several clips come as a list of these."
    )


def test_rate_given_for_a_file():
    assert refusal(encoded(tone()), sampling_rate=8_000) == (
        "bytes: sampling_rate=8000 was given for a file, which carries its own: leave it out."
    )


def test_mapping_without_audio():
    assert refusal({"text": "hello"}) == (
        "mapping with keys ['text']: expected 'array' and 'sampling_rate', or 'bytes', or 'path'."
    )


def test_text_stream():
    assert refusal(io.StringIO("RIFF")).endswith("found a text stream, expected bytes: open the file in binary mode.")


def test_file_without_permission(tmp_path, monkeypatch):
    path = tmp_path / "clip.wav"
    path.write_bytes(encoded(tone()))

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert refusal(path) == f"{path}: cannot be read (Permission denied): check its permissions."
