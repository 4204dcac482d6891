import numpy as np
import pytest
import torch
from transformers import pipeline

from humpcat.features.encoder import SpeechEncoder
from humpcat.features.speech import find_speech
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.tuning import CROP, EncoderTuner
from humpcat.training.trainer.state import Checkpoints

from .making import RATE, finetune, train, vowel


def own_weights(folder):
    return (folder / "model.safetensors").read_bytes()


def loaded(folder):
    return HumpCatForAudioClassification.from_pretrained(folder)


@pytest.fixture(scope="module")
def tuned(world, tmp_path_factory):
    """Return the folder of a source model whose encoder was tuned in its two upper layers that are read."""
    out = tmp_path_factory.mktemp("tuned") / "out"
    train(world, out, network={"tuned_layers": 2})
    return out


def test_only_the_layers_asked_for_have_changed(world, tuned):
    model, before = loaded(tuned), SpeechEncoder.from_pretrained(world.encoder)
    top = max(model.config.encoder_layers)
    changed = {
        name
        for name, weight in model.encoder.model.named_parameters()
        if not torch.equal(weight, before.model.get_parameter(name))
    }
    layers = {f"encoder.layers.{top - 2}", f"encoder.layers.{top - 1}"}
    assert {".".join(name.split(".")[:3]) for name in changed} == layers
    assert model.config.encoder_hash == model.encoder.weights_hash() != before.weights_hash()


def test_the_model_was_fitted_to_the_tuned_encoders_features(tuned):
    model = loaded(tuned)
    emotions = ("anger", "happiness", "neutral", "sadness")
    clips = [find_speech(vowel(emotion, speaker=1, take=1)).waveform for emotion in emotions]
    with torch.no_grad():
        states = model.encoder.encode_speech([torch.from_numpy(clip) for clip in clips], model.config.encoder_layers)
    means = torch.stack([state.mean(1) for state in states])
    mean, spread = model.standardizer.pooled
    # Of another encoder's features most would lie far outside.
    assert ((means - mean) / spread).abs().median() < 2


def test_a_clip_alone_and_in_a_batch_gets_the_same_answer(tuned):
    classifier = pipeline("audio-classification", str(tuned))
    clips = [vowel(emotion, speaker=2, take=1) for emotion in ("sadness", "anger", "neutral")]
    given = [{"array": clip, "sampling_rate": RATE} for clip in clips]

    def scores(answer):
        return [row["score"] for row in sorted(answer, key=lambda row: row["label"])]

    alone = np.array([scores(classifier(dict(one))) for one in given])
    together = np.array([scores(answer) for answer in classifier([dict(one) for one in given], batch_size=3)])
    assert np.abs(together - alone).max() < 1e-4


def test_a_model_adapted_from_a_tuned_one_keeps_its_encoder(world, tuned, tmp_path):
    finetune(world, tmp_path / "out", source=str(tuned))
    assert loaded(tmp_path / "out/draw-0").encoder.weights_hash() == loaded(tuned).encoder.weights_hash()


@pytest.mark.parametrize("epochs_done", [1, 2])
def test_killed_and_resumed_is_as_unbroken(world, tuned, tmp_path, monkeypatch, epochs_done):
    """Killed while the encoder is tuned, and when the fusion has begun."""
    finished, original = [], Checkpoints.save_state

    def save(self, accelerator):
        original(self, accelerator)
        finished.append(self.folder.name)
        if len(finished) == epochs_done:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save_state", save)
        with pytest.raises(KeyboardInterrupt):
            train(world, tmp_path / "out", network={"tuned_layers": 2})
    assert finished == ["encoder"] * epochs_done
    train(world, tmp_path / "out", network={"tuned_layers": 2}, source={"resume": True})
    assert own_weights(tmp_path / "out") == own_weights(tuned)


@pytest.fixture
def tuner(world):
    torch.manual_seed(0)
    return EncoderTuner(SpeechEncoder.from_pretrained(world.encoder), (1, 2, 3), tuned=2, classes=4)


def test_the_tuner_reads_what_the_encoder_gives(tuner):
    clip = torch.from_numpy(vowel("anger", speaker=3, take=1))
    with torch.no_grad():
        states = tuner.encoder.encode([clip], (1, 2, 3))[0]
        found = tuner.eval()(states[None, :1], torch.tensor([len(clip)])).embedding
    above = states[1:]
    pooled = torch.cat([above.mean(1), (above.var(1, correction=0) + 1e-5).sqrt()], dim=-1)
    torch.testing.assert_close(found, tuner.norm(pooled).flatten()[None], atol=1e-4, rtol=1e-4)


def test_the_tuner_is_blind_to_padding(tuner):
    tuner.eval()
    states, frames = torch.randn(2, 1, 90, tuner.encoder.width), torch.tensor([90, 40])
    with torch.no_grad():
        together = tuner(states, frames * 320).logits
        alone = tuner(states[1:, :, :40], frames[1:] * 320).logits
    torch.testing.assert_close(together[1:], alone, atol=1e-5, rtol=1e-4)


def test_training_sees_a_part_of_a_long_clip_and_the_whole_of_a_short_one(tuner, monkeypatch):
    seen = []

    def encode_above(states, frames, start, end):
        seen.append((states, frames))
        return states[:, None].expand(-1, end - start, -1, -1)

    monkeypatch.setattr(tuner.encoder, "encode_above", encode_above)
    frames = torch.tensor([200, 20])
    ramp = torch.arange(200.0).view(1, 1, 200, 1).expand(2, 1, 200, tuner.encoder.width)
    for _ in range(20):
        tuner.train()(ramp, frames * 320)
    begins = {int(states[0, 0, 0]) for states, _ in seen}
    assert len(begins) > 5
    assert min(begins) >= 0
    assert max(begins) <= 200 - CROP
    for states, lengths in seen:
        assert lengths.tolist() == [CROP, 20]
        assert torch.equal(states[0, :, 0], torch.arange(CROP) + states[0, 0, 0])
        assert torch.equal(states[1, :20, 0], torch.arange(20.0))
