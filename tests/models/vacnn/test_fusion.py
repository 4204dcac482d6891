import numpy as np
import torch
from scipy.special import softmax

from humpcat.features.visual_words import Codebook
from humpcat.models.vacnn.fusion import ContextAttention, WordStates, word_shares

PLACES, WIDTH = 49, 12


def test_context_attention_is_equations_4_to_8_written_out():
    torch.manual_seed(0)
    module = ContextAttention(WIDTH)
    maps, states = torch.randn(3, PLACES, WIDTH), torch.randn(3, PLACES, WIDTH)
    found = module(maps, states).detach().numpy()
    w, wc = (layer.weight.detach().double().numpy() for layer in (module.score, module.join))
    bias = module.join.bias.detach().double().numpy()
    for row, seen, h in zip(found, maps.double().numpy(), states.double().numpy(), strict=True):
        last = h[-1]
        scores = np.array([last @ w @ h[s] for s in range(PLACES)])
        alpha = softmax(scores)
        context = sum(alpha[s] * h[s] for s in range(PLACES))
        attention = np.tanh(wc @ np.concatenate([context, last]) + bias)
        expected = np.stack([np.tanh(seen[s] * attention) + h[s] for s in range(PLACES)])
        np.testing.assert_allclose(row, expected, atol=1e-5)


def test_states_have_the_shapes_of_the_text():
    states = WordStates(128, 49, 288)
    assert states(torch.rand(2, 128)).shape == (2, 49, 288)
    assert (states.squeeze.out_features, states.widen.out_features) == (49, 288)


def test_shares_are_those_of_the_codebook_whatever_fills_the_batch():
    rng = np.random.default_rng(0)
    descriptors = [rng.normal(size=(count, 64)).astype(np.float32) for count in (30, 0, 7)]
    codebook = Codebook(words=6).fit(descriptors)
    for filling in (0.0, 50.0):
        padded = torch.full((3, 33, 64), filling)
        for row, found in zip(padded, descriptors, strict=True):
            row[: len(found)] = torch.from_numpy(found)
        shares = word_shares(padded, torch.tensor([30, 0, 7]), torch.from_numpy(codebook.words_))
        np.testing.assert_allclose(shares.numpy(), codebook.transform(descriptors), atol=1e-6)


def test_no_clip_of_a_batch_has_a_key_point():
    shares = word_shares(torch.zeros(2, 0, 64), torch.zeros(2, dtype=torch.long), torch.randn(4, 64))
    assert torch.equal(shares, torch.zeros(2, 4))
