"""A tiny model, a tiny encoder, and batches that differ in what lies beyond a clip's end."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import HubertConfig, HubertModel

from humpcat.features import mfcc, prosody
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification

WIDTH = 32
LAYERS = 3
LABELS = {"sadness": 0, "anger": 1, "neutral": 2, "happiness": 3}
ENCODER = HubertConfig(
    hidden_size=WIDTH,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=64,
    conv_dim=(32,) * 7,
    num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=4,
)
SETTINGS = {
    "encoder_width": WIDTH,
    "encoder_layers": [0, 1, 2],
    "hidden_size": 24,
    "heads": 4,
    "feed_forward": 32,
    "label2id": LABELS,
}


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Leave the other cores to the other test processes; these matrices are too small to share."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_config() -> Callable[..., HumpCatConfig]:
    """Return a function that makes a small configuration."""

    def make(**changes: object) -> HumpCatConfig:
        return HumpCatConfig(**(SETTINGS | changes))

    return make


@pytest.fixture(scope="session")
def tiny_model(tiny_config: Callable[..., HumpCatConfig]) -> Callable[..., HumpCatForAudioClassification]:
    """Return a function that makes a small model, its statistics far from 0 and 1."""

    def make(seed: int = 0, **changes: object) -> HumpCatForAudioClassification:
        torch.manual_seed(seed)
        model = HumpCatForAudioClassification(tiny_config(**changes))
        for buffer in model.standardizer.buffers():
            buffer[0] = torch.randn_like(buffer[0])
            buffer[1] = 0.5 + torch.rand_like(buffer[1])
        with torch.no_grad():
            # Fresh biases are zeros, which hide what is added where it should not be.
            for weight in model.parameters():
                weight.add_(0.05 * torch.randn_like(weight))
        return model.eval()

    return make


@pytest.fixture(scope="session")
def tuned_model(tiny_model: Callable[..., HumpCatForAudioClassification]) -> Callable[..., object]:
    """Return a function that makes a small model whose top encoder layer is trained."""

    def make(**changes: object) -> HumpCatForAudioClassification:
        return tiny_model(**({"tuned_layers": 1, "encoder_config": ENCODER.to_dict()} | changes))

    return make


@pytest.fixture
def saved_encoder(tmp_path: Path) -> Path:
    """Return the folder of a tiny encoder with random weights."""
    torch.manual_seed(7)
    HubertModel(ENCODER).save_pretrained(tmp_path / "encoder")
    return tmp_path / "encoder"


@pytest.fixture(scope="session")
def batch() -> Callable[..., dict[str, Tensor]]:
    """Return a function that makes a padded batch, a clip's features hanging on its seed alone."""

    def make(
        frames: Sequence[int],
        *,
        group: int,
        seeds: Sequence[int] | None = None,
        padding: int = 0,
        filling: float = 0.0,
    ) -> dict[str, Tensor]:
        """Make a batch.

        Args:
            frames: frames of each clip.
            group: encoder frames a step.
            seeds: what each clip holds.
            padding: frames beyond the end of the longest clip, a multiple of four.
            filling: size of the random numbers beyond a clip's end.
        """
        most = max(frames) + padding
        steps = -(-most // group)
        inputs = {
            "hidden": filling * torch.randn(len(frames), LAYERS, steps, WIDTH),
            "pooled": torch.empty(len(frames), LAYERS, WIDTH),
            "mfcc": filling * torch.randn(len(frames), most, mfcc.WIDTH),
            "prosody": filling * torch.randn(len(frames), most, len(prosody.FRAME_VALUES)),
            "functionals": torch.empty(len(frames), len(prosody.FUNCTIONALS)),
            "lengths": torch.tensor(frames) * 320 + 17,
        }
        for row, (count, seed) in enumerate(zip(frames, seeds or range(len(frames)), strict=True)):
            source = torch.Generator().manual_seed(seed)
            for name, extent in (("hidden", -(-count // group)), ("mfcc", count), ("prosody", count)):
                real = inputs[name][row].narrow(-2, 0, extent)
                real.copy_(torch.randn(real.shape, generator=source))
            for name in ("pooled", "functionals"):
                inputs[name][row] = torch.randn(inputs[name][row].shape, generator=source)
        return inputs

    return make
