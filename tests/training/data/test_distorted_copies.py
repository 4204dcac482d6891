"""Distorted copies of training clips, alone and in a source training."""

from pathlib import Path

import numpy as np
import pytest
import torch

from humpcat.errors import SettingsError
from humpcat.features.distorted_file import DistortedFile
from humpcat.features.extraction import StoredFeatures
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.new_head import remembered
from humpcat.protocols import Ledger, Split
from humpcat.training import source_run
from humpcat.training.data.distorted_copies import with_copies
from humpcat.training.data.examples import ClipDataset

from ..making import World, train

NAMES = ("telephone", "8kHz", "twice")
NOWHERE = StoredFeatures({}, {})


@pytest.fixture
def part() -> ClipDataset:
    """Three clips of two speakers, each standardised by its own."""
    return ClipDataset(
        ids=("a", "b", "c"),
        labels=(0, 1, 2),
        lengths=(1.0, 2.0, 3.0),
        features=NOWHERE,
        statistics={"ewa": {"mfcc": torch.zeros(2, 1)}, "jan": {"mfcc": torch.ones(2, 1)}},
        group_of={"a": "ewa", "b": "ewa", "c": "jan"},
    )


def copied(part: ClipDataset, copies: int, seed: int = 0, left_out: str = "") -> tuple[ClipDataset, dict]:
    asked: dict[str, DistortedFile] = {}

    def extracted(files):
        asked.update(files)
        return StoredFeatures(
            dict.fromkeys(files, ""), {copy: () for copy in files if not copy.startswith(left_out or " ")}
        )

    rows = {clip_id: {"path": f"clips/{clip_id}.wav"} for clip_id in part.ids}
    return with_copies(part, rows, NAMES, copies, seed, extracted), asked


def test_a_copy_is_learnt_as_its_clip_and_standardised_like_it(part):
    both, asked = copied(part, 2)
    assert both.ids[:3] == part.ids
    assert len(both) == 9
    for place, copy in enumerate(both.ids[3:], start=3):
        original = part.ids.index(copy[0])
        assert asked[copy].path == f"clips/{copy[0]}.wav"
        assert both.labels[place] == part.labels[original]
        assert both.lengths[place] == part.lengths[original]
        found, expected = both.statistics[both.group_of[copy]], part.statistics[part.group_of[copy[0]]]
        assert torch.equal(found["mfcc"], expected["mfcc"])


def test_copies_of_a_clip_differ_and_are_the_seeds(part):
    _, asked = copied(part, 2)
    for clip_id in part.ids:
        drawn = [file.distortion for copy, file in asked.items() if copy.startswith(clip_id)]
        assert len(set(drawn)) == 2
    assert copied(part, 2)[1] == asked
    assert any(copied(part, 2, seed)[1].keys() != asked.keys() for seed in range(1, 6))


def test_copies_that_cannot_be_used_are_left_out(part):
    both, _ = copied(part, 1, left_out="b")
    assert [copy[0] for copy in both.ids] == ["a", "b", "c", "a", "c"]
    assert both.labels == (0, 1, 2, 0, 2)


@pytest.fixture(scope="module")
def trained(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copies") / "source"
    train(world, folder, source={"distorted_copies": 1, "distortions": ["telephone"]})
    return folder


def test_copies_change_the_model_and_neither_its_memory_nor_its_statistics(world, trained):
    plain = HumpCatForAudioClassification.from_pretrained(world.source)
    model = HumpCatForAudioClassification.from_pretrained(trained)
    assert not torch.equal(model.summary.weight, plain.summary.weight)
    for name, value in plain.standardizer.held().items():
        assert torch.equal(model.standardizer.held()[name], value)
    assert np.allclose(remembered(model).solution, remembered(plain).solution, atol=1e-5)


def test_no_copy_is_in_what_the_model_has_seen_or_is_tested_on(world, trained):
    assert Split.load(trained / "split.json") == Split.load(world.source / "split.json")
    ledgers = [Ledger.load(folder / "ledger.json") for folder in (trained, world.source)]
    assert ledgers[0] == ledgers[1]


def test_what_cannot_be_drawn_is_refused_before_work_begins(world, tmp_path, monkeypatch):
    monkeypatch.setattr(source_run.SpeechEncoder, "from_pretrained", lambda *_: pytest.fail("work has begun"))
    with pytest.raises(SettingsError, match="ask for fewer copies"):
        train(world, tmp_path / "out", source={"distorted_copies": 2, "distortions": ["twice", "twice"]})
    with pytest.raises(SettingsError, match="Did you mean 'twice'"):
        train(world, tmp_path / "out", source={"distorted_copies": 1, "distortions": ["twise"]})
    with pytest.raises(SettingsError, match="does nothing without --distorted-copies"):
        train(world, tmp_path / "out", source={"distortions": ["twice"]})
