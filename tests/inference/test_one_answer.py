"""A clip has one answer: alone, in batches of any size and order, and in threads."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import HubertConfig, PreTrainedConfig, WhisperConfig

from humpcat import audio
from humpcat.benchmarks.spread import spread_clips
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import default_layers
from humpcat.inference.pipeline import HumpCatPipeline, pipeline
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from tests.voices import voice

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
TOLERANCE = 1e-4
SIZES = (1, 2, 7, 32)
SMALL: dict[str, PreTrainedConfig] = {
    "hubert": HubertConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=64,
        conv_dim=(32,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
    ),
    "whisper": WhisperConfig(d_model=32, encoder_layers=4, encoder_attention_heads=4, encoder_ffn_dim=64),
}

Clips = Sequence[dict[str, Any]]


@pytest.fixture(autouse=True)
def _threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spread clips over threads, whatever the machine has."""
    monkeypatch.setattr("humpcat.device.own_cores", lambda: 3)


def new(config: PreTrainedConfig) -> HumpCatPipeline:
    """Return the pipeline of a new model, all streams of which have a say, on an encoder with random weights."""
    torch.manual_seed(0)
    encoder = SpeechEncoder.from_config(config)
    layers = default_layers(encoder.depth)
    labels = {"anger": 0, "happiness": 1, "neutral": 2, "sadness": 3}
    model = HumpCatForAudioClassification(
        HumpCatConfig(encoder_layers=layers, encoder_width=encoder.width, label2id=labels)
    )
    model.encoder = encoder.requires_grad_(False)
    return HumpCatPipeline(model=model.eval(), feature_extractor=HumpCatFeatureExtractor(), device="cpu")


def scores(answers: Sequence[list[dict[str, Any]]]) -> np.ndarray:
    """Return probabilities, shape (clips, classes)."""
    return np.array([[row["score"] for row in sorted(answer, key=lambda row: row["label"])] for answer in answers])


def ways(classify: HumpCatPipeline, clips: Clips) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the answers of clips asked in every way, in the order of the clips."""
    orders = {
        "sorted": np.argsort([len(clip["array"]) for clip in clips], kind="stable"),
        "shuffled": np.random.default_rng(0).permutation(len(clips)),
    }

    def asked(size: int, order: np.ndarray) -> np.ndarray:
        found = np.empty((len(clips), classify.model.config.num_labels))
        found[order] = scores(classify([clips[place] for place in order], batch_size=size))
        return found

    for size in SIZES:
        for name, order in orders.items():
            yield f"batches of {size}, {name}", asked(size, order)
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(asked, SIZES, [*orders.values()] * 2):
            yield "one of four threads", found


def assert_one_answer(classify: HumpCatPipeline, clips: Clips, tolerance: float = TOLERANCE) -> None:
    alone = scores([classify(clip) for clip in clips])
    # Clips with one answer for all would have it in any batch.
    assert np.ptp(alone, axis=0).max() > 100 * TOLERANCE
    for way, found in ways(classify, clips):
        assert np.abs(found - alone).max() < tolerance, way


def given(waveform: np.ndarray) -> dict[str, Any]:
    return {"array": waveform, "sampling_rate": 16_000}


@pytest.fixture(scope="module")
def voices() -> Clips:
    """Return clips of 0.2 to 1.5 s, of which batches of two and more pad most; two have no speech."""
    lengths = np.random.default_rng(0).integers(3_200, 24_000, 7)
    spoken = [np.resize(voice(place % 5), length) for place, length in enumerate(lengths)]
    return [given(each) for each in (*spoken, np.zeros(8_000, dtype=np.float32), np.full(480, 0.1, dtype=np.float32))]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", SMALL)
def test_of_small_encoders(kind: str, dtype: torch.dtype, voices: Clips) -> None:
    classify = new(SMALL[kind])
    classify.model.to(dtype)
    assert_one_answer(classify, voices)


@pytest.fixture(scope="module")
def spoken() -> Clips:
    """Return real clips of all lengths."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the real corpora are not on this machine")
    paths = [
        path for corpus in ("cremad", "emodb") for path in spread_clips(corpus, str(SHARED / "data"), 16).values()
    ]
    return [given(audio.load(path)) for path in paths]


def whisper_base() -> HumpCatPipeline:
    return pipeline("cremad-whisper-base", encoder=SHARED / "encoders" / "whisper-base", device="cpu")


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize("make", [lambda: new(HubertConfig()), whisper_base], ids=["HuBERT-base", "whisper-base"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_of_real_clips(make: Callable[[], HumpCatPipeline], dtype: torch.dtype, spoken: Clips) -> None:
    classify = make()
    classify.model.to(dtype)
    assert_one_answer(classify, spoken)
