"""A HuBERT of the real architecture, small and with random weights, for toy runs and tests without a network."""

from pathlib import Path

import torch
from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor

from humpcat.files import share_as_usual
from humpcat.writing import writing


def make_toy_encoder(folder: str | Path, *, seed: int = 0) -> Path:
    """Write a toy encoder in the layout of a hub checkpoint, unless it is there.

    It has learnt nothing: random convolutions still tell loud from soft and high from low, which is all that a
    toy corpus needs.

    Args:
        folder: where to write.
        seed: seed of its weights.

    Returns:
        The folder.
    """
    folder = Path(folder)
    if (folder / "model.safetensors").is_file():
        return folder
    config = HubertConfig(
        hidden_size=64,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=128,
        conv_dim=(64,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        vocab_size=32,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = HubertModel(config)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True).save_pretrained(folder)
        # Last: where the weights are, all is there.
        model.save_pretrained(folder)
        share_as_usual(folder)
    return folder
