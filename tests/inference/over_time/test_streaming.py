"""Streams: the same answers however the audio comes in, those of the pipeline, and bounded memory."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

from humpcat.errors import AudioError, KeywordError, SettingsError
from humpcat.inference.over_time.streaming import EmotionStream, EmotionWindow
from humpcat.inference.pipeline import HumpCatPipeline, pipeline

from ...training.making import World, vowel

RATE = 16_000


@pytest.fixture(name="classify", scope="module")
def _classify(world: World) -> HumpCatPipeline:
    return pipeline(world.source, device="cpu")


def call(rate: int = RATE, *, seconds: float = 4.3) -> np.ndarray:
    """Return words with silence around and between them."""
    words = [vowel(emotion, speaker=1, take=1, rate=rate) for emotion in ("anger", "sadness", "happiness")]
    pause = np.zeros(int(1.1 * rate), np.float32)
    return np.concatenate([pause, words[0], pause, words[1], words[2], pause, pause])[: int(seconds * rate)]


def heard(stream: EmotionStream, samples: Any, size: int) -> list[EmotionWindow]:
    chunks = [samples[start : start + size] for start in range(0, len(samples), size)]
    return [each for chunk in chunks for each in stream.feed(chunk)] + stream.finish()


def alike(found: list[EmotionWindow], expected: list[EmotionWindow]) -> bool:
    assert [(each.start, each.end, each.label, each.flags) for each in found] == [
        (each.start, each.end, each.label, each.flags) for each in expected
    ]
    pairs = zip(found, expected, strict=True)
    return all(one.probabilities == pytest.approx(other.probabilities, abs=1e-4) for one, other in pairs)


def test_how_the_audio_is_cut_makes_no_difference(classify: HumpCatPipeline) -> None:
    samples = call()
    expected = heard(classify.stream(window=2.0), samples, len(samples))
    assert [(each.start, each.end) for each in expected] == [(0, 1), (0, 2), (1, 3), (2, 4), (2.3, 4.3)]
    assert expected[0].label is None
    assert [flag.name for flag in expected[0].flags] == ["silent", "no speech"]
    assert all(each.label in each.probabilities for each in expected[1:])
    for size in (1, 160, 4_000, 16_001):
        assert alike(heard(classify.stream(window=2.0), samples, size), expected)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_a_window_is_answered_as_the_pipeline_answers_it(classify: HumpCatPipeline, rate: int) -> None:
    samples = call(rate)
    found = heard(classify.stream(rate, every=0.7, window=1.5), samples, 777)
    assert [each.end for each in found] == pytest.approx([0.7, 1.4, 2.1, 2.8, 3.5, 4.2, len(samples) / rate])
    for each in found:
        window = samples[round(each.start * rate) : round(each.end * rate)]
        answer = classify({"array": window, "sampling_rate": rate})
        assert each.probabilities == pytest.approx({row["label"]: row["score"] for row in answer}, abs=1e-4)
        assert each.score == max(each.probabilities.values())
        flags = [{"name": flag.name, "reason": flag.reason} for flag in each.flags]
        assert flags == answer[0].get("flags", [])
        assert each.to_dict()["flags"] == flags


def test_every_form_of_a_chunk(classify: HumpCatPipeline) -> None:
    samples = np.round(call(seconds=2.5) * 32767).astype(np.int16)
    floats = (samples / 32768).astype(np.float32)
    expected = heard(classify.stream(), floats, 4_000)
    for form in (samples, floats.astype(np.float64), torch.from_numpy(floats), torch.from_numpy(samples)):
        assert alike(heard(classify.stream(), form, 4_000), expected)


def test_an_answer_is_there_with_the_sample_at_its_end(classify: HumpCatPipeline) -> None:
    stream = classify.stream(44_100, every=0.5, window=1.0)
    samples = call(44_100)
    assert stream.feed(samples[:22_049]) == []
    (found,) = stream.feed(samples[22_049:22_050])
    assert (found.start, found.end, stream.seconds) == (0.0, 0.5, 0.5)


def test_short_intervals_wait_for_half_a_second(classify: HumpCatPipeline) -> None:
    found = classify.stream(every=0.2, window=0.5).feed(np.zeros(RATE, np.float32))
    assert [each.start for each in found] == pytest.approx([0.1, 0.3, 0.5])
    assert [each.end for each in found] == pytest.approx([0.6, 0.8, 1.0])
    assert classify.stream(every=0.1, window=0.5).feed(np.zeros(RATE // 2, np.float32))[0].end == 0.5


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(inputs: dict, **_: Any) -> list[dict]:
        assert len(inputs["array"]) <= RATE
        # The samples count up, so that a window that holds others is seen.
        assert np.all(np.diff(inputs["array"]) == 1 / 2**20)
        return [{"label": "anger", "score": 1.0}]

    stream = EmotionStream(answer, every=0.5, window=1.0)
    held = stream._held.nbytes
    counted = np.arange(-(2**20), 2**20, dtype=np.float32) / 2**20
    sizes, place, found = np.random.default_rng(0).integers(0, 40_000, 90), 0, 0
    for size in sizes:
        found += len(stream.feed(counted[place : place + size]))
        place += size
    assert found == place // (RATE // 2)
    assert stream._held.nbytes == held == 2 * RATE * 4


def test_the_end_of_a_stream(classify: HumpCatPipeline) -> None:
    stream = classify.stream()
    assert len(stream.feed(call(seconds=1.0))) == 1
    assert (stream.finish(), stream.finish()) == ([], [])
    with pytest.raises(AudioError, match=r"stream: was finished after 1\.000 s: make another one"):
        stream.feed(call())
    for count, answers in ((0, 0), (399, 0), (400, 1)):
        short = classify.stream()
        assert short.feed(np.zeros(count, np.float32)) == []
        assert len(short.finish()) == answers


def test_streams_share_a_pipeline_in_threads(classify: HumpCatPipeline) -> None:
    calls = [call(), 0.3 * call()[::-1].copy(), np.roll(call(), 7_000)]
    expected = [heard(classify.stream(), samples, 1_600) for samples in calls]
    with ThreadPoolExecutor(3) as threads:
        found = threads.map(lambda samples: heard(classify.stream(), samples, 1_600), calls)
        assert all(alike(one, other) for one, other in zip(found, expected, strict=True))


def test_an_answer_that_is_less_sure_than_was_asked_for(classify: HumpCatPipeline) -> None:
    found = heard(classify.stream(min_confidence=1.0), call(), 8_000)
    assert {flag.name for each in found for flag in each.flags} >= {"abstain"}


@pytest.mark.parametrize(
    ("chunk", "sentence"),
    [
        (
            np.zeros((2, 160), np.float32),
            "chunk of shape (2, 160): expected one channel, shape (samples,): choose one",
        ),
        (np.float32(0.5), "chunk of shape (): expected one channel"),
        (np.zeros(160, np.int32), "chunk of type int32: expected floats within -1 to 1, or int16: convert it"),
        (np.zeros(160, complex), "chunk of type complex128: expected floats"),
        ("clip.wav", "chunk of type <U8: expected floats"),
        (None, "None found, expected"),
        (np.array([0, np.nan, np.inf]), "chunk: 2 of 3 samples are NaN or infinite: leave it out."),
        (np.array([0.0, 32767.0]), "chunk: samples reach 32767, expected floats within -1 to 1"),
    ],
)
def test_a_chunk_that_cannot_be_used_is_refused_and_not_taken(
    classify: HumpCatPipeline, chunk: Any, sentence: str
) -> None:
    stream = classify.stream()
    stream.feed(np.zeros(100, np.float32))
    with pytest.raises(AudioError) as caught:
        stream.feed(chunk)
    assert str(caught.value).startswith(sentence)
    assert stream.seconds == 100 / RATE


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"window": 0.4}, SettingsError, "window 0.4: expected a number from 0.5 to 30."),
        ({"window": 31}, SettingsError, "window 31: expected"),
        ({"window": float("nan")}, SettingsError, "window nan: expected"),
        ({"every": 0}, SettingsError, "every 0: expected a number from 0.1 to 30."),
        ({"every": "1"}, SettingsError, "every '1': expected"),
        ({"every": 4.0}, SettingsError, "every 4.0: is longer than the window of 3.0 s"),
        ({"min_confidence": 2}, SettingsError, "min_confidence 2: expected a probability"),
        ({"sampling_rate": 0}, AudioError, "stream: sampling rate 0 found, expected a whole number of Hz"),
        ({"sampling_rate": 16.5e3 + 0.5}, AudioError, "stream: sampling rate 16500.5 found"),
        ({"evry": 1}, KeywordError, "HumpCatPipeline.stream: keyword 'evry' is unknown: did you mean 'every'?"),
    ],
)
def test_settings_that_are_refused(
    classify: HumpCatPipeline, settings: dict, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        classify.stream(**settings)
    assert sentence.removeprefix("HumpCatPipeline.") in str(caught.value)
