import itertools

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from humpcat.errors import AudioError, CheckpointError, SettingsError
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
from humpcat.models.vacnn.modeling import PlacePooling, VacnnForAudioClassification, WordHead, places_of
from humpcat.models.vacnn.network import MaxPool

# Neither the alphabet's order nor that of the mapping.
LABELS = {"sadness": 1, "anger": 2, "neutral": 0}


@pytest.mark.parametrize(
    ("attention", "pooling"), list(itertools.product(("va", "cbam"), ("mean", "time", "flatten")))
)
def test_every_parameter_gets_a_gradient(attention, pooling, narrow, batch):
    for words in (0, 5):
        model = narrow(attention=attention, pooling=pooling, words=words).train()
        model(**batch(words=bool(words)), labels=torch.tensor([0, 1, 2, 0])).loss.backward()
        without = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
        assert without == []


def test_permuting_the_batch_permutes_the_output_and_padding_changes_nothing(narrow, batch):
    model, order = narrow(words=5), torch.tensor([2, 0, 3, 1])
    inputs = batch(words=True)
    with torch.no_grad():
        expected = model(**inputs).logits
        shuffled = model(**{name: value[order] for name, value in inputs.items()}).logits
        filled = model(**batch(words=True, filling=9.0)).logits
        alone = model(inputs["images"][1:2], inputs["descriptors"][1:2, :3], inputs["counts"][1:2]).logits
    assert expected.std(dim=0).min() > 1e-4
    torch.testing.assert_close(shuffled, expected[order], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(filled, expected, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(alone[0], expected[1], atol=1e-5, rtol=1e-4)


def test_the_fine_tuning_model_has_the_shapes_and_the_parameters_of_the_text():
    printed = {"embedding_norm": "none", "label2id": LABELS}
    plain = VacnnForAudioClassification(VacnnConfig(**printed))
    fused = VacnnForAudioClassification(VacnnConfig(words=128, frozen_blocks=1, **printed))
    trunk = sum(weight.numel() for weight in plain.trunk.parameters())
    assert plain.head.narrow.out_features == 256
    assert sum(weight.numel() for weight in plain.parameters()) == trunk + 288 * 256 + 256 + 3 * 256 + 3
    heads = (128 * 49 + 49) + (288 + 288) + 288 * 288 + 2 * 288 * 288 + 288
    assert sum(weight.numel() for weight in fused.parameters()) == trunk + heads + 3 * 288 + 3
    seen = []
    fused.head.attention.register_forward_hook(
        lambda module, given, out: seen.append([*map(np.shape, given), out.shape])
    )
    outputs = fused(torch.zeros(1, 224, 224, dtype=torch.uint8), torch.zeros(1, 2, 64), torch.tensor([2]))
    assert [tuple(shape) for shape in seen[0]] == [(1, 49, 288)] * 3
    assert (tuple(outputs.logits.shape), tuple(outputs.embedding.shape)) == ((1, 3), (1, 288))


@pytest.mark.parametrize(("pooling", "axes"), [("mean", (1, 2)), ("time", 2), ("flatten", ())])
def test_places_are_pooled_over_bands_and_time_as_named(pooling, axes):
    maps = torch.randn(2, 5, 14, 14)
    # Channels last, as the places of the fused map have them.
    blocks = torch.nn.functional.avg_pool2d(maps, 2).movedim(1, 3)
    expected = (blocks.mean(axes) if axes else blocks).flatten(1)
    torch.testing.assert_close(PlacePooling(pooling)(places_of(maps)), expected)
    assert WordHead(5, VacnnConfig(words=128, pooling=pooling)).width == expected.shape[1]


def test_the_embedding_is_normalised_over_the_batch_and_one_clip_alone_can_be_learnt_from(narrow, batch):
    model = narrow().train()
    kept = []
    model.norm.register_forward_hook(lambda module, given, out: kept.append(out.detach()))
    model(**batch())
    assert kept[0].mean(0).abs().max() < 1e-5
    before = model.norm.running_mean.clone()
    model(**batch(clips=1), labels=torch.tensor([0])).loss.backward()
    assert torch.equal(before, model.norm.running_mean)
    assert model.norm.weight.grad.any()


def test_maxima_are_the_same_in_bfloat16():
    maps = torch.randn(2, 3, 9, 9, dtype=torch.bfloat16)
    assert torch.equal(MaxPool(3, stride=2, padding=1)(maps), torch.nn.functional.max_pool2d(maps, 3, 2, 1))


def test_saved_and_loaded_it_answers_the_same_and_stays_frozen(narrow, batch, tmp_path):
    model = narrow(words=5, frozen_blocks=1)
    model.save_pretrained(tmp_path)
    loaded = VacnnForAudioClassification.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        assert torch.equal(loaded(**batch(words=True)).logits, model(**batch(words=True)).logits)
    assert loaded.weights_hash() == model.weights_hash() != narrow(seed=1, words=5, frozen_blocks=1).weights_hash()
    for one in (model, loaded):
        frozen = {name for name, weight in one.named_parameters() if not weight.requires_grad}
        assert frozen
        assert all(name.startswith(("trunk.stem", "trunk.blocks.0")) for name in frozen)


def test_the_temperature_divides_logits_outside_of_training(narrow, batch):
    model = narrow(embedding_norm="none")
    with torch.no_grad():
        torch.testing.assert_close(2 * model.eval()(**batch()).logits, model.train()(**batch()).logits)


def test_a_checkpoint_with_a_weight_missing_or_of_another_shape_is_refused(narrow, tmp_path):
    narrow().save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    bias = weights.pop("classifier.bias")
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"1 weights are missing, such as classifier\.bias"):
        VacnnForAudioClassification.from_pretrained(tmp_path)
    save_file(weights | {"classifier.bias": bias[:2]}, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"weight classifier\.bias has the shape"):
        VacnnForAudioClassification.from_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"half")
    with pytest.raises(CheckpointError, match="its weights are damaged"):
        VacnnForAudioClassification.from_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"found README\.md, config\.json, expected config\.json and model"):
        VacnnForAudioClassification.from_pretrained(tmp_path)


