"""Training on pictures in memory: precision, determinism, and a fold that lacks a class."""

from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from humpcat.corpora import LabelSpace
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.modeling import VacnnForAudioClassification
from humpcat.training.trainer.loop import predict
from humpcat.training.vacnn import pretraining
from humpcat.training.vacnn.pictures import PictureDataset
from humpcat.training.vacnn.settings import PictureOptimization

SPACE = LabelSpace("three", ("anger", "neutral", "sadness"), {})


class InMemory:
    """Features of clips: a picture whose brightness tells the class, and some descriptors."""

    def read(self, clip_id: str, name: str) -> np.ndarray:
        number = int(clip_id)
        rng = np.random.default_rng(number)
        if name == "kaze":
            return rng.normal(size=(number % 3, 64)).astype(np.float16)
        return rng.integers(100 * (number % 2), 100 * (number % 2) + 100, (224, 224), dtype=np.uint8)


def examples(first: int, count: int, labels: list[int] | None = None) -> PictureDataset:
    ids = tuple(str(number) for number in range(first, first + count))
    return PictureDataset(ids, labels or [int(name) % 2 for name in ids], (1.0,) * count, InMemory(), describe=True)


def trained(folder: Path, **settings: object) -> VacnnForAudioClassification:
    torch.manual_seed(0)
    config = VacnnConfig(widths=[8, 8, 8], words=4, label2id={name: index for index, name in enumerate(SPACE.classes)})
    model = VacnnForAudioClassification(config)
    model.codebook.copy_(torch.randn(4, 64))
    optimization = PictureOptimization(**({"epochs": 2, "batch_size": 4, "learning_rate": 0.01} | settings))
    # The third class is not trained on; one validation clip is of it.
    valid = examples(8, 4, [0, 1, 0, 2])
    pretraining.fit_pictures(model, examples(0, 8), valid, SPACE, optimization, Accelerator(cpu=True), folder)
    return model


@pytest.mark.parametrize("balanced", [False, True])
def test_a_fold_without_a_class_is_trained_and_answered(balanced: bool, tmp_path: Path) -> None:
    model = trained(tmp_path, balanced=balanced, bf16=False)
    found = predict(model, examples(20, 5), Accelerator(cpu=True))
    assert list(found) == [str(number) for number in range(20, 25)]
    assert np.isfinite(list(found.values())).all()
    np.testing.assert_allclose(np.sum(list(found.values()), axis=1), 1)


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    hashes = [trained(tmp_path / name, bf16=False).weights_hash() for name in ("first", "second")]
    assert hashes[0] == hashes[1]
    assert trained(tmp_path / "third", bf16=False, seed=1).weights_hash() != hashes[0]


@pytest.mark.parametrize(
    ("asked", "native", "expected"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_bfloat16_is_for_training_only_where_asked_for_and_native(
    asked: bool, native: bool, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {True: set(), False: set()}
    original = VacnnForAudioClassification.forward

    def forward(self: VacnnForAudioClassification, *args: object, **kwargs: object) -> object:
        seen[self.training].add(torch.is_autocast_enabled("cpu"))
        return original(self, *args, **kwargs)

    monkeypatch.setattr(VacnnForAudioClassification, "forward", forward)
    monkeypatch.setattr(pretraining, "fastest_dtype", lambda device: torch.bfloat16 if native else torch.float32)
    trained(tmp_path, bf16=asked, epochs=1)
    assert seen == {True: {expected}, False: {False}}
