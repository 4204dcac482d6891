import numpy as np
import pytest
import soundfile

from humpcat import audio
from humpcat.errors import AudioError

RATE = 16_000


def voice() -> np.ndarray:
    return (0.4 * np.sin(np.arange(RATE) / 9)).astype(np.float32)


def refusal(samples: object) -> str:
    with pytest.raises(AudioError) as caught:
        audio.load({"array": samples, "sampling_rate": RATE})
    return str(caught.value)


@pytest.mark.parametrize(
    ("scale", "mend"),
    [
        (2**15, "they seem to be values of 16 bits: divide them by 32768."),
        (2**23, "they seem to be values of 24 bits: divide them by 8388608."),
        (2**31, "they seem to be values of 32 bits: divide them by 2147483648."),
        (
            2**7,
            "divide them by 128 if they are values of 8 bits (subtract 128 first where that is silence), by 32768 if "
            "they are of 16.",
        ),
        (1e19, "export the audio again."),
    ],
)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats_at_the_scale_of_whole_numbers_are_refused(scale, mend, kind):
    samples = (voice() * scale).astype(kind)
    peak = f"{float(np.abs(samples).max()):.6g}"
    assert refusal(samples) == f"array: samples reach {peak}, expected floats within -1 to 1: {mend}"
    assert refusal(np.stack([samples, samples])) == refusal(samples)
    assert refusal(samples.tolist()).endswith(mend)


def test_a_file_of_floats_is_held_to_the_same(tmp_path):
    soundfile.write(tmp_path / "clip.wav", voice() * 32768, RATE, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"clip\.wav: samples reach 13107.*: they seem to be values of 16"):
        audio.load(tmp_path / "clip.wav")


@pytest.mark.parametrize(
    ("kind", "scale", "middle", "mend", "done"),
    [
        (np.int64, 2**15, 0, "numpy.asarray(samples, dtype=numpy.int16)", lambda x: np.asarray(x, dtype=np.int16)),
        (np.int64, 2**23, 0, "samples / 2**23", lambda x: x / 2**23),
        (np.uint16, 2**15, 2**15, "(samples - 32768.0) / 32768", lambda x: (x - 32768.0) / 32768),
        (np.uint32, 2**15, 2**15, "(samples - 32768.0) / 32768", lambda x: (x - 32768.0) / 32768),
    ],
)
def test_whole_numbers_of_a_width_in_which_nothing_is_coded(kind, scale, middle, mend, done):
    samples = (voice().astype(np.float64) * (scale - 1) + middle).round().astype(kind)
    assert refusal(samples).startswith(
        f"array: holds whole numbers of type {np.dtype(kind)}, which say not how loud they are, and reach "
        f"{samples.max()}: pass {mend} for values of "
    )
    # Whoever does what the sentence says hears the voice.
    np.testing.assert_allclose(audio.load(done(samples), sampling_rate=RATE), voice(), atol=1e-3)


def test_whole_numbers_in_a_list():
    assert "type int64, which say not how loud they are" in refusal((voice() * 32767).astype(np.int16).tolist())


@pytest.mark.parametrize(("bits", "scale"), [(16, "2**15"), (24, "2**23")])
def test_32_bits_that_hold_fewer(bits, scale):
    samples = (voice() * (2 ** (bits - 1) - 1)).astype(np.int32)
    assert refusal(samples) == (
        f"array: holds whole numbers of type int32 that reach {np.abs(samples).max()} of 2147483648 only, as values "
        f"of {bits} bits do: pass samples / {scale}, or samples / 2**31 if they are as quiet as that."
    )


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.float16, np.float32, np.float64])
def test_what_is_at_its_scale_passes(kind):
    samples = voice() if np.dtype(kind).kind == "f" else voice() * np.iinfo(kind).max
    np.testing.assert_allclose(audio.load(samples.astype(kind), sampling_rate=RATE), voice(), atol=0.02)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8, np.float32])
def test_silence_has_no_scale(kind):
    middle = 128 if kind == np.uint8 else 0
    assert not audio.load(np.full(RATE, middle, dtype=kind), sampling_rate=RATE).any()


def test_overshoot_passes():
    np.testing.assert_allclose(audio.load(4 * voice(), sampling_rate=RATE), 4 * voice())
