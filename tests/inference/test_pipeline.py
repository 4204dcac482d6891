import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file, save_file

from humpcat.errors import AudioError, CheckpointError, EncoderError, SettingsError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.toy_encoder import make_toy_encoder
from humpcat.inference.pipeline import HumpCatPipeline, pipeline, predict
from humpcat.pretrained import pretrained

from ..training.making import World, copied, vowel, write

RATE = 16_000
NO_RATE = "array of shape (16000,): its sampling rate is not known: pass {'array': samples, 'sampling_rate': rate}."


@pytest.fixture(scope="module")
def clips() -> list[np.ndarray]:
    """Return clips from 30 ms to 3 s: speech, quiet and loud, and noise, silence and a click, which are none."""
    rng = np.random.default_rng(0)
    long = np.concatenate([vowel(emotion, speaker=1, take=1) for emotion in ("anger", "sadness", "neutral")])
    return [
        vowel("happiness", speaker=2, take=1),
        rng.normal(scale=0.1, size=RATE).astype(np.float32),
        np.zeros(RATE // 2, dtype=np.float32),
        np.eye(1, 480, 200, dtype=np.float32)[0],
        np.clip(5 * vowel("anger", speaker=3, take=1), -1, 1),
        np.concatenate([long, long]),
        0.01 * vowel("neutral", speaker=2, take=1),
    ]


def given(clip: np.ndarray, rate: int = RATE) -> dict:
    return {"array": clip, "sampling_rate": rate}


def scores(answer: list[dict]) -> list[float]:
    return [row["score"] for row in sorted(answer, key=lambda row: row["label"])]


def test_alone_in_a_batch_and_in_any_order(classifier: HumpCatPipeline, clips: list[np.ndarray]) -> None:
    alone = [scores(classifier(given(clip))) for clip in clips]
    assert np.ptp(np.array(alone), axis=0).max() > 0.01
    assert (np.ptp(np.array(alone), axis=1) > 1e-6).tolist() == [True, False, False, False, True, True, True]
    for batch_size in (1, 3, 8):
        together = [scores(answer) for answer in classifier([given(clip) for clip in clips], batch_size=batch_size)]
        assert np.abs(np.array(together) - alone).max() < 1e-4
    order = [5, 2, 0, 6, 4, 1, 3]
    shuffled = [scores(answer) for answer in classifier([given(clips[index]) for index in order])]
    assert np.abs(np.array(shuffled) - np.array(alone)[order]).max() < 1e-4


def test_answers_are_finite_sorted_and_sum_to_one(classifier: HumpCatPipeline, clips: list[np.ndarray]) -> None:
    for answer in classifier([given(clip) for clip in clips]):
        values = [row["score"] for row in answer]
        assert {row["label"] for row in answer} == {"anger", "happiness", "neutral", "sadness"}
        assert values == sorted(values, reverse=True)
        assert sum(values) == pytest.approx(1)


def test_every_form_of_one_clip(classifier: HumpCatPipeline, tmp_path: Path) -> None:
    path = write(tmp_path / "clip.wav", vowel("anger", speaker=1, take=1))
    samples, _ = soundfile.read(path, dtype="float32")
    expected = classifier(str(path))
    forms = [
        path,
        path.read_bytes(),
        io.BytesIO(path.read_bytes()),
        given(samples),
        given(samples.tolist()),
        given(torch.from_numpy(samples)),
        {"raw": samples, "sampling_rate": RATE},
        {"path": str(path), "bytes": None},
        {"path": "elsewhere.wav", "bytes": path.read_bytes()},
    ]
    for form in forms:
        assert scores(classifier(form)) == pytest.approx(scores(expected), abs=1e-6)
    with path.open("rb") as file:
        assert classifier(file) == expected
    assert classifier([str(path)]) == [expected]
    for pair in (classifier((path, path)), classifier([str(path), path.read_bytes()])):
        assert [scores(answer) for answer in pair] == [pytest.approx(scores(expected), abs=1e-5)] * 2
    assert classifier([]) == []
    stream = classifier(item for item in (path, str(path)))
    assert not isinstance(stream, list)
    assert [scores(answer) for answer in stream] == [pytest.approx(scores(expected), abs=1e-5)] * 2


def test_other_rate_and_stereo(classifier: HumpCatPipeline, tmp_path: Path) -> None:
    mono = vowel("sadness", speaker=1, take=1, rate=44_100)
    other = 0.5 * mono
    middle = scores(classifier(given((mono + other) / 2, 44_100)))
    stereo = np.stack([mono, other])
    path = write(tmp_path / "stereo.wav", stereo.T, 44_100)
    for form in (given(stereo, 44_100), given(stereo.T, 44_100), path):
        assert scores(classifier(form)) == pytest.approx(middle, abs=1e-2)
    assert scores(classifier(given(stereo, 44_100))) == pytest.approx(middle, abs=1e-4)


def test_top_k(classifier: HumpCatPipeline, world: World, clips: list[np.ndarray]) -> None:
    every = classifier(given(clips[0]))
    assert classifier(given(clips[0]), top_k=1) == every[:1]
    assert classifier([given(clips[0])], top_k=2, batch_size=1) == [every[:2]]
    assert len(classifier(given(clips[0]), top_k=9)) == 4
    assert classifier(given(clips[0])) == every


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy, lambda array: [array]])
def test_an_array_without_its_rate(kind, classifier: HumpCatPipeline) -> None:
    with pytest.raises(AudioError) as caught:
        classifier(kind(np.zeros(RATE, dtype=np.float32)))
    assert str(caught.value) == NO_RATE


