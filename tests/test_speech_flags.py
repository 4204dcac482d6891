"""Speech that is hard to answer is flagged, and why; speech of the usual kind is not."""

import numpy as np
import pytest

from humpcat.audio import Waveform
from humpcat.distortions import generator_of
from humpcat.distortions.base import decibels, root_mean_square
from humpcat.distortions.edges import pink
from humpcat.features.speech import find_speech
from humpcat.speech_flags import flags_of_speech, rise_of, voiced_share

from .training.making import vowel
from .voices import voice


def spoken(seed: int = 0) -> Waveform:
    """Return a few syllables of a synthetic voice, with pauses between."""
    rng = np.random.default_rng(seed)
    parts = [vowel(emotion, speaker=1 + seed, take=1) for emotion in ("anger", "neutral", "sadness")]
    pause = rng.normal(scale=1e-4, size=1600).astype(np.float32)
    return np.concatenate([each for part in parts for each in (part, pause)])


def names(waveform: Waveform) -> list[str]:
    return [flag.name for flag in flags_of_speech(waveform)]


@pytest.mark.parametrize("seed", range(3))
def test_a_voice_is_not_flagged(seed: int) -> None:
    assert names(spoken(seed)) == []


def test_a_syllable_is_short() -> None:
    assert names(spoken()[:4000]) == ["short"]
    assert flags_of_speech(spoken()[:4000])[0].reason == "holds 0.25 s of speech, expected 0.3 s or more"


def test_noise_as_strong_as_the_voice_is_told() -> None:
    speech = spoken()
    noise = pink(len(speech), generator_of(0, "noise"))
    rises = [
        rise_of((speech + root_mean_square(speech) * decibels(-ratio) * noise).astype(np.float32))
        for ratio in (30, 20, 10, 0)
    ]
    assert rises == sorted(rises, reverse=True)
    assert names((speech + 2 * root_mean_square(speech) * noise).astype(np.float32))[0] == "noisy"


def test_a_whisper_is_unvoiced() -> None:
    speech = spoken()
    envelope = np.convolve(np.abs(speech), np.hanning(800) / 400, mode="same")
    whisper = (np.random.default_rng(0).normal(size=len(speech)) * envelope).astype(np.float32)
    assert voiced_share(speech) > 0.8
    assert voiced_share(whisper) < 0.1
    assert "unvoiced" in names(whisper)


def test_the_synthetic_voice_of_other_tests_is_of_the_usual_kind() -> None:
    assert names(find_speech(voice()).waveform) == []
