import copy
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from transformers import (
    AutoConfig,
    BertConfig,
    BertModel,
    HubertForCTC,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from humpcat.errors import EncoderError
from humpcat.features import encoder as encoder_module
from humpcat.features import windows as module
from humpcat.features.condensing import condense
from humpcat.features.encoder import CONTEXT_FRAMES, SpeechEncoder
from humpcat.features.hidden_states import HiddenStates, default_layers, resolve_layers

KINDS = ("hubert-group", "hubert-layer", "wav2vec2", "wavlm", "data2vec", "whisper")
LAYERS = (0, 1, 2)
# 25 ms, 30 ms, lengths that are no whole number of frames, and one far longer than the rest.
LENGTHS = (400, 480, 16_000, 7_999, 3_201, 24_007)
TOLERANCE = 1e-4


@pytest.fixture(autouse=True)
def _in_padded_batches(monkeypatch):
    """Pad clips into batches, as on a GPU; on a processor each is computed alone."""
    monkeypatch.setattr(encoder_module, "batches", lambda frames, *, alone: module.batches(frames))


def encoded(encoder, clips):
    with torch.no_grad():
        return encoder.encode([torch.from_numpy(waveform) for waveform in clips], LAYERS)


def within_silence(encoder, clips):
    with torch.no_grad():
        return encoder.encode_speech([torch.from_numpy(waveform) for waveform in clips], LAYERS)


def assert_same(found, expected):
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < TOLERANCE


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_alone_equals_itself_in_a_batch_in_any_order(kind, tiny_encoder, clip):
    encoder = tiny_encoder(kind)
    clips = [clip(length, seed) for seed, length in enumerate(LENGTHS)]
    alone = [encoded(encoder, [waveform])[0] for waveform in clips]
    for order in (range(len(clips)), (3, 0, 5, 1, 4, 2)):
        together = encoded(encoder, [clips[index] for index in order])
        for index, states in zip(order, together, strict=True):
            assert states.shape == (3, LENGTHS[index] // 320, 32)
            assert states.abs().max() > 0.1
            assert_same(states, alone[index])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(400, 12_000), min_size=2, max_size=4), kind=st.sampled_from(KINDS))
def test_any_lengths_go_together(tiny_encoder, clip, lengths, kind):
    encoder = tiny_encoder(kind)
    clips = [clip(length, seed) for seed, length in enumerate(lengths)]
    for waveform, states in zip(clips, encoded(encoder, clips), strict=True):
        assert_same(states, encoded(encoder, [waveform])[0])


@pytest.mark.parametrize("kind", ["hubert-group", "data2vec"])
def test_plain_padding_with_a_mask_is_not_exact(kind, tiny_encoder, clip):
    """The defect that the tests above would show: PITFALLS 1."""
    encoder = tiny_encoder(kind)
    # By which its layers know what is real.
    encoder.model._forward_pre_hooks.clear()
    short, long = clip(8_000, 1), clip(24_000, 2)
    difference = encoded(encoder, [short, long])[0] - encoded(encoder, [short])[0]
    assert difference.abs().max() > 100 * TOLERANCE


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "whisper"])
def test_hidden_states_are_those_of_transformers_on_the_padded_normalised_clip(kind, tiny_encoder, clip):
    encoder = tiny_encoder(kind)
    waveform = clip(9_999)
    normalised = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7)
    plain = type(encoder.model)(encoder.model.config).eval()
    plain.load_state_dict(encoder.model.state_dict())
    with torch.no_grad():
        answer = plain(torch.from_numpy(np.pad(normalised, 40))[None], output_hidden_states=True)
    expected = [*answer.hidden_states[:-1], answer.last_hidden_state]
    assert_same(encoded(encoder, [waveform])[0], torch.cat(expected)[:, : 9_999 // 320])


def test_whispers_hidden_states_are_those_of_transformers_where_a_window_is_full(tiny_config, monkeypatch, clip):
    config = type(tiny_config("whisper"))(**tiny_config("whisper").to_dict() | {"max_source_positions": 50})
    torch.manual_seed(0)
    encoder = SpeechEncoder.from_config(config)
    monkeypatch.setattr(module, "WINDOW_FRAMES", 50)
    waveform = clip(16_000)
    mel = WhisperFeatureExtractor(feature_size=80)(waveform, sampling_rate=16_000, padding=False, return_tensors="pt")[
        "input_features"
    ]
    plain = WhisperEncoder(config).eval()
    plain.load_state_dict(encoder.model.state_dict())
    with torch.no_grad():
        expected = plain(mel[..., :100], output_hidden_states=True).hidden_states
    assert_same(encoded(encoder, [waveform])[0], torch.cat(expected))


@pytest.mark.parametrize("kind", ["hubert-group", "whisper"])
def test_a_long_clip_is_cut_into_windows_and_keeps_every_frame(kind, monkeypatch, tiny_encoder, clip):
    monkeypatch.setattr(module, "WINDOW_FRAMES", 10)
    monkeypatch.setattr(module, "BATCH_FRAMES", 25)
    encoder = tiny_encoder(kind)
    long, short = clip(320 * 34 + 123, 1), clip(320 * 9, 2)
    states = encoded(encoder, [long, short])
    assert [part.shape[1] for part in states] == [34, 9]
    assert_same(states[0], encoded(encoder, [long])[0])
    assert_same(states[1], encoded(encoder, [short])[0])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "wavlm"])
