"""Source models of several corpora: IEMOCAP and a Polish folder of one's own; EmoDB is the target."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from humpcat.corpora import FOUR
from humpcat.errors import LeakageError, SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.new_head import remembered
from humpcat.models.humpcat.standardization import summary_names
from humpcat.protocols import Ledger, Split
from humpcat.self_training import SourceMemory
from humpcat.training import source as module
from humpcat.training.checkpoint import read_settings
from humpcat.training.data.corpus import corpora_of, sources_of
from humpcat.training.data.prepared_split import PreparedSplit
from humpcat.training.evaluating import WHOLE, predict_saved, prepared_for
from humpcat.training.settings import DataSettings, SourceSettings
from humpcat.training.summary_values import pooled

from ..making import World, copied, data_settings, finetune, train, vowel, write

EMOTIONS = ("anger", "happiness", "neutral", "sadness")


@pytest.fixture(scope="module")
def polish(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three speakers' folders with a folder a label; quiet, so that its statistics are its own."""
    folder = tmp_path_factory.mktemp("own") / "polish"
    for number, speaker in enumerate(("ala", "ewa", "jan")):
        for emotion in EMOTIONS:
            clip = 0.1 * vowel(emotion, speaker=20 + number, take=1)
            write(folder / speaker / emotion / "1.wav", clip)
    return folder


def settings(world: World) -> DataSettings:
    return data_settings(world, speaker_level=1)


