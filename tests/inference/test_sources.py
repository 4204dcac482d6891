"""Clips in every form that others hand over: datasets' rows and columns, decoder objects, channels, tensors."""

import types
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
import torch
from transformers.pipelines.pt_utils import KeyDataset

from humpcat.errors import AudioError, CheckpointError, SettingsError
from humpcat.features.speech import find_speech
from humpcat.inference import sources
from humpcat.inference.pipeline import pipeline, predict, predict_speaker
from humpcat.inference.sources import clips_of

from ..recordings import recorded
from ..training.making import vowel, write
from ..voices import voice

RATE = 16_000


def given(clip: Any, rate: int = RATE) -> dict[str, Any]:
    return {"array": clip, "sampling_rate": rate}


def scores(answer: list[dict[str, Any]]) -> list[float]:
    return [row["score"] for row in sorted(answer, key=lambda row: row["label"])]


def together(answers: Iterator[Any] | list[Any]) -> np.ndarray:
    return np.array([scores(answer) for answer in answers])


class Decoder:
    """What ``datasets`` gives of a row where torchcodec is installed, as far as anybody uses it."""

    def __init__(self, samples: np.ndarray, rate: int = RATE) -> None:
        self.samples, self.rate = samples, rate

    def get_all_samples(self) -> types.SimpleNamespace:
        return types.SimpleNamespace(data=torch.from_numpy(np.atleast_2d(self.samples)), sample_rate=self.rate)


def dataset_of(files: list[Path], *, within: bool) -> datasets.Dataset:
    cells = [
        {"path": file.name, "bytes": file.read_bytes()} if within else {"path": str(file), "bytes": None}
        for file in files
    ]
    table = datasets.Dataset.from_list([{"audio": cell, "label": "x"} for cell in cells])
    return table.cast_column("audio", datasets.Audio(decode=False)).cast_column("audio", datasets.Audio())


@pytest.mark.parametrize("within", [True, False])
def test_columns_of_datasets_need_no_decoder_of_theirs(classifier, files, within, monkeypatch) -> None:
    monkeypatch.setattr(datasets.config, "TORCHCODEC_AVAILABLE", False)
    table = dataset_of(files, within=within)
    expected = together(classifier([str(file) for file in files]))
    column = classifier(table["audio"])
    assert isinstance(column, list)
    np.testing.assert_allclose(together(column), expected, atol=1e-5)
    keyed = classifier(KeyDataset(table, "audio"), batch_size=2)
    assert not isinstance(keyed, list)
    np.testing.assert_allclose(together(keyed), expected, atol=1e-5)
    np.testing.assert_allclose(together(classifier(table)), expected, atol=1e-5)
    row = table.cast_column("audio", datasets.Audio(decode=False))[0]["audio"]
    assert scores(classifier(row)) == pytest.approx(expected[0].tolist(), abs=1e-5)
    streamed = table.to_iterable_dataset()
    np.testing.assert_allclose(together(classifier(KeyDataset(streamed, "audio"))), expected, atol=1e-5)


def test_decoder_objects_are_clips(classifier, files) -> None:
    clips = [vowel(emotion, speaker=6, take=3) for emotion in ("anger", "sadness")]
    expected = together(classifier([given(clip) for clip in clips]))
    decoders = [Decoder(clip) for clip in clips]
    assert scores(classifier(decoders[0])) == pytest.approx(expected[0].tolist(), abs=1e-5)
    assert classifier(decoders[0].get_all_samples()) == classifier(decoders[0])
    for several in (decoders, iter(decoders), KeyDataset([{"audio": each} for each in decoders], "audio")):
        np.testing.assert_allclose(together(classifier(several)), expected, atol=1e-5)
    np.testing.assert_allclose(
        together(classifier.listener()(decoders)),
        together(classifier.listener()([given(clip) for clip in clips])),
        atol=1e-5,
    )


def test_a_decoder_that_cannot_decode(classifier) -> None:
    class Broken:
        def get_all_samples(self) -> None:
            raise RuntimeError("Could not push packet to decoder\nat line 7")

    with pytest.raises(AudioError) as caught:
        classifier(Broken())
    assert str(caught.value) == ("Broken: cannot decode its audio (Could not push packet to decoder): leave it out.")


@pytest.mark.parametrize(
    "form",
    [
        lambda clip: given(torch.from_numpy(clip).requires_grad_()),
        lambda clip: given(torch.from_numpy(clip).to(torch.float64)),
        lambda clip: given(torch.from_numpy(clip).to(torch.bfloat16)),
        lambda clip: given((clip * 32767).astype(np.int16)),
        lambda clip: given(clip.astype(np.float16)),
    ],
)
def test_arrays_and_tensors_of_every_type(classifier, form) -> None:
    clip = vowel("anger", speaker=6, take=3)
    assert scores(classifier(form(clip))) == pytest.approx(scores(classifier(given(clip))), abs=0.03)