@pytest.mark.parametrize("start", [0, 1])
def test_layers_run_from_the_middle_give_what_the_whole_encoder_gives(kind, start, tiny_encoder, clip):
    encoder = tiny_encoder(kind)
    whole = encoded(encoder, [clip(9_999, 1), clip(4_000, 2)])
    frames = torch.tensor([states.shape[1] for states in whole])
    below = torch.full((2, 35, 32), 7.0)
    for row, states in zip(below, whole, strict=True):
        row[: states.shape[1]] = states[start]
    with torch.no_grad():
        above = encoder.encode_above(below, frames, start, 2)
    assert above.shape == (2, 2 - start, 35, 32)
    for found, states in zip(above, whole, strict=True):
        assert_same(found[:, : states.shape[1]], states[start + 1 :])


@pytest.mark.parametrize("kind", KINDS)
def test_threads_share_an_encoder_on_which_no_call_leaves_a_trace(kind, tiny_encoder, clip):
    encoder = tiny_encoder(kind)
    clips = [clip(length, seed) for seed, length in enumerate((*LENGTHS, 12_345, 40_000))]
    alone = [encoded(encoder, [waveform])[0] for waveform in clips]
    before = {name: dict(vars(module)) for name, module in encoder.named_modules()}
    with ThreadPoolExecutor(4) as threads:
        for index, states in enumerate(threads.map(lambda waveform: encoded(encoder, [waveform])[0], clips * 6)):
            assert_same(states, alone[index % len(clips)])
    assert {name: dict(vars(module)) for name, module in encoder.named_modules()} == before


@pytest.mark.parametrize("kind", ["hubert-group", "data2vec"])
def test_a_copy_of_an_encoder_is_exact_by_its_own_weights(kind, tiny_encoder, clip):
    encoder, other = tiny_encoder(kind), tiny_encoder(kind, seed=1)
    short, long = clip(8_000, 1), clip(24_000, 2)
    copied = copy.deepcopy(encoder)
    copied.load_state_dict(other.state_dict())
    assert_same(encoded(copied, [short, long])[0], encoded(other, [short])[0])


def test_layers_that_share_a_position_bias_do_not_run_from_the_middle(tiny_encoder):
    with pytest.raises(EncoderError) as refused:
        tiny_encoder("wavlm").encode_above(torch.zeros(1, 4, 32), torch.tensor([4]), 1, 2)
    assert str(refused.value) == (
        "encoder of type 'wavlm': its layers share a position bias and cannot be run from the middle: "
        "set tuned_layers to 0 or choose another encoder."
    )


