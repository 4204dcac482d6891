import numpy as np
import pytest

from humpcat.features.prosody import FRAME_VALUES, FUNCTIONALS, Prosody

RATE = 16_000
TIME = np.arange(2 * RATE) / RATE


def harmonics(hertz, seconds=2.0, strongest=0.2):
    """A voice-like tone: ten harmonics that fall by 6 dB an octave."""
    time = TIME[: round(seconds * RATE)]
    return strongest * sum(np.sin(2 * np.pi * hertz * order * time) / order for order in range(1, 11))


def analysed(waveform):
    arrays = Prosody().extract([np.asarray(waveform, dtype=np.float32)])[0]
    assert arrays["prosody"].shape == (len(waveform) // 320, len(FRAME_VALUES))
    assert arrays["functionals"].shape == (len(FUNCTIONALS),)
    for array in arrays.values():
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    return (
        dict(zip(FRAME_VALUES, arrays["prosody"].T, strict=True)),
        dict(zip(FUNCTIONALS, arrays["functionals"].tolist(), strict=True)),
    )


@pytest.mark.parametrize(("hertz", "semitones"), [(100, 0.0), (200, 12.0), (400, 24.0)])
def test_pitch_is_in_semitones_above_100_hz(hertz, semitones):
    frames, whole = analysed(harmonics(hertz))
    middle = slice(3, -3)
    assert frames["voicing"][middle].all()
    assert np.abs(frames["f0"][middle] - semitones).max() < 0.2
    for name in ("f0_mean", "f0_p20", "f0_p50", "f0_p80"):
        assert whole[name] == pytest.approx(semitones, abs=0.2)
    assert whole["f0_sd"] < 0.2
    assert whole["voiced_share"] > 0.9
    assert whole["jitter"] < 0.01
    assert whole["log_duration"] == pytest.approx(np.log(2.0))


def test_a_rising_and_a_falling_tone_have_the_slopes_they_were_made_with():
    # Twelve semitones in two seconds are 0.12 a frame.
    rising = 0.3 * np.sin(2 * np.pi * np.cumsum(150 * 2 ** (TIME / 2)) / RATE)
    _, up = analysed(rising)
    _, down = analysed(rising[::-1])
    assert up["f0_rise"] == pytest.approx(0.12, abs=0.01)
    assert down["f0_fall"] == pytest.approx(-0.12, abs=0.01)


def test_noise_is_mostly_unvoiced():
    frames, whole = analysed(0.1 * np.random.default_rng(0).normal(size=2 * RATE))
    assert frames["voicing"].mean() < 0.1
    assert whole["voiced_share"] < 0.1


def test_pitch_is_bridged_over_unvoiced_stretches_and_marked():
    gap = np.zeros(RATE // 2)
    frames, whole = analysed(np.concatenate([harmonics(100, 0.5), gap, harmonics(200, 0.5)]))
    silent = slice(30, 45)
    assert not frames["voicing"][silent].any()
    assert (np.diff(frames["f0"][silent]) > 0).all()
    assert 0 < frames["f0"][silent].min() < frames["f0"][silent].max() < 12
    assert whole["voiced_segments_per_second"] == pytest.approx(2 / 1.5, abs=0.01)
    assert whole["voiced_segment_mean"] == pytest.approx(0.5, abs=0.1)
    assert whole["pause_share"] == pytest.approx(1 / 3, abs=0.1)


def test_silence_is_all_pause_and_holds_no_sentinel():
    frames, whole = analysed(np.zeros(RATE))
    assert whole["pause_share"] == 1.0
    assert {name: values.tolist() for name, values in frames.items() if values.any()} == {"harmonicity": [-20.0] * 50}
    assert [whole[name] for name in ("f0_mean", "jitter", "shimmer", "speech_rate", "intensity_mean")] == [0.0] * 5


@pytest.mark.parametrize(
    "waveform",
    [
        np.zeros(400),
        np.zeros(480),
        np.eye(1, 480, 240)[0],
        harmonics(200, 0.025),
        harmonics(200, 0.09),
        np.clip(100 * harmonics(200), -1, 1),
        np.full(RATE, 1.0),
        1e-6 * harmonics(200),
    ],
    ids=["25 ms silence", "30 ms silence", "30 ms click", "25 ms tone", "90 ms tone", "shouted", "constant", "faint"],
)
def test_awkward_audio_gives_finite_values_of_the_right_shape(waveform):
    frames, _ = analysed(waveform)
    assert frames["intensity"].min() >= 0
    assert frames["harmonicity"].min() >= -20
    assert set(np.unique(frames["voicing"])) <= {0.0, 1.0}


def test_half_the_amplitude_is_6_db_less():
    loud, whole = analysed(harmonics(200))
    quiet, less = analysed(0.5 * harmonics(200))
    np.testing.assert_allclose(loud["intensity"] - quiet["intensity"], 6.02, atol=0.01)
    assert whole["intensity_mean"] - less["intensity_mean"] == pytest.approx(6.02, abs=0.01)
    assert whole["f0_mean"] == pytest.approx(less["f0_mean"], abs=0.01)


@pytest.mark.parametrize("rate", [3, 5])
def test_speech_rate_counts_the_swells_of_a_modulated_tone(rate):
    _, whole = analysed(harmonics(150) * (0.55 - 0.45 * np.cos(2 * np.pi * rate * TIME)))
    assert whole["speech_rate"] == pytest.approx(rate, abs=0.5)


def test_shimmer_and_jitter_grow_with_what_they_measure():
    steady = analysed(harmonics(150))[1]
    wavering = analysed(harmonics(150) * (1 + 0.3 * np.sin(2 * np.pi * 40 * TIME)))[1]
    shaken = np.sin(2 * np.pi * np.cumsum(150 + 6 * np.sin(2 * np.pi * 40 * TIME)) / RATE)
    assert wavering["shimmer"] > steady["shimmer"] + 0.01
    assert analysed(0.3 * shaken)[1]["jitter"] > steady["jitter"] + 0.001


def test_a_periodic_tone_is_far_more_harmonic_than_noise():
    assert analysed(harmonics(200))[1]["harmonicity_mean"] > 40


def test_a_clip_is_the_same_in_any_company():
    clips = [harmonics(200, 0.3).astype(np.float32), np.zeros(480, dtype=np.float32)]
    for waveform, arrays in zip(clips, Prosody().extract(clips), strict=True):
        for name, alone in Prosody().extract([waveform])[0].items():
            np.testing.assert_array_equal(arrays[name], alone)