def test_bytearrays_and_nothing(classifier, files) -> None:
    assert classifier(bytearray(files[0].read_bytes())) == classifier(files[0].read_bytes())
    with pytest.raises(AudioError) as caught:
        classifier(None)
    assert str(caught.value) == (
        "None found, expected a path, bytes, a file object, or an array with its sampling rate."
    )


def test_a_recording_of_a_phone_agrees_with_the_clip(classifier, tmp_path) -> None:
    clip = vowel("anger", speaker=6, take=3)
    path = tmp_path / "clip.m4a"
    path.write_bytes(recorded(clip, ".m4a"))
    assert scores(classifier(path)) == pytest.approx(scores(classifier(given(clip))), abs=0.1)


# Channels


@pytest.fixture
def call(tmp_path) -> tuple[Path, np.ndarray, np.ndarray]:
    """Return a call of two parties, one a channel, and what each says."""
    one, other = vowel("anger", speaker=1, take=1), vowel("sadness", speaker=2, take=1)
    length = min(len(one), len(other))
    one, other = one[:length], other[:length]
    return write(tmp_path / "call.wav", np.stack([one, other], axis=1)), one, other


def test_one_channel_of_a_call(classifier, call) -> None:
    path, one, other = call
    left, right = (scores(classifier(given(party))) for party in (one, other))
    for choice in ("left", 0, "0"):
        assert scores(classifier(path, channel=choice)) == pytest.approx(left, abs=1e-3)
    for choice in ("right", 1, "1"):
        assert scores(classifier(path, channel=choice)) == pytest.approx(right, abs=1e-3)
    assert [scores(answer) for answer in classifier(path, channel="each")] == [
        pytest.approx(left, abs=1e-3),
        pytest.approx(right, abs=1e-3),
    ]
    both = classifier([path, given(one)], channel="each")
    assert [len(answers) for answers in both] == [2, 1]
    assert dict(predict([path], classifier, channel="each"))[str(path)] == classifier(path, channel="each")
    assert scores(classifier(path)) != pytest.approx(left, abs=1e-2)
    listener, plain = classifier.listener(), classifier.listener()
    assert scores(listener(path, channel="right")) == pytest.approx(scores(plain(given(other))), abs=1e-3)


def test_a_channel_that_is_not_there(classifier, call, files) -> None:
    with pytest.raises(AudioError) as caught:
        classifier(call[0], channel=2)
    assert str(caught.value) == (
        f"{call[0]}: has 2 channels, 0 to 1, channel 2 was asked for: choose another or none."
    )
    sentence = f"{files[0]}: has one channel, channel right was asked for: choose another or none."
    assert list(predict([files[0]], classifier, channel="right")) == [(str(files[0]), sentence)]
    for choice in ("middle", -1, 1.5, True, "-1"):
        with pytest.raises(SettingsError, match="expected left, right or a number from 0"):
            classifier(files[0], channel=choice)
    listener = classifier.listener()
    for hear in (
        lambda: listener(files[0], channel="each"),
        lambda: list(predict_speaker([], listener, channel="each")),
    ):
        with pytest.raises(SettingsError, match="a listener knows one speaker: choose the speaker's channel"):
            hear()


# Flags


def test_what_makes_a_clip_unusable_stands_beside_its_scores(classifier, files) -> None:
    silence = np.zeros(RATE, dtype=np.float32)
    voice = vowel("anger", speaker=6, take=3)
    answers = classifier([given(silence), given(voice), given(np.stack([voice, 0 * voice])), given(0 * silence + 0.3)])
    names = [[flag["name"] for flag in answer[0].get("flags", [])] for answer in answers]
    assert names == [["silent", "no speech"], [], ["dead channel"], ["silent", "offset", "no speech"]]
    assert all(set(row) == {"score", "label"} for row in answers[1])
    assert all(row["flags"] == answers[0][0]["flags"] for row in answers[0])
    assert classifier(given(silence), top_k=1)[0]["flags"] == answers[0][0]["flags"]
    assert classifier.listener()(given(silence))[0]["flags"] == answers[0][0]["flags"]
    assert "flags" not in classifier(given(np.stack([voice, 0 * voice])), channel="left")[0]


def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(scale=0.1, size=2 * RATE).astype(np.float32)


