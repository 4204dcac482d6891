import numpy as np
import pytest

from humpcat.features.voice_figures import beside, usual_of, voice_of

RATE = 16_000


def voiced(seconds: float, pitch: float, end: float | None = None) -> np.ndarray:
    """Return a buzz whose pitch glides from one value to another."""
    time = np.arange(round(seconds * RATE)) / RATE
    course = np.geomspace(pitch, end or pitch, len(time))
    phase = 2 * np.pi * np.cumsum(course) / RATE
    return (0.1 * sum(np.sin(k * phase) / k for k in range(1, 6))).astype(np.float32)


def test_pitch_of_a_glide_of_an_octave() -> None:
    clip = voiced(2.0, 120, 240)
    figures = voice_of(clip, clip).figures
    assert figures["f0_median_hz"] == pytest.approx(120 * 2**0.5, rel=0.02)
    assert figures["f0_range_semitones"] == pytest.approx(12 * 0.9, abs=0.5)
    assert figures["f0_low_hz"] < figures["f0_median_hz"] < figures["f0_high_hz"]
    assert figures["f0_median_semitones"] == pytest.approx(12 * np.log2(figures["f0_median_hz"] / 100))
    assert figures["speech_seconds"] == 2.0
    assert all(value is None or type(value) is float for value in figures.values())


def test_pauses_of_a_quarter_of_a_second_and_more() -> None:
    gap = lambda seconds: np.zeros(round(seconds * RATE), dtype=np.float32)  # noqa: E731
    clip = np.concatenate([voiced(0.5, 150), gap(0.1), voiced(0.5, 150), gap(0.6), voiced(0.5, 150), gap(0.4)])
    clip = np.concatenate([clip, voiced(0.4, 150)])
    figures = voice_of(clip, clip).figures
    assert figures["pause_count"] == 2
    # Analysis windows reach over the edges of a pause.
    assert figures["pause_mean_seconds"] == pytest.approx(0.5, abs=0.06)
    assert figures["pause_share"] == pytest.approx(1.0 / 3.0, abs=0.04)
    assert figures["voiced_share"] == pytest.approx(1.9 / 3.0, abs=0.06)


def test_syllables_are_peaks_of_intensity() -> None:
    time = np.arange(3 * RATE) / RATE
    clip = voiced(3.0, 150) * (0.55 - 0.45 * np.cos(2 * np.pi * 4 * time)).astype(np.float32)
    figures = voice_of(clip, clip).figures
    assert figures["syllables_per_second"] == pytest.approx(4, abs=0.35)


def test_level_and_its_range() -> None:
    steps = np.repeat([1.0, 0.316], RATE).astype(np.float32)
    clip = voiced(2.0, 200) * steps
    figures = voice_of(clip, 0.5 * clip).figures
    assert figures["intensity_range_db"] == pytest.approx(10, abs=0.5)
    level = 20 * np.log10(0.5 * clip[:RATE].std())
    assert figures["intensity_mean_dbfs"] == pytest.approx(level - 5, abs=0.5)


def test_whispered_speech_has_no_pitch() -> None:
    noise = np.random.default_rng(0).normal(scale=0.05, size=RATE).astype(np.float32)
    whispered = voice_of(noise, noise)
    # A few frames of noise may pass for voiced.
    if not whispered.f0:
        assert whispered.figures["f0_median_hz"] is None
        assert whispered.figures["f0_range_semitones"] is None
    silence = np.zeros(RATE, dtype=np.float32)
    assert voice_of(silence + 1e-3 * noise, silence + 1e-3 * noise).figures["pause_mean_seconds"] is None


def test_a_figure_that_a_speaker_never_has_is_left_out() -> None:
    usual = usual_of(
        [{"voiced_share": 0.5, "pause_mean_seconds": None}, {"voiced_share": 0.5, "pause_mean_seconds": None}]
    )
    assert usual == {"voiced_share": (0.5, 0.0, 2)}
    found = beside({"voiced_share": 0.7, "pause_mean_seconds": 0.3}, usual)
    assert found["voiced_share"].difference == pytest.approx(0.2)
    assert found["voiced_share"].z is None
    assert list(found) == ["voiced_share"]