def test_windows_are_equal_and_as_few_as_can_be(monkeypatch):
    monkeypatch.setattr(module, "WINDOW_FRAMES", 10)
    cut = [list(module.windows(torch.zeros(samples))) for samples in (3_200, 3_519, 3_520, 320 * 21)]
    assert cut[0] == [(0, 3_200)]
    assert cut[1] == [(0, 3_519)]
    assert cut[2] == [(0, 1_920), (1_920, 3_520)]
    assert cut[3] == [(0, 2_240), (2_240, 4_480), (4_480, 6_720)]


def test_batches_hold_every_window_once_and_keep_to_their_bound(monkeypatch):
    monkeypatch.setattr(module, "BATCH_FRAMES", 100)
    frames = [30, 200, 10, 60, 45, 10, 99]
    batches = list(module.batches(frames))
    assert sorted(index for batch in batches for index in batch) == list(range(len(frames)))
    assert all(len(batch) == 1 or len(batch) * max(frames[i] for i in batch) <= 100 for batch in batches)


@pytest.mark.parametrize("kind", KINDS)
def test_a_processor_computes_each_clip_alone(kind, tiny_encoder, clip, monkeypatch):
    monkeypatch.setattr(encoder_module, "batches", module.batches)
    encoder, clips = tiny_encoder(kind), [clip(length, seed) for seed, length in enumerate(LENGTHS)]
    for waveform, states in zip(clips, encoded(encoder, clips), strict=True):
        assert torch.equal(states, encoded(encoder, [waveform])[0])


@pytest.mark.parametrize("layers", [(0,), (1, 0), (-1,)])
@pytest.mark.parametrize("kind", KINDS)
def test_layers_that_are_not_read_do_not_matter(kind, layers, tiny_encoder, clip):
    encoder, waveform = tiny_encoder(kind), [torch.from_numpy(clip(8_000))]
    with torch.no_grad():
        assert torch.equal(encoder.encode(waveform, layers)[0], encoder.encode(waveform, LAYERS)[0][list(layers)])


