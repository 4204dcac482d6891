from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from humpcat.errors import CheckpointError, EncoderError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import HiddenStates
from humpcat.models.humpcat.cosine_classifier import CosineClassifier
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification

LOADING = HumpCatForAudioClassification.from_pretrained


@pytest.fixture
def saved(tmp_path, tiny_model):
    tiny_model().save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def refusal(name):
    with pytest.raises(CheckpointError) as caught:
        LOADING(name)
    return str(caught.value)


def altered(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def logits(model, inputs):
    with torch.no_grad():
        return model(**inputs).logits


@pytest.mark.parametrize("stem", ["conv", "linear"])
@pytest.mark.parametrize("classifier", ["linear", "cosine"])
def test_a_saved_model_gives_the_same_logits(stem, classifier, tmp_path, tiny_model, batch):
    model = tiny_model(stem=stem, classifier=classifier)
    model.save_pretrained(tmp_path)
    inputs = batch([12, 30, 5], group=model.config.encoder_group)
    loaded = LOADING(tmp_path)
    assert not loaded.training
    assert torch.equal(logits(loaded, inputs), logits(model, inputs))
    assert loaded.config.label2id == model.config.label2id


def test_the_shapes_and_the_loss_of_an_answer(tiny_model, batch):
    model = tiny_model()
    labels = torch.tensor([3, 0])
    found = model(**batch([12, 30], group=4), labels=labels)
    assert found.logits.shape == (2, 4)
    assert found.fusion_logits.shape == (2, 4)
    assert found.embedding.shape == (2, 4 * 24)
    torch.testing.assert_close(found.loss, torch.nn.functional.cross_entropy(found.logits, labels))


def test_the_cosine_classifier_knows_directions_only():
    classifier = CosineClassifier(3, 2, scale=30.0)
    classifier.weight.data = torch.tensor([[2.0, 0, 0], [0, 5.0, 0]])
    found = classifier(torch.tensor([[1.0, 0, 0], [0, 0, 7.0], [3.0, 3.0, 0]]))
    expected = torch.tensor([[30.0, 0], [0, 0], [30 / 2**0.5, 30 / 2**0.5]])
    torch.testing.assert_close(found, expected)


def test_a_frozen_encoder_is_not_saved(saved, tiny_model, saved_encoder, tmp_path):
    model = tiny_model(encoder=str(saved_encoder))
    model.load_encoder()
    model.save_pretrained(tmp_path / "with")
    assert sorted(file.name for file in (tmp_path / "with").iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    weights = load_file(tmp_path / "with" / "model.safetensors")
    assert [key for key in weights if key.startswith("encoder.")] == []
    assert set(weights) == set(load_file(saved / "model.safetensors"))
    size = sum(file.stat().st_size for file in (tmp_path / "with").iterdir())
    assert size < 400_000
    assert torch.equal(LOADING(tmp_path / "with").classifier.weight, model.classifier.weight)


def test_a_tuned_encoder_is_saved_whole(tmp_path, tuned_model):
    model = tuned_model()
    with torch.no_grad():
        for weight in model.encoder.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    model.save_pretrained(tmp_path)
    loaded = LOADING(tmp_path)
    assert loaded.encoder.weights_hash() == model.encoder.weights_hash()
    assert set(loaded.state_dict()) == set(model.state_dict())
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in loaded.state_dict().items())


def tuned_names(model):
    return {name for name, weight in model.encoder.named_parameters() if weight.requires_grad}


def test_gradients_reach_the_top_layers_only_before_and_after_saving(tmp_path, tuned_model, batch):
    model = tuned_model()
    model.save_pretrained(tmp_path)
    for each in (model, LOADING(tmp_path)):
        names = tuned_names(each)
        assert names
        assert all(name.startswith("model.encoder.layers.1.") for name in names)
        inputs = batch([20, 12], group=4)
        inputs = {name: value for name, value in inputs.items() if name not in ("hidden", "pooled")}
        each(input_values=torch.randn(2, 20 * 320 + 17), **inputs, labels=torch.tensor([0, 1])).loss.backward()
        moved = {
            name for name, weight in each.encoder.named_parameters() if weight.grad is not None and weight.grad.any()
        }
        assert moved == names


def test_training_mode_leaves_a_frozen_encoder_in_evaluation(tiny_model, tuned_model, saved_encoder):
    frozen = tiny_model(encoder=str(saved_encoder))
    frozen.load_encoder()
    assert frozen.train().training
    assert not frozen.encoder.training
    assert not frozen.encoder.model.training
    assert not any(weight.requires_grad for weight in frozen.encoder.parameters())
    assert tuned_model().train().encoder.training


# What is refused


def test_a_missing_weight_is_refused(saved):
    altered(saved, lambda weights: weights.pop("classifier.weight"))
    assert refusal(saved) == (
        f"{saved}: 1 weights are missing, such as classifier.weight: "
        "the checkpoint is damaged or of another configuration; save or copy it again."
    )


def test_missing_statistics_are_refused(saved):
    altered(saved, lambda weights: weights.pop("standardizer.mfcc"))
    assert refusal(saved) == (
        f"{saved}: 1 weights are missing, such as standardizer.mfcc: "
        "the checkpoint is damaged or of another configuration; save or copy it again."
    )


def test_a_surplus_weight_is_refused(saved):
    altered(saved, lambda weights: weights.update({"extra.weight": torch.zeros(3)}))
    assert refusal(saved) == (
        f"{saved}: 1 weights are unknown to this model, such as extra.weight: "
        "the checkpoint is damaged or of another configuration; save or copy it again."
    )


def test_a_weight_of_another_shape_is_refused(saved):
    altered(saved, lambda weights: weights.update({"classifier.bias": torch.zeros(7)}))
    assert refusal(saved) == (
        f"{saved}: weight classifier.bias has the shape (7,), expected (4,): "
        "the checkpoint is damaged or of another configuration; save or copy it again."
    )


def test_weights_cut_off_are_refused(saved):
    file = saved / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    assert refusal(saved) == (
        f"{saved}: its weights are damaged (Error while deserializing header: incomplete metadata, file not fully "
        "covered): save or copy it again."
    )


EXPECTED = (
    "expected config.json and model.safetensors: pickled weights are not loaded; name the folder of a saved model."
)


def test_pickled_weights_are_refused_unread(saved):
    (saved / "model.safetensors").unlink()
    (saved / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch pickled'\ntR.")
    assert refusal(saved) == f"{saved}: found README.md, config.json, pytorch_model.bin, {EXPECTED}"


def test_a_folder_without_configuration_is_refused(saved):
    (saved / "config.json").unlink()
    assert refusal(saved) == f"{saved}: found README.md, model.safetensors, {EXPECTED}"


def test_an_empty_folder_is_refused(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path}: found nothing, {EXPECTED}"


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    assert refusal(tmp_path / "none") == (
        f"{tmp_path / 'none'}: there is no such folder: name the folder of a saved model."
    )


# The encoder


def test_an_encoder_with_other_weights_is_refused(tiny_model, saved_encoder):
    model = tiny_model(encoder=str(saved_encoder), encoder_hash="0123456789abcdef")
    found = SpeechEncoder.from_pretrained(saved_encoder).weights_hash()
    with pytest.raises(EncoderError) as caught:
        model.load_encoder()
    assert str(caught.value) == (
        f"encoder {saved_encoder}: its weights have the hash {found}, the model was trained with 0123456789abcdef: "
        "point it to the encoder that it was trained with."
    )
    assert model.encoder is None


def test_an_encoder_that_has_gone_is_refused(tiny_model, tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    with pytest.raises(EncoderError) as caught:
        tiny_model(encoder=str(folder)).load_encoder()
    assert str(caught.value) == (
        f"encoder {folder}: the folder holds no config.json: expected the layout of a hub checkpoint."
    )


@pytest.mark.parametrize("stem", ["conv", "linear"])
def test_raw_audio_gives_what_stored_features_give(stem, tiny_model, saved_encoder, batch):
    encoder = SpeechEncoder.from_pretrained(saved_encoder)
    model = tiny_model(encoder=str(saved_encoder), encoder_hash=encoder.weights_hash(), stem=stem)
    group = model.config.encoder_group
    frames = (20, 3, 12)
    inputs = batch(frames, group=group)
    rng = np.random.default_rng(0)
    clips = [(0.1 * rng.normal(size=int(length))).astype(np.float32) for length in inputs["lengths"]]

    extractor = HiddenStates(encoder, model.config.encoder_layers, group)
    extractor.dtype = torch.float32
    arrays = [{name: torch.from_numpy(a) for name, a in clip.items()} for clip in extractor.extract(clips)]
    inputs["pooled"] = torch.stack([clip["pooled"] for clip in arrays])
    inputs["hidden"].zero_()
    for row, clip in enumerate(arrays):
        inputs["hidden"][row, :, : clip["hidden"].shape[1]] = clip["hidden"]
    stored = logits(model, inputs)

    del inputs["hidden"], inputs["pooled"]
    inputs["input_values"] = torch.full((3, 20 * 320 + 17), 1e3)
    for row, waveform in enumerate(clips):
        inputs["input_values"][row, : len(waveform)] = torch.from_numpy(waveform)
    # The store rounds to half precision.
    torch.testing.assert_close(logits(model, inputs), stored, atol=2e-3, rtol=2e-3)


def test_the_same_seed_gives_the_same_bytes(tmp_path, tiny_config):
    for name, seed in (("first", 5), ("second", 5), ("third", 6)):
        torch.manual_seed(seed)
        HumpCatForAudioClassification(tiny_config()).save_pretrained(tmp_path / name)
    first, second, third = (
        (tmp_path / name / "model.safetensors").read_bytes() for name in ("first", "second", "third")
    )
    assert first == second != third


def test_the_same_seed_trains_to_the_same_bytes(tiny_config, batch):
    def trained():
        torch.manual_seed(3)
        model = HumpCatForAudioClassification(tiny_config()).train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for step in range(3):
            inputs = batch([12, 20, 7], group=4, seeds=[step, step + 1, step + 2])
            model(**inputs, labels=torch.tensor([0, 1, 2])).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        return model.state_dict()

    first, second = trained(), trained()
    assert all(torch.equal(value, second[name]) for name, value in first.items())


def test_a_memory_is_kept_in_half_precision_and_changes_no_answer(tiny_model, batch, tmp_path: Path) -> None:
    model = tiny_model()
    inputs = batch([12, 20], group=model.config.encoder_group)
    before = model(**inputs).logits
    width = model.summary.in_features + 1
    factor, solution = torch.randn(3, width).half(), torch.randn(4, width)
    model.remember(factor, solution)
    model.save_pretrained(tmp_path)
    loaded = HumpCatForAudioClassification.from_pretrained(tmp_path)
    assert loaded.config.memory_rank == 3
    assert loaded.memory_factor.dtype == torch.float16
    assert torch.equal(loaded.memory_factor, factor)
    assert torch.equal(loaded.memory_solution, solution)
    assert torch.equal(loaded.eval()(**inputs).logits, before)
    loaded.forget()
    loaded.save_pretrained(tmp_path / "without")
    assert HumpCatForAudioClassification.from_pretrained(tmp_path / "without").memory_factor is None


def test_weights_stored_in_half_precision_are_loaded_in_single(tiny_model, tmp_path: Path) -> None:
    model = tiny_model()
    learnt = {name for name, _ in model.named_parameters()}
    state = {name: value.half() if name in learnt else value for name, value in model.state_dict().items()}
    model.save_pretrained(tmp_path, state_dict=state)
    loaded = HumpCatForAudioClassification.from_pretrained(tmp_path)
    assert {weight.dtype for weight in loaded.parameters()} == {torch.float32}
    assert torch.equal(loaded.classifier.weight, model.classifier.weight.half().float())


@pytest.fixture(name="quiet")
def _quiet(tiny_model):
    """A model whose fusion has no say, and whose summary weighs the encoder alone."""
    model = tiny_model()
    model.calibrate(torch.tensor([0.0, 1.0]))
    with torch.no_grad():
        model.summary.weight[:, model.config.encoder_width * len(model.config.encoder_layers) :] = 0.0
    return model.eval()


def test_what_has_no_say_need_not_be_given(quiet, tiny_model, batch):
    assert quiet.heard_streams() == ["hidden"]
    whole = batch([12, 30, 5], group=quiet.config.encoder_group)
    less = {name: values for name, values in whole.items() if name not in ("mfcc", "prosody", "functionals")}
    assert torch.equal(logits(quiet, less), logits(quiet, whole))
    with torch.no_grad():
        given, left_out = quiet(**whole), quiet(**less)
    # Where all is given the fusion is computed as ever: weights of the branches are chosen by it.
    assert given.fusion_logits.abs().sum() > 0
    assert left_out.fusion_logits.abs().sum() == 0
    assert (given.embedding is None, left_out.embedding is None) == (False, True)


def test_what_has_a_say_must_be_given(quiet, tiny_model, batch):
    whole = batch([12, 30], group=quiet.config.encoder_group)
    less = {name: values for name, values in whole.items() if name != "prosody"}
    speaking = tiny_model().eval()
    assert set(speaking.heard_streams()) == {"hidden", "mfcc", "prosody"}
    with pytest.raises(TypeError, match="forward needs prosody"):
        speaking(**less)
    with torch.no_grad():
        quiet.summary.weight[:, -1] = 1.0
    assert quiet.heard_streams() == ["hidden", "prosody"]
    with pytest.raises(TypeError, match="forward needs prosody"):
        quiet(**less)
    with pytest.raises(TypeError, match="forward needs prosody"):
        quiet.train()(**less)