def test_a_bad_clip_in_a_list_is_named(classifier: HumpCatPipeline, tmp_path: Path) -> None:
    good, bad = write(tmp_path / "good.wav", vowel("anger", speaker=1, take=1)), tmp_path / "bad.wav"
    bad.write_text("no audio at all")
    sentence = (
        f"{bad}: is not audio that can be decoded (first bytes b'no audio'): expected wav, flac, ogg, opus, mp3, "
        "aiff, m4a, mp4, webm, aac, wma or amr; convert or remove it."
    )
    with pytest.raises(AudioError) as caught:
        classifier([good, bad])
    assert str(caught.value) == sentence
    answers = list(predict([good, bad, str(good)], classifier))
    assert [path for path, _ in answers] == [str(good), str(bad), str(good)]
    for answer in (answers[0][1], answers[2][1]):
        assert not isinstance(answer, str)
        assert scores(answer) == pytest.approx(scores(classifier(good)), abs=1e-5)
    assert answers[1][1] == sentence


def test_the_model_that_comes_with_humpcat_is_the_default_and_needs_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was asked"))
    clip = write(tmp_path / "clip.wav", vowel("anger", speaker=7, take=1))
    answers = []
    for name in (None, "mini", "humpcat/mini"):
        classifier = pipeline(name, device="cpu")
        assert Path(classifier.model.name_or_path) == pretrained()
        answers.append(classifier(str(clip)))
    assert answers[0] == answers[1] == answers[2]


def test_the_other_model_goes_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("humpcat.models.humpcat.modeling.HumpCatForAudioClassification.load_encoder", lambda _: None)
    model = pipeline("cremad-whisper-base", device="cpu").model
    assert (Path(model.name_or_path), model.config.encoder) == (
        pretrained("cremad-whisper-base"),
        "openai/whisper-base",
    )


def with_encoder(world: World, to: Path, encoder: Path) -> Path:
    """Return a copy of the source model that names another encoder folder."""

    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"encoder": str(encoder)}))

    return copied(world.source, to, change)


def test_an_encoder_that_has_moved(
    world: World, clips: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUMPCAT_ENCODERS")
    old = shutil.copytree(world.encoder, tmp_path / "old")
    model = with_encoder(world, tmp_path / "model", old)
    expected = pipeline(model)(given(clips[0]))
    old.rename(tmp_path / "new")
    with pytest.raises(EncoderError) as caught:
        pipeline(model)
    assert str(caught.value) == (
        f"encoder '{old}' was not found: there is no such folder: pass --encoder a folder in the hub's "
        "layout (config.json and model.safetensors), or a name of the hub."
    )
    assert pipeline(model, encoder=tmp_path / "new")(given(clips[0])) == expected


def test_another_encoder(world: World, tmp_path: Path) -> None:
    other = make_toy_encoder(tmp_path / "other", seed=1)
    with pytest.raises(EncoderError) as caught:
        pipeline(world.source, encoder=other)
    found, expected = (SpeechEncoder.from_pretrained(folder).weights_hash() for folder in (other, world.encoder))
    assert str(caught.value) == (
        f"encoder {other}: its weights have the hash {found}, the model was trained with {expected}: point it to the "
        "encoder that it was trained with."
    )


def test_a_weight_is_missing(world: World, tmp_path: Path) -> None:
    model = copied(world.source, tmp_path / "model")
    weights = load_file(model / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError) as caught:
        pipeline(model)
    assert str(caught.value) == (
        f"{model}: 1 weights are missing, such as classifier.weight: the checkpoint is damaged or of another "
        "configuration; save or copy it again."
    )


def test_a_pickle_in_place_of_safetensors(world: World, tmp_path: Path) -> None:
    model = copied(world.source, tmp_path / "model")
    torch.save(load_file(model / "model.safetensors"), model / "pytorch_model.bin")
    (model / "model.safetensors").unlink()
    shutil.rmtree(model / "checkpoints")
    with pytest.raises(CheckpointError) as caught:
        pipeline(model)
    assert str(caught.value) == (
        f"{model}: found README.md, config.json, ledger.json, predictions.parquet, "
        "preprocessor_config.json, pytorch_model.bin, results.json, results.md, settings.json, split.json, expected "
        "config.json and model.safetensors: pickled weights are not loaded; name the folder of a saved model."
    )


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        pipeline(tmp_path / "none")
    assert str(caught.value) == (f"{tmp_path}/none: there is no such folder: name the folder of a saved model.")


def test_an_answer_that_is_less_sure_than_asked_for_abstains(world: World, tmp_path: Path) -> None:
    clip = str(write(tmp_path / "clip.wav", vowel("anger", speaker=7, take=1)))
    classify = pipeline(world.source, device="cpu")
    (first, *_) = classify(clip)
    assert "flags" not in first
    assert classify(clip, min_confidence=first["score"] - 0.001) == classify(clip)
    doubted = classify(clip, min_confidence=min(1.0, first["score"] + 0.001))
    assert [row["label"] for row in doubted] == [row["label"] for row in classify(clip)]
    assert {flag["name"] for row in doubted for flag in row["flags"]} == {"abstain"}
    made = HumpCatPipeline(model=classify.model, feature_extractor=classify.feature_extractor, min_confidence=1.0)
    assert made(clip)[0]["flags"][0]["name"] == "abstain"
    heard = classify.listener()(clip, min_confidence=1.0)
    assert heard[0]["flags"][0]["name"] == "abstain"
    ((_, answer),) = predict([clip], classify, min_confidence=1.0)
    assert answer[0]["flags"][0]["name"] == "abstain"
    for wrong in (-0.1, 1.5, "much"):
        with pytest.raises(SettingsError, match="expected a probability, 0 to 1"):
            classify(clip, min_confidence=wrong)