@pytest.mark.parametrize("kind", KINDS)
def test_speech_is_heard_within_a_tenth_of_a_second_of_silence_that_has_no_frames(kind, tiny_encoder, clip):
    encoder = tiny_encoder(kind)
    waveform = clip(9_999)
    found, without = within_silence(encoder, [waveform])[0], encoded(encoder, [waveform])[0]
    # The clip is brought to one scale before, as the encoder asks for it, so that the silence does not count for that.
    prepared = encoder._normalized(torch.from_numpy(waveform)).numpy()
    encoder.normalize = False
    assert CONTEXT_FRAMES * 320 == 1_600
    assert_same(found, encoded(encoder, [np.pad(prepared, 1_600)])[0][:, 5 : 5 + 9_999 // 320])
    assert found.shape == without.shape
    assert (found - without).abs().max() > 100 * TOLERANCE


@pytest.mark.parametrize("kind", KINDS)
def test_speech_alone_equals_itself_in_a_batch(kind, tiny_encoder, clip):
    encoder = tiny_encoder(kind)
    clips = [clip(length, seed) for seed, length in enumerate(LENGTHS)]
    for waveform, states in zip(clips, within_silence(encoder, clips), strict=True):
        assert states.shape == (3, len(waveform) // 320, 32)
        assert_same(states, within_silence(encoder, [waveform])[0])


@pytest.mark.parametrize("kind", ["hubert-group", "whisper"])
def test_long_speech_is_cut_into_windows_and_keeps_every_frame(kind, monkeypatch, tiny_encoder, clip):
    encoder = tiny_encoder(kind)
    monkeypatch.setattr(module, "WINDOW_FRAMES", 30)
    long, short = clip(320 * 64 + 123, 1), clip(320 * 9, 2)
    states = within_silence(encoder, [long, short])
    assert [part.shape[1] for part in states] == [64, 9]
    assert_same(states[0], within_silence(encoder, [long])[0])
    assert_same(states[1], within_silence(encoder, [short])[0])


def test_forward_pads_with_zeros_and_ignores_what_lies_beyond_a_clip(tiny_encoder, clip):
    encoder = tiny_encoder("hubert-group")
    lengths = torch.tensor([6_400, 3_000])
    batch = torch.from_numpy(np.stack([clip(6_400, 1), clip(6_400, 2)]))
    with torch.no_grad():
        steps, pooled = encoder(batch, lengths, (1, 2), group=4)
        batch[1, 3_000:] = 1e3
        again, _ = encoder(batch, lengths, (1, 2), group=4)
        alone, alone_pooled = condense(encoder.encode_speech([batch[1, :3_000]], (1, 2))[0], 4)
    assert steps.shape == (2, 2, 5, 32)
    assert pooled.shape == (2, 2, 32)
    assert torch.equal(steps, again)
    assert_same(steps[1, :, :3], alone)
    assert_same(pooled[1], alone_pooled)
    assert not steps[1, :, 3:].any()


def test_condense_averages_the_frames_that_are_there():
    states = torch.arange(12.0).view(2, 6, 1)
    steps, pooled = condense(states, 4)
    torch.testing.assert_close(steps[..., 0], torch.tensor([[1.5, 4.5], [7.5, 10.5]]))
    torch.testing.assert_close(pooled, torch.tensor([[2.5], [8.5]]))
    assert torch.equal(condense(states, 1)[0], states)


def test_extractor_gives_steps_and_means(tiny_encoder, clip):
    extractor = HiddenStates(tiny_encoder("hubert-group"), [-1, 0], group=4)
    extractor.dtype = torch.float32
    clips = [clip(400), clip(5_000)]
    arrays = extractor.extract(clips)
    assert [(a["hidden"].shape, a["pooled"].shape) for a in arrays] == [((2, 1, 32), (2, 32)), ((2, 4, 32), (2, 32))]
    assert all((a["hidden"].dtype, a["pooled"].dtype) == (np.float16, np.float32) for a in arrays)
    steps, pooled = condense(within_silence(extractor.encoder, clips)[1][[2, 0]], 4)
    np.testing.assert_allclose(arrays[1]["hidden"], steps, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(arrays[1]["pooled"], pooled, atol=TOLERANCE)
    assert extractor.extract([]) == []


def test_hidden_states_too_large_for_half_precision_stay_finite(tiny_encoder):
    arrays = HiddenStates(tiny_encoder("hubert-group"))._arrays(torch.full((1, 4, 2), 1e6))
    assert arrays["hidden"].max() == np.finfo(np.float16).max


@pytest.mark.parametrize("kind", ["hubert-group", "whisper"])
@pytest.mark.parametrize("content", ["silence", "click", "clipped"])
def test_hidden_states_are_finite_on_awkward_audio(kind, content, tiny_encoder, clip):
    waveform = {
        "silence": np.zeros(16_000, dtype=np.float32),
        "click": np.eye(1, 480, 240, dtype=np.float32)[0],
        "clipped": np.clip(100 * clip(16_000), -1, 1),
    }[content]
    arrays = HiddenStates(tiny_encoder(kind)).extract([waveform])[0]
    assert all(np.isfinite(array).all() for array in arrays.values())


class OfWholeRecordings(HiddenStates):
    """Is given the silence of recordings too."""

    hears_speech = False


def test_the_key_names_all_that_changes_the_numbers(tiny_encoder):
    encoder, other = tiny_encoder("hubert-group"), tiny_encoder("hubert-group", seed=1)
    slower = HiddenStates(encoder)
    slower.dtype = torch.float64
    extractors = [
        HiddenStates(encoder),
        HiddenStates(encoder, [0]),
        HiddenStates(encoder, group=1),
        HiddenStates(other),
        HiddenStates(SpeechEncoder(encoder.model, normalize=False)),
        slower,
        OfWholeRecordings(encoder),
    ]
    assert len({extractor.key() for extractor in extractors}) == len(extractors)
    assert HiddenStates(encoder, [-1]).key() == HiddenStates(tiny_encoder("hubert-group"), [2]).key()


def test_default_layers_spread_over_the_upper_two_thirds():
    assert {depth: default_layers(depth) for depth in (1, 2, 6, 12, 24)} == {
        1: (0,),
        2: (1,),
        6: (2, 3, 4, 5),
        12: (4, 6, 9, 11),
        24: (8, 13, 18, 23),
    }


def test_layers_are_counted_from_either_end():
    assert resolve_layers(None, 12) == (4, 6, 9, 11)
    assert resolve_layers([0, -1, -13], 12) == (0, 12, 0)


@pytest.mark.parametrize(("layers", "shown"), [([13], "[13]"), ([3, -14], "[3, -14]"), ((), "[]")])
def test_layers_out_of_range_are_refused(layers, shown):
    with pytest.raises(EncoderError) as caught:
        resolve_layers(layers, 12)
    assert str(caught.value) == f"layers {shown}: the encoder has hidden states 0 to 12: choose among these."


# Checkpoints


@pytest.fixture
def saved(tmp_path, tiny_encoder):
    folder = tmp_path / "encoder"
    tiny_encoder("hubert-group").model.save_pretrained(folder)
    return folder


def refusal(name):
    with pytest.raises(EncoderError) as caught:
        SpeechEncoder.from_pretrained(name)
    return str(caught.value)


def altered(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def test_a_saved_encoder_gives_the_same_states_and_hash(saved, tiny_encoder, clip):
    loaded, made = SpeechEncoder.from_pretrained(saved), tiny_encoder("hubert-group")
    assert loaded.weights_hash() == made.weights_hash() != tiny_encoder("hubert-group", seed=1).weights_hash()
    assert (loaded.depth, loaded.width, loaded.normalize) == (2, 32, True)
    assert not loaded.model.training
    assert torch.equal(encoded(loaded, [clip(5_000)])[0], encoded(made, [clip(5_000)])[0])


def test_the_preprocessor_says_whether_waveforms_are_normalised(saved):
    (saved / "preprocessor_config.json").write_text(json.dumps({"do_normalize": False}))
    assert SpeechEncoder.from_pretrained(saved).normalize is False


def test_a_weight_of_pretraining_alone_may_be_missing(saved):
    found = SpeechEncoder.from_pretrained(saved).weights_hash()
    altered(saved, lambda weights: weights.pop("masked_spec_embed"))
    assert SpeechEncoder.from_pretrained(saved).weights_hash() == found


def test_an_encoder_below_another_head_loads(tmp_path, tiny_config):
    torch.manual_seed(0)
    model = HubertForCTC(tiny_config("hubert-group"))
    model.save_pretrained(tmp_path)
    assert SpeechEncoder.from_pretrained(tmp_path).weights_hash() == SpeechEncoder(model.hubert).weights_hash()


def test_whisper_loads_from_the_whole_model_or_its_encoder(tmp_path, tiny_config):
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(tiny_config("whisper"))
    made = SpeechEncoder(model.model.encoder)
    model.save_pretrained(tmp_path / "whole")
    model.model.save_pretrained(tmp_path / "headless")
    model.model.encoder.save_pretrained(tmp_path / "encoder")
    assert any(key.startswith("model.encoder.") for key in load_file(tmp_path / "whole" / "model.safetensors"))
    for layout in ("whole", "headless", "encoder"):
        loaded = SpeechEncoder.from_pretrained(tmp_path / layout)
        assert loaded.weights_hash() == made.weights_hash(), layout
        assert (loaded.depth, loaded.width) == (2, 32)


def test_an_encoder_that_is_nowhere_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("humpcat.hub.hub_fault", lambda name, revision: f"the hub does not give {name}")
    assert refusal("somebody/an-encoder-nobody-has") == (
        "encoder 'somebody/an-encoder-nobody-has' was not found: there is no such folder, it is not whole in the "
        f"hub's cache {tmp_path}, and the hub does not give somebody/an-encoder-nobody-has: pass --encoder a folder "
        "in the hub's layout (config.json and model.safetensors), or go online once."
    )


@pytest.mark.parametrize("place", ["some/where/no-folder", "../no-folder", "/no/folder", "here/no-folder"])
def test_a_mistyped_path_asks_the_hub_nothing(place, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("humpcat.hub.ask_hub", lambda *_: pytest.fail("the hub was asked"))
    assert refusal(place) == (
        f"encoder '{place}' was not found: there is no such folder: pass --encoder a folder in the hub's layout "
        "(config.json and model.safetensors), or a name of the hub."
    )


def test_a_folder_asks_the_hub_nothing(saved, monkeypatch):
    monkeypatch.setattr("humpcat.hub.ask_hub", lambda *_: pytest.fail("the hub was asked"))
    SpeechEncoder.from_pretrained(saved)


def test_a_folder_without_configuration_is_refused(tmp_path):
    message = f"encoder {tmp_path}: the folder holds no config.json: expected the layout of a hub checkpoint."
    assert refusal(tmp_path) == message


def test_pickled_weights_are_refused_unread(saved):
    (saved / "model.safetensors").unlink()
    (saved / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch pickled'\ntR.")
    assert refusal(saved) == (
        f"encoder {saved}: found config.json, pytorch_model.bin, expected model.safetensors: "
        "pickled weights are not loaded; save the checkpoint again as safetensors."
    )


def test_a_model_of_text_is_refused(tmp_path):
    config = BertConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64, vocab_size=50
    )
    BertModel(config).save_pretrained(tmp_path)
    assert refusal(tmp_path) == (
        f"encoder {tmp_path} of type 'bert' is not supported: expected Whisper or one of "
        "hubert, wav2vec2, wavlm, data2vec-audio, unispeech, unispeech-sat."
    )


def test_a_missing_weight_is_refused(saved):
    altered(saved, lambda weights: weights.pop("encoder.layers.1.final_layer_norm.weight"))
    assert refusal(saved) == (
        f"encoder {saved}: 1 weights are missing, such as encoder.layers.1.final_layer_norm.weight: "
        "copy the checkpoint again."
    )


def test_a_weight_of_another_shape_is_refused(saved):
    altered(saved, lambda weights: weights.update({"encoder.layer_norm.weight": torch.zeros(5)}))
    assert refusal(saved) == (
        f"encoder {saved}: weight encoder.layer_norm.weight has the shape (5,), expected (32,) by its config.json: "
        "copy the checkpoint again."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "header too small"),
        (b"version https://git-lfs.github.com/spec/v1\n", "header too large"),
        (None, "incomplete metadata, file not fully covered"),
    ],
)
def test_damaged_weights_are_refused(saved, content, reason):
    file = saved / "model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if content is None else content)
    assert refusal(saved) == (
        f"encoder {saved}: its weights are damaged (Error while deserializing header: {reason}): "
        "copy the checkpoint again."
    )


@pytest.mark.real_data
def test_real_whisper_is_finite_on_the_grid_and_the_same_in_a_batch(whisper_base, clip):
    encoder = SpeechEncoder.from_pretrained(whisper_base)
    clips = [clip(400, 1), clip(16_000, 2), clip(9_000, 3)]
    layers = (0, encoder.depth)
    with torch.no_grad():
        together = encoder.encode([torch.from_numpy(waveform) for waveform in clips], layers)
        alone = [encoder.encode([torch.from_numpy(waveform)], layers)[0] for waveform in clips]
    assert [states.shape[1] for states in together] == [1, 50, 28]
    for one, other in zip(together, alone, strict=True):
        assert torch.isfinite(one).all()
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("stable", [False, True])
@pytest.mark.parametrize("kind", ["hubert", "wav2vec2", "wavlm", "unispeech", "unispeech-sat"])
def test_the_last_hidden_state_is_what_transformers_calls_so(kind, stable, tiny_config, clip):
    sizes = tiny_config("wav2vec2").to_dict() | {"do_stable_layer_norm": stable}
    sizes.pop("model_type")
    encoder = SpeechEncoder.from_config(AutoConfig.for_model(kind, **sizes), normalize=False)
    for weight in encoder.parameters():
        weight.data.add_(0.1 * torch.randn_like(weight))
    waveform = torch.from_numpy(clip(8_000))
    with torch.no_grad():
        expected = encoder.model(torch.nn.functional.pad(waveform, (40, 40))[None]).last_hidden_state
        found = encoder.encode([waveform], (2,))[0]
        assert_same(found, expected)
        if kind != "wavlm":
            first = encoder.encode([waveform], (0,))[0]
            above = encoder.encode_above(first, torch.tensor([first.shape[1]]), 0, 2)
            assert_same(above[:, -1], expected)
