import librosa
import numpy as np
import pytest

from humpcat.features.logmel import LogMel, log_mel, picture

RATE = 16_000


def image_of(waveform: np.ndarray) -> np.ndarray:
    image = LogMel().extract([np.asarray(waveform, dtype=np.float32)])[0]["image"]
    assert (image.shape, image.dtype) == ((224, 224), np.uint8)
    return image


def test_decibels_are_those_of_librosa(clip):
    waveform = clip(3 * RATE)
    power = librosa.feature.melspectrogram(y=waveform, sr=RATE, n_fft=2048, hop_length=512, pad_mode="constant")
    expected = librosa.power_to_db(power, ref=np.max)
    found = log_mel(waveform)
    assert found.shape == (128, 94)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_picture_has_low_bands_below_and_time_from_left_to_right():
    time = np.arange(RATE) / RATE
    rising = np.concatenate([np.sin(2 * np.pi * hertz * time) for hertz in (200, 6000)])
    image = image_of(rising)
    assert image.max() > 250
    brightest = image.argmax(axis=0)
    assert brightest[:100].min() > 180
    assert brightest[-100:].max() < 60


@pytest.mark.parametrize("samples", [RATE // 40, RATE // 10, RATE])
def test_silence_is_black(samples):
    assert not image_of(np.zeros(samples)).any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seconds", [0.025, 0.1, 60])
def test_very_short_and_very_long_clips_have_pictures(seconds, clip):
    image = image_of(clip(round(seconds * RATE)))
    assert image.max() >= 250
    assert image.std() > 1


def test_a_long_clip_is_averaged_and_not_sampled():
    decibels = np.full((128, 2240), -80, dtype=np.float32)
    decibels[:, ::10] = 0
    image = picture(decibels)
    # One frame of ten is white: a tenth of the range everywhere, and no column is missed.
    assert set(np.unique(image)) <= {25, 26}


def test_loudness_does_not_change_the_picture(clip):
    quiet, loud = (image_of(factor * clip(RATE)) for factor in (0.25, 1.0))
    assert np.abs(quiet.astype(int) - loud).max() <= 1
