import librosa
import numpy as np
import pytest
from scipy.fft import dct

from humpcat.features.mfcc import Mfcc


def mfcc(waveform):
    return Mfcc().extract([waveform])[0]["mfcc"]


def oracle(waveform):
    """The static coefficients and the log energy, by librosa and NumPy."""
    padded = np.pad(waveform.astype(np.float64), 160, mode="reflect")
    mel = librosa.feature.melspectrogram(
        y=padded,
        sr=16_000,
        n_fft=640,
        hop_length=320,
        window="hamming",
        center=False,
        power=2.0,
        n_mels=40,
        htk=True,
        norm=None,
    )
    cepstra = dct(np.log(mel + 1e-6), type=2, norm="ortho", axis=0)[:13].T
    windows = librosa.util.frame(padded, frame_length=640, hop_length=320)
    return cepstra, np.log(np.square(windows).mean(axis=0) + 1e-10)


def test_equals_librosa(clip):
    waveform = clip(16_123)
    cepstra, energy = oracle(waveform)
    found = mfcc(waveform)
    assert found.shape == (50, 40)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:, :13], cepstra, rtol=1e-3, atol=2e-3)
    np.testing.assert_allclose(found[:, 39], energy, rtol=1e-4, atol=1e-4)


def test_librosas_own_mfcc_is_the_same_transform(clip):
    waveform = clip(8_000)
    mel = librosa.feature.melspectrogram(
        y=np.pad(waveform, 160, mode="reflect"),
        sr=16_000,
        n_fft=640,
        hop_length=320,
        window="hamming",
        center=False,
        n_mels=40,
        htk=True,
        norm=None,
    )
    expected = librosa.feature.mfcc(S=np.log(mel + 1e-6), n_mfcc=13).T
    np.testing.assert_allclose(mfcc(waveform)[:, :13], expected, rtol=1e-3, atol=2e-3)


def test_slopes_are_regressions_over_two_frames_on_both_sides(clip):
    found = mfcc(clip(16_000))
    static, slopes, curvature = found[:, :13], found[:, 13:26], found[:, 26:39]
    middle = slice(4, -4)
    for order, of in ((slopes, static), (curvature, slopes)):
        expected = librosa.feature.delta(of.T.astype(np.float64), width=5).T
        np.testing.assert_allclose(order[middle], expected[middle], atol=1e-3)


@pytest.mark.parametrize("frame", [0, 1, 7, 24])
def test_a_click_is_loudest_in_its_own_frame(frame):
    waveform = np.zeros(25 * 320, dtype=np.float32)
    waveform[320 * frame + 160] = 1.0
    assert mfcc(waveform)[:, 0].argmax() == frame


@pytest.mark.parametrize("samples", [400, 480, 639, 640, 16_000, 16_319])
def test_frames_are_whole_20_ms(samples, clip):
    assert mfcc(clip(samples)).shape == (samples // 320, 40)


def test_a_clip_is_the_same_in_any_company(clip):
    clips = [clip(400, 1), clip(9_000, 2)]
    together = Mfcc().extract(clips)
    for waveform, arrays in zip(clips, together, strict=True):
        np.testing.assert_array_equal(arrays["mfcc"], mfcc(waveform))


@pytest.mark.parametrize("kind", ["silence", "click", "noise", "clipped"])
def test_finite_on_awkward_audio(kind, clip):
    waveform = {
        "silence": np.zeros(16_000, dtype=np.float32),
        "click": np.eye(1, 480, 240, dtype=np.float32)[0],
        "noise": np.random.default_rng(0).normal(size=16_000).astype(np.float32),
        "clipped": np.clip(100 * clip(16_000), -1, 1),
    }[kind]
    found = mfcc(waveform)
    assert found.shape == (len(waveform) // 320, 40)
    assert np.isfinite(found).all()
