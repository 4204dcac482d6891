from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

from humpcat import audio
from humpcat.errors import AudioError, CheckpointError
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.mfcc import Mfcc
from humpcat.features.prosody import Prosody
from humpcat.features.speech import find_speech
from humpcat.inference.pipeline import HumpCatPipeline, pipeline, predict_speaker
from humpcat.models.humpcat.standardization import measure

from ..training.making import World, vowel, write

EMOTIONS = ("anger", "happiness", "neutral", "sadness")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return four clips of one speaker, of different lengths."""
    folder = tmp_path_factory.mktemp("speaker")
    return [write(folder / f"{emotion}.wav", vowel(emotion, speaker=4, take=7)) for emotion in EMOTIONS]


def scores(answer: list[dict]) -> np.ndarray:
    return np.array([row["score"] for row in sorted(answer, key=lambda row: row["label"])])


def together(answers: list[list[dict]]) -> np.ndarray:
    return np.stack([scores(answer) for answer in answers])


def test_the_pipeline_stays_as_it_is(classifier: HumpCatPipeline, files: list[Path]) -> None:
    before, kept = classifier(files), classifier.model.weights_hash()
    listener = classifier.listener()
    heard = listener(files)
    assert classifier(files) == before
    assert classifier.model.weights_hash() == kept
    assert np.abs(together(heard) - together(before)).max() > 1e-3


def test_a_list_is_heard_before_it_is_answered(classifier: HumpCatPipeline, files: list[Path]) -> None:
    one, other, batched = (classifier.listener() for _ in range(3))
    forwards, backwards = together(one(files)), together(other(files[::-1]))
    np.testing.assert_allclose(forwards, backwards[::-1], atol=1e-4)
    np.testing.assert_allclose(forwards, together(batched(iter(files), batch_size=1)), atol=1e-4)
    assert one.clips == other.clips == batched.clips == len(files)


def test_clip_by_clip_each_is_answered_by_those_before_it_and_itself(
    classifier: HumpCatPipeline, files: list[Path]
) -> None:
    listener = classifier.listener()
    for count, file in enumerate(files, start=1):
        answer = listener(file)
        assert listener.clips == count
        expected = classifier.listener()(files[:count])[-1]
        np.testing.assert_allclose(scores(answer), scores(expected), atol=1e-4)


def test_what_is_heard_is_what_training_measures(classifier: HumpCatPipeline, files: list[Path]) -> None:
    listener = classifier.listener()
    listener(files, batch_size=3)
    config, encoder = classifier.model.config, classifier.model.load_encoder()
    hidden = HiddenStates(encoder, config.encoder_layers, config.encoder_group)
    hidden.dtype = torch.float32
    waveforms = [find_speech(audio.load(file)).waveform for file in files]
    parts = [extractor.extract(waveforms) for extractor in (hidden, Mfcc(), Prosody())]
    measured = measure(first | second | third for first, second, third in zip(*parts, strict=True))
    for name in ("hidden", "mfcc", "prosody", "functionals", "pooled"):
        # The store keeps hidden states in half precision.
        torch.testing.assert_close(listener.heard[name].statistics(), measured[name], rtol=1e-2, atol=1e-2)


def test_top_k_and_nothing(classifier: HumpCatPipeline, files: list[Path]) -> None:
    listener = classifier.listener()
    assert listener([]) == []
    assert listener.clips == 0
    assert len(listener(files[0], top_k=2)) == 2
    assert [len(answer) for answer in listener(files, top_k=9)] == [4] * 4


def test_a_bad_clip_is_named_and_leaves_no_trace(
    classifier: HumpCatPipeline, files: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"")
    listener, undisturbed = classifier.listener(), classifier.listener()
    listener(files[0])
    undisturbed(files[0])
    for inputs in (bad, [files[1], bad]):
        with pytest.raises(AudioError) as caught:
            listener(inputs)
        assert str(caught.value) == f"{bad}: the file is empty (0 bytes): copy it again or remove it."
        assert listener.clips == 1
    assert listener(files[1]) == undisturbed(files[1])


def test_a_profile_is_saved_and_taken_up_again(classifier: HumpCatPipeline, files: list[Path], tmp_path: Path) -> None:
    listener = classifier.listener()
    listener.save(tmp_path / "nobody")
    listener(files[:3])
    listener.save(tmp_path / "profiles" / "anna")
    again = classifier.listener(tmp_path / "profiles" / "anna")
    assert again.clips == 3
    assert again(files[3]) == listener(files[3])
    nobody = classifier.listener(tmp_path / "nobody")
    assert nobody.clips == 0
    assert nobody(files[0]) == classifier.listener()(files[0])


def test_a_profile_that_cannot_be_used(
    classifier: HumpCatPipeline, world: World, files: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError) as caught:
        classifier.listener(tmp_path / "none")
    assert str(caught.value) == f"{tmp_path}/none: no such file: check the path of the speaker's profile."
    with pytest.raises(CheckpointError, match=r"wav: is not a speaker's profile .*: expected a file that a listener"):
        classifier.listener(files[0])
    listener = classifier.listener()
    listener(files[0])
    listener.save(tmp_path / "anna")
    other = pipeline(world.source, device="cpu")
    with pytest.raises(CheckpointError) as caught:
        other.listener(tmp_path / "anna")
    found, expected = (of.model.weights_hash() for of in (classifier, other))
    assert str(caught.value) == (
        f"{tmp_path}/anna: the profile was heard by the model {found}, this one is {expected}: use it with the model "
        "that it was saved with, or begin a new one."
    )
    weights = world.source / "model.safetensors"
    with pytest.raises(CheckpointError) as caught:
        classifier.listener(weights)
    assert str(caught.value) == f"{weights}: holds no speaker's profile: expected a file that a listener saved."


def test_files_of_one_speaker(classifier: HumpCatPipeline, files: list[Path], tmp_path: Path) -> None:
    expected = classifier.listener()(files)
    given = [*files[:2], tmp_path / "none.wav", *files[2:]]
    answers = dict(predict_speaker(given, classifier.listener()))
    assert list(answers) == [str(path) for path in given]
    assert answers.pop(str(tmp_path / "none.wav")) == f"{tmp_path}/none.wav: no such file: check the path."
    np.testing.assert_allclose(together(list(answers.values())), together(expected), atol=1e-4)


def test_a_model_of_somebody_else_is_refused() -> None:
    config = Wav2Vec2Config(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        conv_dim=(8,) * 7,
        num_conv_pos_embedding_groups=2,
    )
    model = Wav2Vec2ForSequenceClassification(config)
    with pytest.raises(CheckpointError) as caught:
        HumpCatPipeline(model=model, feature_extractor=Wav2Vec2FeatureExtractor(), device="cpu")
    assert str(caught.value) == (
        "a model of the class Wav2Vec2ForSequenceClassification is none of humpcat's: use it by "
        'transformers.pipeline("audio-classification", ...).'
    )
