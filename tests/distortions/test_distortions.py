"""Every distortion does what its name says, to the same samples whenever it is asked, and is found by its name."""

from pathlib import Path

import numpy as np
import pytest
import soxr

from humpcat import audio
from humpcat.distortions import DISTORTIONS, Distortion, generator_of
from humpcat.distortions.base import root_mean_square
from humpcat.distortions.edges import pink
from humpcat.distortions.room import room_response
from humpcat.errors import SettingsError

RATE = 16_000

every_distortion = pytest.mark.parametrize("distortion", list(DISTORTIONS), ids=lambda distortion: distortion.name)


def voice(seconds: float = 1.0) -> np.ndarray:
    """Return a glide with harmonics, which correlates with itself at one place only."""
    time = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * (150 * time + 60 * time**2)
    sound = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 12))
    return (0.1 * np.minimum(1, 20 * time) * sound).astype(np.float32)


def done(name: str, waveform: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return a distorted clip at its own rate."""
    return DISTORTIONS[name](waveform, generator_of(seed, name))


def level(waveform: np.ndarray) -> float:
    return 20 * np.log10(root_mean_square(waveform))


def spectrum(waveform: np.ndarray, low: float, high: float) -> float:
    """Return the power of a band in dB."""
    power = np.square(np.abs(np.fft.rfft(waveform)))
    frequency = np.fft.rfftfreq(len(waveform), 1 / RATE)
    return 10 * np.log10(power[(frequency >= low) & (frequency < high)].mean())


@every_distortion
def test_the_door_takes_what_comes_out_and_it_is_the_same_each_time(distortion: Distortion) -> None:
    clip = voice()
    before = clip.copy()
    first, again = (distortion(clip, generator_of(3, distortion.name, "a")) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.array_equal(clip, before)
    assert (first.dtype, first.ndim) == (np.float32, 1)
    heard = audio.load({"array": first, "sampling_rate": distortion.sampling_rate})
    assert np.isfinite(heard).all()
    assert distortion.title
    assert distortion.family


@every_distortion
@pytest.mark.parametrize("samples", [1, 500, 4_000])
def test_short_clips_are_distorted_too(distortion: Distortion, samples: int) -> None:
    found = distortion(voice()[:samples], generator_of(0))
    assert np.isfinite(found).all()
    assert found.dtype == np.float32


@pytest.mark.parametrize("kind", ["silence", "noise"])
@pytest.mark.parametrize(("seconds", "side"), [(s, side) for s in (2, 5, 20) for side in ("before", "after", "both")])
def test_edges_leave_the_clip_as_it_is(kind: str, seconds: int, side: str) -> None:
    clip = voice()
    found = done(f"{kind}-{seconds}s-{side}", clip)
    begin = 0 if side == "after" else seconds * RATE
    assert len(found) == len(clip) + seconds * RATE * (2 if side == "both" else 1)
    assert np.array_equal(found[begin : begin + len(clip)], clip)
    around = np.concatenate([found[:begin], found[begin + len(clip) :]])
    assert not around.any() if kind == "silence" else level(around) == pytest.approx(-60, abs=0.1)


def test_a_hiss_is_as_far_below_a_quiet_clip_as_below_a_loud_one() -> None:
    for factor in (1, 0.01):
        clip = (factor * voice()).astype(np.float32)
        found = done("hiss-5s-both", clip)
        assert level(found[: 5 * RATE]) - level(clip) == pytest.approx(-30, abs=0.2)


def test_room_noise_falls_by_three_decibels_an_octave() -> None:
    noise = pink(20 * RATE, np.random.default_rng(0))
    bands = [spectrum(noise, low, 2 * low) for low in (125, 250, 500, 1000, 2000)]
    assert np.diff(bands) == pytest.approx([-3] * 4, abs=0.5)


def test_levels() -> None:
    clip = voice()
    for name, gain in (("gain-40dB", -40), ("gain-20dB", -20), ("gain-10dB", -10), ("gain+10dB", 10)):
        assert level(done(name, clip)) - level(clip) == pytest.approx(gain, abs=1e-3)
    loud = (clip / np.abs(clip).max()).astype(np.float32)
    assert np.abs(done("gain+10dB", loud)).max() == pytest.approx(10**0.5, rel=1e-4)
    assert done("offset-0.05", clip) - clip == pytest.approx(0.05, abs=1e-6)
    noise = done("white-noise-20dB", clip) - clip
    assert level(clip) - level(noise) == pytest.approx(20, abs=0.2)


def test_the_telephone_passes_its_band_and_nothing_beside() -> None:
    noise = np.random.default_rng(0).normal(scale=0.1, size=4 * RATE).astype(np.float32)
    found = done("telephone", noise)
    assert spectrum(found, 600, 3000) - spectrum(noise, 600, 3000) == pytest.approx(0, abs=0.2)
    for low, high in ((10, 150), (5000, 8000)):
        assert spectrum(found, low, high) < spectrum(noise, low, high) - 30


@pytest.mark.parametrize("name", ["telephone", "8kHz", "44.1kHz", "mp3-32k", "opus-16k", "room-0.4s"])
def test_nothing_is_delayed(name: str) -> None:
    clip = voice()
    rate = DISTORTIONS[name].sampling_rate
    found = done(name, clip)
    if name != "room-0.4s":
        assert len(found) / rate == pytest.approx(len(clip) / RATE, abs=1e-4)
    heard = (found if rate == RATE else soxr.resample(found, rate, RATE))[: len(clip)]
    size = 2 * len(clip)
    agreement = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(clip, size)))
    assert np.argmax(agreement) == 0


@pytest.mark.parametrize("name", ["mp3-32k", "opus-16k"])
def test_a_codec_changes_a_little(name: str) -> None:
    clip = voice()
    rate = DISTORTIONS[name].sampling_rate
    found = done(name, clip)
    heard = (found if rate == RATE else soxr.resample(found, rate, RATE))[: len(clip)]
    assert 0.8 < np.corrcoef(heard, clip[: len(heard)])[0, 1] < 0.99999


def test_a_room_falls_by_sixty_decibels_in_its_time() -> None:
    response = room_response(np.random.default_rng(0), 0.4)
    assert response[0] == 1
    assert np.square(response[1:]).sum() == pytest.approx(1)
    # Backward integration (Schroeder 1965): the decay from -5 to -25 dB, times three.
    left = np.cumsum(np.square(response[1:])[::-1])[::-1]
    decay = 10 * np.log10(left / left[0])
    seconds = (np.argmax(decay < -25) - np.argmax(decay < -5)) / RATE
    assert 3 * seconds == pytest.approx(0.4, abs=0.05)


def test_lengths() -> None:
    clip = voice()
    assert np.array_equal(done("cut-0.3s", clip), clip[: round(0.7 * RATE)])
    assert len(done("cut-0.3s", clip[:4000])) == 0
    assert np.array_equal(done("twice", clip), np.tile(clip, 2))
    assert len(done("speed-1.1", clip)) == pytest.approx(len(clip) / 1.1, abs=2)
    assert len(done("speed-0.9", clip)) == pytest.approx(len(clip) / 0.9, abs=2)


def test_a_file_adds_one(tmp_path: Path) -> None:
    (tmp_path / "reverse.py").write_text(
        "from humpcat.distortions import Distortion\n\n"
        'EXPORT = (Distortion("reversed", "played backwards", "length", lambda waveform, _: waveform[::-1]),)\n'
    )
    found = DISTORTIONS.including(tmp_path)["reversed"]
    assert found(voice(), generator_of(0))[0] == voice()[-1]


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"distortion 'telefone' is unknown: .* Did you mean 'telephone'\?"):
        _ = DISTORTIONS["telefone"]