@pytest.fixture(scope="module")
def both(world: World, polish: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source model of both corpora."""
    folder = tmp_path_factory.mktemp("both") / "source"
    train(world, folder, data=settings(world), source={"corpus": ["iemocap", str(polish)], "lang": "pl"})
    return folder


@pytest.fixture(scope="module")
def clips(world: World, both: Path) -> PreparedSplit:
    """The clips of that model."""
    prepared = prepared_for(both, sources_of(read_settings(both)), settings(world), Accelerator(cpu=True))
    held = HumpCatForAudioClassification.from_pretrained(both).standardizer.held()
    return PreparedSplit(prepared, Split.load(both / "split.json"), FOUR.classes, held)


def test_speakers_of_both_train_validate_and_test_and_the_ledger_knows_them(both: Path) -> None:
    split, ledger = Split.load(both / "split.json"), Ledger.load(both / "ledger.json")
    corpora = [{clip_id.split("/")[0] for clip_id in part} for part in (split.train, split.valid, split.test)]
    assert corpora == [{"iemocap", "polish"}] * 3
    assert ledger.ids == {*split.train, *split.valid}
    assert {name: len(seen.speakers) for name, seen in ledger.corpora.items()} == {"iemocap": 4, "polish": 2}
    assert set(Predictions.read(both / "predictions.parquet").values("language")) == {"en", "pl"}


def test_each_corpus_is_standardised_by_its_own_training_clips_and_the_model_holds_all(clips: PreparedSplit) -> None:
    parts = clips.parts("valid", "corpus")
    assert [{clip_id.split("/")[0] for clip_id in part.ids} for part in parts] == [{"iemocap"}, {"polish"}]
    for part, corpus in zip(parts, ("iemocap", "polish"), strict=True):
        own = clips.prepared.statistics([clip_id for clip_id in clips.split.train if clip_id.startswith(corpus)])
        assert all(torch.equal(part.statistics["whole"][name], own[name]) for name in own)
    # Each corpus counts alike, however many clips it has.
    means = torch.stack([part.statistics["whole"]["pooled"][0] for part in parts])
    assert torch.allclose(clips.held["pooled"][0], means.mean(0), atol=1e-6)
    spread = [part.statistics["whole"]["mfcc"] for part in parts]
    assert not torch.allclose(spread[0], spread[1], atol=0.1)


def test_a_corpus_that_does_not_train_is_standardised_by_what_the_model_holds(clips: PreparedSplit) -> None:
    split = replace(clips.split, train=tuple(clip_id for clip_id in clips.split.train if clip_id.startswith("iem")))
    iemocap, other = replace(clips, split=split).parts("test", "corpus")
    assert iemocap.statistics["whole"] is other.statistics["whole"] is clips.held
    assert [len(part) for part in replace(clips, split=replace(split, test=())).parts("test", "corpus")] == [0]


def test_the_model_remembers_the_clips_of_both(both: Path, clips: PreparedSplit) -> None:
    model = HumpCatForAudioClassification.from_pretrained(both)
    read = summary_names(model.config)
    values = [np.clip(pooled(part, read), -6, 6) for part in clips.parts("train", "corpus")]
    assert [len(rows) for rows in values] == [24, 4]
    labels = [label for part in clips.parts("train", "corpus") for label in part.labels]
    expected, found = SourceMemory.of(np.concatenate(values), labels, rank=64), remembered(model)
    # The memory lies in half precision.
    np.testing.assert_allclose(found.solution, expected.solution, atol=1e-3)
    np.testing.assert_allclose(found.factor.T @ found.factor, expected.factor.T @ expected.factor, atol=5e-3)


def test_corpora_weigh_alike_in_the_loss_and_in_batches(
    world: World, polish: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[torch.Tensor] = []
    original = module.make_loss
    monkeypatch.setattr(
        module, "make_loss", lambda name, given, *rest: found.append(given) or original(name, given, *rest)
    )
    silent = copied(polish, tmp_path / "polish")
    for path in silent.glob("*/anger/1.wav"):
        path.unlink()
    corpora = {"corpus": ["iemocap", str(silent)], "lang": "pl"}
    train(world, tmp_path / "out", data=settings(world), source=corpora, epochs=1)
    # 24 clips of IEMOCAP, and three of the other that weigh as many: 6 of anger, 14 of each other class.
    assert found[0].tolist() == pytest.approx([48 / 4 / 6, *[48 / 4 / 14] * 3])


def test_fine_tuning_mixes_both_in(world: World, both: Path, tmp_path: Path) -> None:
    for mode in ("speaker", "corpus", "source"):
        out = tmp_path / mode
        finetune(world, out, data=data_settings(world), source=str(both), normalization=mode, baseline=False)
        ledger = Ledger.load(out / "draw-0/ledger.json")
        assert set(ledger.corpora) == {"emodb", "iemocap", "polish"}


@pytest.mark.parametrize("scope", ["distilled", "summary"])
def test_a_source_that_kept_nothing_back_learns_from_a_target_without_labels(
    world: World, tmp_path: Path, polish: Path, scope: str
) -> None:
    whole = {"corpus": ["iemocap", "emodb"], "valid_share": 0.0, "test_share": 0.0}
    train(world, tmp_path / "source", source=whole)
    target = {"corpus": str(polish), "lang": "pl", "normalization": "corpus", "baseline": True}
    data = settings(world)
    finetune(
        world, tmp_path / "out", data=data, source=str(tmp_path / "source"), optimization={"scope": scope}, **target
    )
    told = Predictions.read(tmp_path / "out/predictions.parquet")
    assert len(set(told.table.column("system").to_pylist())) > 1
    assert np.isfinite(told.probabilities).all()


def test_each_of_the_sources_is_refused_as_a_target(world: World, both: Path, tmp_path: Path, polish: Path) -> None:
    for corpus, lang in (("iemocap", None), (str(polish), "pl")):
        with pytest.raises(LeakageError, match=r"was seen|were seen"):
            finetune(world, tmp_path / "out", data=data_settings(world), source=str(both), corpus=corpus, lang=lang)


def test_killed_and_resumed_is_as_unbroken(
    world: World, polish: Path, both: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpora = {"corpus": ["iemocap", str(polish)], "lang": "pl"}
    with monkeypatch.context() as patch:
        patch.setattr(module, "trust", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(world, tmp_path / "out", data=settings(world), source=corpora)
    train(world, tmp_path / "out", data=settings(world), source=corpora | {"resume": True})
    assert (tmp_path / "out/model.safetensors").read_bytes() == (both / "model.safetensors").read_bytes()
    alone = {"corpus": ["iemocap"], "resume": True}
    with pytest.raises(SettingsError, match="was begun with corpus"):
        train(world, tmp_path / "out", data=data_settings(world), source=alone)


def test_asking_again_standardises_as_training_did(world: World, both: Path, clips: PreparedSplit) -> None:
    found = predict_saved(both, clips.prepared, "test", Accelerator(cpu=True)).of_system(WHOLE)
    before = Predictions.read(both / "predictions.parquet")
    np.testing.assert_allclose(found.probabilities, before.probabilities, atol=1e-6)


def test_an_older_source_names_its_corpus_without_a_list(world: World, tmp_path: Path) -> None:
    def one(folder: Path) -> None:
        content = read_settings(folder) | {"corpus": "iemocap"}
        (folder / "settings.json").write_text(json.dumps(content))

    older = copied(world.source, tmp_path / "older", one)
    assert [corpus.name for corpus in sources_of(read_settings(older))] == ["iemocap"]
    assert SourceSettings(corpus="iemocap").corpus == ["iemocap"]  # type: ignore[arg-type]


def test_a_corpus_is_named_once(world: World) -> None:
    with pytest.raises(SettingsError, match="--corpus iemocap: is named twice, expected corpora of different names"):
        corpora_of(["iemocap", "emodb", "iemocap"], settings(world))