def test_words_need_their_descriptors(narrow, batch):
    with pytest.raises(TypeError, match="describe=True"):
        narrow(words=5)(**batch())


def test_the_configuration_survives_json_and_keeps_the_order_of_classes(tmp_path):
    config = VacnnConfig(attention="cbam", words=64, frozen_blocks=2, pooling="flatten", label2id=LABELS)
    config.save_pretrained(tmp_path)
    loaded = VacnnConfig.from_pretrained(tmp_path)
    assert loaded.to_dict() == config.to_dict()
    assert list(loaded.label2id) == ["neutral", "sadness", "anger"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"attention": "se"}, "attention 'se' is unknown: choose one of va, cbam."),
        ({"pooling": "max"}, "pooling 'max' is unknown: choose one of mean, time, flatten."),
        (
            {"widths": [32, 90, 288]},
            "widths [32, 90, 288]: expected three multiples of groups 8 and of reduction 4, such as 32 96 288.",
        ),
        ({"groups": 0}, "groups 0: expected a whole number from 1 to 1024."),
        ({"hidden_size": 0}, "hidden_size 0: expected a whole number from 1 to 4096."),
        ({"frozen_blocks": 4}, "frozen_blocks 4: expected a whole number from 0 to 3."),
        ({"words": -1}, "words -1: expected a whole number from 0 to 65536."),
        (
            {"backbone": "resnet18", "words": 128},
            "backbone 'resnet18' with 128 words and 0 frozen blocks: a network of timm has neither: set both to 0.",
        ),
        (
            {"label2id": {"anger": 0, "joy": 2}},
            "label2id {'anger': 0, 'joy': 2}: expected the indices 0 to 1, each of them once.",
        ),
    ],
)
def test_settings_out_of_range_are_refused(settings, sentence):
    with pytest.raises(SettingsError) as caught:
        VacnnConfig(**settings)
    assert str(caught.value) == sentence


def test_the_feature_extractor_takes_clips_of_all_lengths_and_wants_their_rate():
    rng = np.random.default_rng(0)
    clips = [rng.normal(scale=0.1, size=samples) for samples in (1600, 16_000)]
    extractor = VacnnFeatureExtractor(describe=True)
    inputs = extractor([*clips, np.zeros(16_000)], sampling_rate=16_000)
    assert inputs["images"].shape == (3, 224, 224)
    assert inputs["counts"][-1] == 0
    assert inputs["descriptors"].shape == (3, int(inputs["counts"].max()), 64)
    alone = extractor(clips[0], sampling_rate=16_000, return_tensors="np")
    assert np.array_equal(alone["images"][0], inputs["images"][0].numpy())
    with pytest.raises(AudioError, match="without their sampling rate"):
        extractor(clips[0])
