"""The pipeline in half precision, however that is asked for."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

import humpcat
from humpcat.errors import SettingsError
from humpcat.inference.pipeline import HumpCatPipeline, pipeline
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
from humpcat.models.vacnn.modeling import VacnnForAudioClassification

from ..training.making import World, vowel

HALVES = (torch.float16, torch.bfloat16)
CLIPS = [
    {"array": vowel(emotion, speaker=speaker, take=8), "sampling_rate": 16_000}
    for emotion in ("anger", "happiness", "neutral", "sadness")
    for speaker in (1, 2)
]


@pytest.fixture(scope="module")
def expected(world: World) -> np.ndarray:
    return scores(pipeline(world.target / "draw-0", device="cpu"))


def scores(classify: HumpCatPipeline) -> np.ndarray:
    answers = [sorted(answer, key=lambda row: row["label"]) for answer in classify(CLIPS)]
    return np.array([[row["score"] for row in answer] for answer in answers])


def linear_types(classify: HumpCatPipeline) -> set[torch.dtype]:
    encoder = classify.model.load_encoder()
    return {encoder.layers[-1].feed_forward.output_dense.weight.dtype}


@pytest.mark.parametrize("dtype", HALVES)
def test_every_way_of_asking_answers_alike(world: World, expected: np.ndarray, dtype: torch.dtype) -> None:
    model = world.target / "draw-0"
    asked = pipeline(model, device="cpu", dtype=dtype)
    by_name = pipeline(model, device="cpu", dtype=str(dtype).removeprefix("torch."))
    cast = pipeline(model, device="cpu")
    cast.model.to(dtype)
    theirs = transformers.pipeline("audio-classification", model=str(model), device="cpu", dtype=dtype)
    found = scores(asked)
    assert 0 < np.abs(found - expected).max() < 0.02
    for other in (by_name, cast, theirs):
        assert linear_types(other) == {dtype}
        np.testing.assert_allclose(scores(other), found, atol=1e-5)
    listener = asked.listener()
    plain = pipeline(model, device="cpu").listener()
    for clip in CLIPS:
        both = [sorted(hear(clip), key=lambda row: row["label"]) for hear in (listener, plain)]
        np.testing.assert_allclose([row["score"] for row in both[0]], [row["score"] for row in both[1]], atol=0.02)


def test_what_lies_above_the_encoder_stays_in_single_precision(world: World) -> None:
    model = pipeline(world.target / "draw-0", device="cpu", dtype="bfloat16").model
    own = {name: weight.dtype for name, weight in model.state_dict().items() if not name.startswith("encoder.")}
    assert set(own.values()) <= {torch.float32, torch.float16}
    assert {name for name, kind in own.items() if kind == torch.float16} <= {"memory_factor"}


def test_moving_does_not_cast(world: World) -> None:
    model = pipeline(world.target / "draw-0", device="cpu", dtype="bfloat16").model
    model.to("cpu")
    assert model.parts_dtype == torch.bfloat16
    assert model.float().parts_dtype == torch.float32


@pytest.mark.parametrize("wanted", ["float15", "int8", torch.int16, 16])
def test_what_is_no_type_of_floats(world: World, wanted: object) -> None:
    with pytest.raises(SettingsError) as caught:
        humpcat.pipeline(world.source, dtype=wanted)
    assert str(caught.value) == f"dtype {wanted!r}: expected float32, float16 or bfloat16."


@pytest.mark.parametrize("dtype", HALVES)
def test_pictures_too(tmp_path: Path, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    labels = {"sadness": 0, "anger": 1, "neutral": 2}
    config = VacnnConfig(widths=[8, 8, 16], groups=4, hidden_size=8, words=5, label2id=labels)
    model = VacnnForAudioClassification(config)
    model.codebook.copy_(torch.randn(5, 64))
    model.save_pretrained(tmp_path)
    VacnnFeatureExtractor(describe=True).save_pretrained(tmp_path)
    full, half = (humpcat.pipeline(tmp_path, device="cpu", dtype=kind) for kind in (None, dtype))
    assert half.model.codebook.dtype == torch.float32
    np.testing.assert_allclose(scores(half), scores(full), atol=0.02)
