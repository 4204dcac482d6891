"""What is no speech, and how loud a recording is, must not be in any feature; a stream that is added is held to it."""

from importlib.util import find_spec

import numpy as np
import pytest

from humpcat.errors import SettingsError
from humpcat.features.computing import heard
from humpcat.features.sets import FEATURE_SETS, feature_set
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.registries import STREAMS
from tests.voices import voice

RATE = 16_000
SILENCE = np.zeros(2 * RATE, dtype=np.float32)


def noise(seconds, seed=0):
    return np.random.default_rng(seed).normal(scale=1e-3, size=round(seconds * RATE)).astype(np.float32)


CHANGES = {
    "2 s of silence before": lambda x: np.concatenate([SILENCE, x]),
    "5 s of silence after": lambda x: np.concatenate([x, SILENCE, SILENCE, SILENCE[:RATE]]),
    "20 s of silence on both sides": lambda x: np.concatenate([*[SILENCE] * 10, x, *[SILENCE] * 10]),
    "5 s of noise before": lambda x: np.concatenate([noise(5), x]),
    "20 s of noise on both sides": lambda x: np.concatenate([noise(20), x, noise(20, 1)]),
    "40 dB less": lambda x: 0.01 * x,
    "10 dB more": lambda x: 3.16 * x,
    "a constant": lambda x: x + 0.05,
}


SOME = ("5 s of noise before", "20 s of silence on both sides", "40 dB less")


def alike(first, second):
    """Return the cosine of two arrays, those over time by their means and deviations."""
    if first.ndim > 1:
        first, second = (np.concatenate([each.mean(-2).ravel(), each.std(-2).ravel()]) for each in (first, second))
    first, second = first.astype(float).ravel(), second.astype(float).ravel()
    return first @ second / (np.linalg.norm(first) * np.linalg.norm(second))


def assert_alike(extractor, change):
    for number in range(2):
        spoken = voice(number)
        # Tight, as a word cut out of a sentence is.
        spoken = spoken[2400:-2400]
        before, after = extractor.extract([heard(extractor, spoken), heard(extractor, change(spoken))])
        for name, values in before.items():
            assert alike(values, after[name]) > 0.999, name


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("stream", STREAMS.names())
def test_streams(stream, change, tiny_encoder):
    encoder = tiny_encoder("whisper")
    config = HumpCatConfig(encoder_width=32, encoder_layers=[1, 2])
    assert_alike(STREAMS[stream].extractor(encoder, config), change)


@pytest.mark.parametrize("change", SOME)
@pytest.mark.parametrize("kind", ["hubert-group", "wav2vec2"])
def test_encoders_of_waveforms(kind, change, tiny_encoder):
    config = HumpCatConfig(encoder_width=32, encoder_layers=[1, 2])
    assert_alike(STREAMS["hidden"].extractor(tiny_encoder(kind), config), CHANGES[change])


@pytest.mark.parametrize(
    ("name", "change"),
    # The sets share their code: a change each, in turn.
    [
        pytest.param(name, change, marks=() if place % 3 == turn else pytest.mark.slow)
        for place, name in enumerate(FEATURE_SETS.names())
        for turn, change in enumerate(SOME)
    ],
)
def test_feature_sets(name, change, tiny_encoder):
    if name != "pooled" and find_spec("opensmile") is None:
        pytest.skip("opensmile is not installed")
    try:
        extractor = feature_set(name, tiny_encoder("whisper")).extractor
    except SettingsError as error:
        pytest.skip(str(error))
    assert_alike(extractor, CHANGES[change])
