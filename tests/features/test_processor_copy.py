"""The copy of an encoder that a processor is faster with, against the encoder itself."""

import copy

import pytest
import torch
from torch import nn

from humpcat.features import hidden_states
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.precision import change_costly
from humpcat.features.processor_copy import ComputedModel, processor_copy, same_precision_copy

from .test_encoder import KINDS, LAYERS, LENGTHS, encoded

WAVEFORM_KINDS = [kind for kind in KINDS if kind != "whisper"]


def in_half(encoder, clips):
    with torch.autocast("cpu", torch.bfloat16):
        return encoded(encoder, clips)


def off(states, exact):
    """Return how far states are off in the mean, in units of their spread."""
    return float((states.float() - exact.float()).abs().mean() / exact.float().std())


@pytest.mark.parametrize("kind", KINDS)
def test_answers_as_the_encoder_does_and_leaves_it_as_it_is(kind, tiny_encoder, clip):
    encoder, clips = tiny_encoder(kind), [clip(length, seed) for seed, length in enumerate(LENGTHS)]
    before, expected = encoder.weights_hash(), encoded(encoder, clips)
    copied = SpeechEncoder(processor_copy(encoder.model), normalize=encoder.normalize)
    plain = in_half(encoder, clips)
    for mine, autocast, exact in zip(in_half(copied, clips), plain, expected, strict=True):
        assert mine.shape == exact.shape
        # These random weights make more of rounding than trained ones; no more of it than autocast does.
        assert off(mine, exact) < max(1.5 * off(autocast, exact), 0.02)
    assert encoder.weights_hash() == before
    assert all(torch.equal(mine, exact) for mine, exact in zip(encoded(encoder, clips), expected, strict=True))


