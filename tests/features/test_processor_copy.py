"""The copy of an encoder that a processor is faster with, against the encoder itself."""

import copy

import pytest
import torch
from torch import nn

from humpcat.features import hidden_states
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.processor_copy import processor_copy

from .test_encoder import KINDS, LAYERS, LENGTHS, encoded


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
