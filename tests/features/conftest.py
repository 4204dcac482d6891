"""Tiny encoders with random weights, and clips of every awkward length."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    Data2VecAudioConfig,
    HubertConfig,
    PreTrainedConfig,
    Wav2Vec2Config,
    WavLMConfig,
    WhisperConfig,
)

from humpcat.features.encoder import SpeechEncoder

SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "conv_dim": (32,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
CONFIGS: dict[str, PreTrainedConfig] = {
    "hubert-group": HubertConfig(**SIZES),
    "hubert-layer": HubertConfig(**SIZES, feat_extract_norm="layer", do_stable_layer_norm=True, conv_bias=True),
    "wav2vec2": Wav2Vec2Config(**SIZES),
    "wavlm": WavLMConfig(**SIZES),
    "data2vec": Data2VecAudioConfig(**SIZES, conv_pos_kernel_size=5),
    "whisper": WhisperConfig(
        d_model=32,
        encoder_layers=2,
        decoder_layers=1,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        vocab_size=100,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    ),
}


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Leave the other cores to the other test processes; these matrices are too small to share."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_config() -> Callable[[str], PreTrainedConfig]:
    """Return a function from the kind of an encoder to a small configuration of it."""
    return CONFIGS.__getitem__


@pytest.fixture(scope="session")
def tiny_encoder() -> Callable[..., SpeechEncoder]:
    """Return a function that builds a small encoder with random weights, never all alike."""

    def build(kind: str, seed: int = 0) -> SpeechEncoder:
        torch.manual_seed(seed)
        encoder = SpeechEncoder.from_config(CONFIGS[kind])
        with torch.no_grad():
            # Fresh weights are so small, and scales so plain, that many mistakes would not show.
            for weight in encoder.model.parameters():
                weight.add_(0.1 * torch.randn_like(weight))
        return encoder.eval()

    return build


@pytest.fixture(scope="session")
def clip() -> Callable[..., np.ndarray]:
    """Return a function that makes a tone in noise of so many samples."""

    def make(samples: int, seed: int = 0) -> np.ndarray:
        noise = np.random.default_rng(seed).normal(scale=0.05, size=samples)
        return (0.3 * np.sin(np.arange(samples) * (0.05 + 0.01 * seed)) + noise + 0.02).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def whisper_base() -> Path:
    """Return the folder of a real encoder, which lies beside the project on development machines."""
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "encoders" / "whisper-base"
    if not folder.is_dir():
        pytest.skip("the real encoder is not on this machine")
    return folder