@pytest.mark.parametrize("highest", LAYERS)
@pytest.mark.parametrize("stable", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_layers_that_are_not_read_are_left_out(kind, stable, highest, tiny_encoder, clip):
    encoder = tiny_encoder(kind)
    if stable:
        if not hasattr(encoder.model.config, "do_stable_layer_norm"):
            pytest.skip("has no such form")
        config = copy.deepcopy(encoder.model.config)
        config.do_stable_layer_norm = True
        torch.manual_seed(0)
        encoder = SpeechEncoder.from_config(config)
        for weight in encoder.model.parameters():
            weight.data.add_(0.1 * torch.randn_like(weight))
    waveform = [torch.from_numpy(clip(8_000))]
    whole, part = (SpeechEncoder(processor_copy(encoder.model, most)) for most in (None, highest))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for layer in range(highest + 1):
            assert torch.equal(part.encode(waveform, (layer,))[0], whole.encode(waveform, (layer,))[0])
    if kind != "whisper":
        assert len(part.layers) == max(highest, 1)
        assert sum(weight.numel() for weight in part.parameters()) <= sum(w.numel() for w in whole.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_drawn_of_what_a_run_draws_from(kind, tiny_encoder):
    model, before = tiny_encoder(kind).model, torch.get_rng_state()
    processor_copy(model)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kind", KINDS)
def test_no_weight_is_left_to_be_cast_in_each_call(kind, tiny_encoder):
    copied = processor_copy(tiny_encoder(kind).model)
    maps = [module for module in copied.modules() if isinstance(module, nn.Linear)]
    assert maps
    assert {module.weight.dtype for module in maps} == {torch.bfloat16}


@pytest.mark.parametrize("kind", KINDS)
def test_whole_batches_of_it_are_exact_too(kind, tiny_encoder, clip):
    clips = [clip(length, seed) for seed, length in enumerate(LENGTHS)]
    copied = SpeechEncoder(processor_copy(tiny_encoder(kind).model))
    for together, waveform in zip(in_half(copied, clips), clips, strict=True):
        assert off(together, in_half(copied, [waveform])[0]) < 0.1


def test_features_are_of_the_copy_where_the_processor_has_half_precision(tiny_encoder, clip, monkeypatch):
    encoder, made = tiny_encoder("whisper"), []
    monkeypatch.setattr(hidden_states, "processor_copy", lambda model, _: made.append(model) or processor_copy(model))
    for dtype, copies in ((torch.float32, 0), (torch.bfloat16, 1)):
        monkeypatch.setattr(hidden_states, "fastest_dtype", lambda _, dtype=dtype: dtype)
        extractor = HiddenStates(encoder, LAYERS)
        extractor.extract([clip(8_000)])
        extractor.extract([clip(8_000)])
        assert len(made) == copies


def plainly(encoder, clips, layers=LAYERS):
    """Return hidden states as the model itself computes them, as it does where gradients are wanted."""
    with torch.enable_grad():
        return [states.detach() for states in encoder.encode([torch.from_numpy(each) for each in clips], layers)]


@pytest.mark.parametrize("highest", LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_computed_without_gradients_answers_as_the_model_does(kind, highest, tiny_encoder, clip):
    encoder, clips = tiny_encoder(kind), [clip(length, seed) for seed, length in enumerate(LENGTHS)]
    layers = tuple(range(highest + 1))
    with torch.no_grad():
        found = encoder.encode([torch.from_numpy(each) for each in clips], layers)
    for mine, exact in zip(found, plainly(encoder, clips, layers), strict=True):
        assert mine.shape == exact.shape
        assert (mine - exact).abs().max() < 1e-4


@pytest.mark.parametrize("kind", WAVEFORM_KINDS)
@pytest.mark.parametrize("native", [True, False])
def test_in_half_precision_it_is_as_near_as_the_model_in_half_precision(kind, native, tiny_encoder, clip, monkeypatch):
    monkeypatch.setattr(
        "humpcat.features.processor_copy.fastest_dtype", lambda _: torch.bfloat16 if native else torch.float32
    )
    encoder, clips = tiny_encoder(kind), [clip(length, seed) for seed, length in enumerate(LENGTHS)]
    exact = plainly(encoder, clips)
    encoder.to(torch.bfloat16)
    cast = plainly(encoder, clips)
    for mine, half, full in zip(encoded(encoder, clips), cast, exact, strict=True):
        assert mine.dtype == torch.float32
        assert off(mine, full) < (max(3 * off(half, full), 0.02) if native else off(half, full) + 1e-4)


@pytest.mark.parametrize("kind", WAVEFORM_KINDS)
def test_it_has_the_weights_of_the_model(kind, tiny_encoder):
    model = tiny_encoder(kind).model
    own = {weight.data_ptr() for weight in model.parameters()}
    made = same_precision_copy(model, highest=2)
    assert {weight.data_ptr() for weight in made.parameters()} <= own
    # Those of the convolution of positions are others, in another order.
    apart = [name for name, values in made.named_buffers() if values.data_ptr() not in own and values.ndim == 3]
    assert all("pos_conv" in name for name in apart)


@pytest.mark.parametrize("change", ["in place", "loaded", "cast"])
def test_it_is_made_again_once_the_weights_are_others(change, tiny_encoder, clip):
    encoder, waveform = tiny_encoder("hubert-group"), [clip(8_000)]
    before = encoded(encoder, waveform)[0]
    if change == "in place":
        with torch.no_grad():
            encoder.model.encoder.pos_conv_embed.conv.bias.add_(1)
    elif change == "loaded":
        encoder.load_state_dict(tiny_encoder("hubert-group", seed=1).state_dict())
    else:
        change_costly(encoder.model, lambda values: values.to(torch.bfloat16))
    after = encoded(encoder, waveform)[0]
    assert (after - before).abs().max() > 1e-3
    assert off(after, plainly(encoder, waveform)[0]) < (0.05 if change == "cast" else 1e-5)


def test_it_is_kept_while_weights_and_layers_are_the_same(tiny_encoder):
    model, computed = tiny_encoder("hubert-group").model, ComputedModel()
    with torch.no_grad():
        made = computed.of(model, 2)
        assert made is not model
        assert computed.of(model, 2) is made
        assert computed.of(model, 1) is not made
    assert computed.of(model, 2) is model


def test_an_encoder_that_has_computed_is_copied_and_saved_as_before(tiny_encoder, clip):
    encoder, waveform = tiny_encoder("hubert-group"), [clip(8_000)]
    names = list(encoder.state_dict())
    before = encoded(encoder, waveform)[0]
    assert list(encoder.state_dict()) == names
    assert torch.equal(encoded(copy.deepcopy(encoder), waveform)[0], before)