@pytest.mark.parametrize(
    ("clip", "names"),
    [
        (noise(), ["no speech"]),
        (np.zeros(RATE, dtype=np.float32), ["silent", "no speech"]),
        (np.eye(1, 480, 200, dtype=np.float32)[0], ["silent", "no speech"]),
    ],
    ids=["noise", "silence", "click"],
)
def test_without_speech_no_class_is_more_probable_than_another(classifier, files, tmp_path, clip, names) -> None:
    file = write(tmp_path / "clip.wav", clip)
    listener, undisturbed = classifier.listener(), classifier.listener()
    listener(files[0])
    undisturbed(files[0])
    answers = [
        classifier(given(clip)),
        classifier([str(files[1]), str(file)])[1],
        dict(predict([files[1], file], classifier))[str(file)],
        dict(predict_speaker([file], listener))[str(file)],
        listener(given(clip)),
    ]
    for answer in answers:
        assert scores(answer) == pytest.approx([0.25] * 4)
        assert [flag["name"] for flag in answer[0]["flags"]] == names
    assert listener.clips == 1
    assert listener(files[1]) == undisturbed(files[1])


def test_each_channel_is_searched_for_speech(classifier, files, tmp_path) -> None:
    speech = np.tile(vowel("anger", speaker=6, take=3), 3)
    call = write(tmp_path / "call.wav", np.stack([speech, np.resize(noise(), len(speech))], axis=1))
    for spoken, other in (
        classifier(call, channel="each"),
        dict(predict([call], classifier, channel="each"))[str(call)],
    ):
        assert "flags" not in spoken[0]
        assert np.ptp(scores(spoken)) > 0.01
        assert scores(other) == pytest.approx([0.25] * 4)
        assert [flag["name"] for flag in other[0]["flags"]] == ["no speech"]


@pytest.mark.parametrize("gain", [1e-4, 1e-6, 1e-12])
def test_speech_that_nobody_could_hear_is_flagged(classifier, gain) -> None:
    clip = {"array": gain * voice().astype(np.float64), "sampling_rate": RATE}
    assert [flag["name"] for flag in classifier(clip)[0]["flags"]] == ["silent"]


def test_silence_around_speech_moves_no_answer_and_is_not_flagged(classifier, tmp_path) -> None:
    for clip in (voice(1), voice(3)):
        silence = np.zeros(20 * RATE, dtype=np.float32)
        around = np.concatenate([silence, clip, silence])
        expected = scores(classifier(given(clip)))
        assert np.ptp(expected) > 0.01
        file = write(tmp_path / "around.wav", around)
        for answer in (classifier(given(around)), dict(predict([file], classifier))[str(file)]):
            assert scores(answer) == pytest.approx(expected, abs=1e-3)
            assert "flags" not in answer[0]


def test_a_model_that_answers_no_number_says_so(world, tmp_path) -> None:
    broken = pipeline(world.source, device="cpu")
    listener = broken.listener()
    broken.model.classifier.bias.data[0] = float("nan")
    clip = given(vowel("anger", speaker=6, take=3))
    for classify in (broken, listener):
        with pytest.raises(
            CheckpointError, match=r"its answer is not a number: its weights are damaged; save or copy"
        ):
            classify(clip)
    assert listener.clips == 0


# Threads


def test_threads_share_a_pipeline(classifier) -> None:
    clips = [
        given(vowel(emotion, speaker=speaker, take=5)) for emotion in ("anger", "sadness") for speaker in range(4)
    ]
    alone = [scores(classifier(clip)) for clip in clips]
    with ThreadPoolExecutor(4) as threads:
        for index, answer in enumerate(threads.map(classifier, clips * 4)):
            assert scores(answer) == pytest.approx(alone[index % len(clips)], abs=1e-5)


def test_threads_share_a_listener_and_no_clip_is_lost(classifier, files) -> None:
    listener = classifier.listener()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(listener, files * 4))
    assert listener.clips == len(files) * 4


def test_many_long_recordings_are_never_all_in_memory(classifier, files, monkeypatch) -> None:
    monkeypatch.setattr(sources, "PART_SECONDS", 0.5)
    decoded: list[int] = []
    answered: list[int] = []
    answer = classifier.answers

    def counted(*args: object) -> object:
        decoded.append(1)
        return clips_of(*args)

    monkeypatch.setattr("humpcat.inference.classifier.clips_of", counted)
    monkeypatch.setattr(classifier, "answers", lambda *args: answered.append(len(decoded)) or answer(*args))
    many = files * 3
    expected = together(classifier(many))
    assert len(answered) > 3
    assert answered[0] <= 3
    np.testing.assert_allclose(expected[:3], expected[3:6], atol=1e-5)
    named = [(path, scores(answer)) for path, answer in predict(many, classifier)]
    assert [path for path, _ in named] == [str(file) for file in many]
    np.testing.assert_allclose([found for _, found in named], expected, atol=1e-5)


def test_a_clip_that_is_decoded_is_not_decoded_again(files) -> None:
    clip = clips_of(files[0], find_speech)[0]
    assert clips_of(clip, find_speech) == [clip]
