import copy
import pickle

import pytest
import torch
from torch import nn

from humpcat.features.encoder import SpeechEncoder
from humpcat.features.precision import change_costly, is_half
from humpcat.models.base import AudioClassifier

HALVES = (torch.float16, torch.bfloat16)
KINDS = ("hubert-group", "hubert-layer", "wav2vec2", "wavlm", "data2vec", "whisper")


def encoded(encoder: SpeechEncoder, clips: list) -> list[torch.Tensor]:
    with torch.no_grad():
        return encoder.encode([torch.from_numpy(waveform) for waveform in clips], (0, 1, 2))


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_encoder_in_half_precision_is_close_and_exact_in_batches(kind, dtype, tiny_encoder, clip, monkeypatch):
    monkeypatch.setattr("humpcat.features.encoder._FULL_LAYERS", 1)
    encoder, whole = tiny_encoder(kind).to(dtype), tiny_encoder(kind)
    clips = [clip(length, seed) for seed, length in enumerate((16_000, 400, 7_999))]
    found, expected = encoded(encoder, clips), encoded(whole, clips)
    for states, full, waveform in zip(found, expected, clips, strict=True):
        assert states.dtype == torch.float32
        assert (states - full).abs().max() < 0.05 * full.abs().max()
        assert (states - encoded(encoder, [waveform])[0]).abs().max() < 0.02 * full.abs().max()
    if kind != "wavlm":
        assert (found[0] - expected[0]).abs().max() > 0
    halves = [weight for weight in encoder.parameters() if is_half(weight.dtype)]
    assert halves


def test_full_precision_again_is_full_precision(tiny_encoder, clip):
    encoder = tiny_encoder("hubert-group").to(torch.bfloat16)
    encoder.load_state_dict(tiny_encoder("hubert-group").state_dict())
    encoder.to(torch.float32).load_state_dict(tiny_encoder("hubert-group").state_dict())
    assert torch.equal(encoded(encoder, [clip(5_000)])[0], encoded(tiny_encoder("hubert-group"), [clip(5_000)])[0])


def test_norms_and_convolutions_over_samples_stay():
    module = nn.Sequential(nn.Conv1d(1, 4, 3), nn.LayerNorm(4), nn.Linear(4, 4), nn.Conv2d(1, 1, 3))
    change_costly(module, lambda tensor: tensor.half(), spared=())
    kinds = {type(part).__name__: part.weight.dtype for part in module}
    assert kinds == {
        "Conv1d": torch.float32,
        "LayerNorm": torch.float32,
        "Linear": torch.float16,
        "Conv2d": torch.float16,
    }
    again = copy.deepcopy(module)
    change_costly(again, lambda tensor: tensor.half())
    assert len(again[2]._forward_pre_hooks) == len(again[2]._forward_hooks) == 1
    values = torch.randn(2, 4)
    assert torch.equal(pickle.loads(pickle.dumps(again[2]))(values), module[2](values))  # noqa: S301
    assert module[2](values).dtype == torch.float32


def test_what_lies_above_stays_in_single_precision():
    assert AudioClassifier.half_parts == ()
