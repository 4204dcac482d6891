import numpy as np
import pytest

from humpcat import audio
from humpcat.flags import Flag, flags_of

RATE = 16_000


def voice() -> np.ndarray:
    rng = np.random.default_rng(0)
    time = np.arange(RATE) / RATE
    return (0.2 * np.sin(2 * np.pi * 180 * time) * (1 + np.sin(9 * time)) + 0.01 * rng.normal(size=RATE)).astype(
        np.float32
    )


def noise(level: float) -> np.ndarray:
    return (10 ** (level / 20) * np.random.default_rng(1).normal(size=RATE)).astype(np.float32)


def flagged(samples: np.ndarray) -> tuple[Flag, ...]:
    recording = audio.read(samples, sampling_rate=RATE)
    return flags_of(recording.samples, recording.waveform())


SOUND = {
    "speech": voice(),
    "quiet speech": 0.01 * voice(),
    "stereo": np.stack([voice(), 0.5 * voice()]),
    "loud": np.clip(2 * voice(), -1, 1),
    "a little offset": voice() + 0.05,
    "25 ms": voice()[:400],
}

UNUSABLE = {
    "silent": [np.zeros(RATE), np.zeros((2, RATE)), noise(-90), np.eye(1, RATE, 200)[0]],
    "offset": [np.full(RATE, 0.3), noise(-60) + 0.2, -0.9 + 0.05 * voice()],
    "dead channel": [np.stack([voice(), np.zeros(RATE)]), np.stack([noise(-90), voice(), voice()])],
    "cancelled channels": [np.stack([voice(), -voice()]), np.stack([voice(), -0.99 * voice()])],
    "clipped": [np.clip(10 * voice(), -1, 1), np.clip(10 * voice(), -0.3, 0.3)],
    "overshoot": [6 * voice()],
}


@pytest.mark.parametrize("kind", SOUND)
def test_nothing_is_said_of_a_sound_clip(kind):
    assert flagged(SOUND[kind]) == ()


@pytest.mark.parametrize(("name", "samples"), [(name, clip) for name, clips in UNUSABLE.items() for clip in clips])
def test_what_makes_a_clip_unusable_is_told(name, samples):
    found = flagged(samples.astype(np.float32))
    assert name in [flag.name for flag in found]
    assert all(flag.reason and not flag.reason.endswith(".") for flag in found)


def test_the_reason_says_what_was_measured():
    assert flagged(np.full(RATE, 0.3)) == (
        Flag("silent", "holds no sound: every sample is the same, expected -70 dBFS or more"),
        Flag("offset", "is a constant of 0.3 (DC) more than it is sound: remove the offset"),
    )
    assert flagged(np.stack([voice(), np.zeros(RATE)]))[0].reason == (
        "channel 1 of 2 is silent beside channel 0: what is heard is their mean; choose channel 0"
    )
    assert flagged(np.stack([voice(), -voice()]))[0].reason == (
        "its channels cancel each other, nothing is left: choose one of them"
    )
