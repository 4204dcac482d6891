"""The pipeline with VACNN in place of HuMP-CAT: the same door, the same promises."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

import humpcat
from humpcat.errors import CheckpointError, EncoderError
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
from humpcat.models.vacnn.modeling import VacnnForAudioClassification

LABELS = {"sadness": 0, "anger": 1, "neutral": 2}
RATE = 16_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a saved model of random weights, with visual words."""
    place = tmp_path_factory.mktemp("vacnn")
    torch.manual_seed(0)
    config = VacnnConfig(widths=[8, 8, 16], groups=4, hidden_size=8, words=5, label2id=LABELS)
    model = VacnnForAudioClassification(config)
    model.codebook.copy_(torch.randn(5, 64))
    model.save_pretrained(place)
    VacnnFeatureExtractor(describe=True).save_pretrained(place)
    return place


def given(seconds: float, seed: int = 0) -> dict:
    samples = np.random.default_rng(seed).normal(scale=0.1, size=round(seconds * RATE)).astype(np.float32)
    return {"array": samples, "sampling_rate": RATE}


def scores(answer: list[dict]) -> list[float]:
    return [row["score"] for row in sorted(answer, key=lambda row: row["label"])]


def test_alone_in_a_batch_and_through_transformers(folder: Path) -> None:
    classify = humpcat.pipeline(folder, device="cpu")
    silence = {"array": np.zeros(RATE, np.float32), "sampling_rate": RATE}
    clips = [given(1.0), silence, given(0.1, 1), given(60, 2)]
    alone = np.array([scores(classify(clip)) for clip in clips])
    flags = [[flag["name"] for flag in classify(clip)[0].get("flags", [])] for clip in clips[:2]]
    # It hears whole recordings, and looks for speech in none.
    assert flags == [[], ["silent"]]
    assert np.isfinite(alone).all()
    np.testing.assert_allclose(alone.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose([scores(answer) for answer in classify(clips)], alone, atol=1e-5)
    theirs = transformers.pipeline("audio-classification", model=str(folder), device="cpu")
    assert type(theirs.model) is VacnnForAudioClassification
    np.testing.assert_allclose([scores(answer) for answer in theirs(clips[:2])], alone[:2], atol=1e-5)


def test_an_encoder_is_refused_where_there_is_none(folder: Path) -> None:
    with pytest.raises(EncoderError) as caught:
        humpcat.pipeline(folder, encoder="somewhere")
    assert str(caught.value) == f"{folder}: has no encoder, somewhere was given as one: leave it out."


def test_it_has_no_listener(folder: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        humpcat.pipeline(folder, device="cpu").listener()
    assert str(caught.value) == (
        "a model of the class VacnnForAudioClassification standardises no speaker: a listener needs a HuMP-CAT model."
    )
