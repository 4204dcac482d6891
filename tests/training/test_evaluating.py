"""What a saved model is worth on other clips, and what it says of those of its own split."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from accelerate import Accelerator

import humpcat
from humpcat.corpora import CORPORA
from humpcat.errors import CheckpointError, LeakageError, SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.features.trained_on import TrainedOn
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Ledger, Split
from humpcat.training.evaluating import FUSION, WHOLE, predict_saved, prepared_for

from .making import World, copied, data_settings, finetune


def test_the_whole_model_says_what_it_said_and_the_fusion_speaks_for_itself(world: World, tmp_path: Path) -> None:
    folder, accelerator = copied(world.target / "draw-1", tmp_path / "draw"), Accelerator(cpu=True)
    prepared = prepared_for(folder, [CORPORA["emodb"]], data_settings(world), accelerator)
    found = predict_saved(folder, prepared, "test", accelerator, draw=1)
    before = Predictions.read(folder / "predictions.parquet").of_system("fine-tuned")
    whole, fusion = found.of_system(WHOLE), found.of_system(FUSION)
    assert whole.values("id").tolist() == before.values("id").tolist()
    np.testing.assert_allclose(whole.probabilities, before.probabilities, atol=1e-6)
    assert set(found.values("draw")) == {1}

    model = HumpCatForAudioClassification.from_pretrained(folder)
    model.branch_weights.fill_(0)
    model.branch_weights[0] = 1
    model.save_pretrained(folder)
    alone = predict_saved(folder, prepared, "test", accelerator, draw=1).of_system(WHOLE)
    np.testing.assert_allclose(fusion.probabilities, alone.probabilities, atol=1e-6)
    assert not np.allclose(fusion.probabilities, whole.probabilities, atol=1e-3)


def test_validation_speakers_of_a_source(world: World) -> None:
    accelerator = Accelerator(cpu=True)
    prepared = prepared_for(world.source, [CORPORA["iemocap"]], data_settings(world), accelerator)
    found = predict_saved(world.source, prepared, "valid", accelerator).of_system(WHOLE)
    assert set(found.values("id")) == set(Split.load(world.source / "split.json").valid)


def scored(world: World, data: str | Path = "emodb", **further: object):  # type: ignore[no-untyped-def]
    plain = {"model": world.source, "data_dir": str(world.data), "store": str(world.store)}
    return humpcat.evaluate(data, **(plain | further))


def test_a_model_is_tested_on_a_corpus_that_it_has_not_seen(world: World, tmp_path: Path) -> None:
    summary = scored(world, out=tmp_path / "out")
    assert [row.system for row in summary.systems] == ["chance", "HuMP-CAT"]
    assert summary.guarantee == (
        "cross-corpus: no clip of the target is learnt from; standardised by the clips that were learnt from and no "
        "others"
    )
    made = Predictions.read(tmp_path / "out/predictions.parquet")
    assert made.table.num_rows == 40
    # As the pipeline answers.
    clip = sorted((world.data / "EmoDB/wav").glob("*.wav"))[0]
    said = {row["label"]: row["score"] for row in humpcat.pipeline(world.source, device="cpu")(str(clip))}
    row = made.values("id").tolist().index(f"emodb/{clip.stem}")
    assert dict(zip(made.classes, made.probabilities[row], strict=True)) == pytest.approx(said, abs=5e-3)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "predictions.parquet",
        "results.json",
        "results.md",
    }


def test_nothing_is_written_that_was_not_asked_for(world: World) -> None:
    before = sorted(world.source.rglob("*"))
    assert scored(world, normalization="speaker").guarantee.endswith(
        "standardised by each speaker's clips of these classes without labels, test clips included"
    )
    assert sorted(world.source.rglob("*")) == before


def test_what_a_model_has_seen_does_not_test_it(world: World) -> None:
    with pytest.raises(LeakageError, match="of 5 test speakers were seen"):
        scored(world, "iemocap")
    assert scored(world, "iemocap", allow_leakage=True).guarantee.startswith("SPEAKER-DEPENDENT: 4 of 5 test speakers")
    # An adapted model has seen its source too.
    with pytest.raises(LeakageError):
        scored(world, "iemocap", model=world.target / "draw-0")


def heard(world: World, to: Path, encoder: TrainedOn | None) -> Path:
    """Return a copy of the source whose ledger says something else of its encoder."""

    def change(folder: Path) -> None:
        ledger = Ledger.load(folder / "ledger.json")
        replace(ledger, encoder=encoder).save(folder / "ledger.json")

    return copied(world.source, to, change)


def test_a_corpus_that_the_encoder_was_trained_on_is_no_test(world: World, tmp_path: Path) -> None:
    model = heard(world, tmp_path / "model", TrainedOn("me/mine", "EmoDB", ("Emo-DB",)))
    with pytest.raises(LeakageError, match="the encoder me/mine was trained on emodb too"):
        scored(world, model=model)
    summary = scored(world, model=model, allow_leakage=True)
    assert summary.guarantee.startswith(
        "SPEAKER-DEPENDENT: the encoder me/mine was trained on emodb too; standardised"
    )
    assert "The encoder was trained on: EmoDB." in summary.notes
    with pytest.raises(LeakageError, match="the encoder me/mine was trained on emodb too"):
        finetune(world, tmp_path / "out", source=str(model))


def test_a_model_whose_ledger_is_of_the_first_version(world: World, tmp_path: Path) -> None:
    model = heard(world, tmp_path / "model", None)
    seen = Ledger.load(model / "ledger.json").corpora["iemocap"]
    first = {name: sorted(getattr(seen, name)) for name in ("speakers", "ids", "fingerprints")}
    (model / "ledger.json").write_text(json.dumps({"iemocap": first | {"anonymous": False}}))
    summary = scored(world, model=model, out=tmp_path / "out")
    notes = json.loads((tmp_path / "out/results.json").read_text())["notes"]
    assert list(summary.notes) == notes
    assert notes[-3] == "The encoder was trained on: unknown."
    assert notes[-2].startswith(
        "The ledger of iemocap is of an older version and does not say whose each recording is"
    )
    assert notes[-1].startswith("The ledger is of an older version and does not say which clips were heard without")
    # Of a source it is known that it hears none: what is made of it says so again.
    finetune(world, tmp_path / "tuned", source=str(model), baseline=False)
    assert Ledger.load(tmp_path / "tuned/draw-0/ledger.json").complete
    with pytest.raises(LeakageError, match="of 5 test speakers were seen"):
        scored(world, "iemocap", model=model)


def test_what_a_model_has_seen_does_not_test_it_under_another_name(world: World, tmp_path: Path) -> None:
    seen = Ledger.load(world.source / "ledger.json")
    words = {"ang": "anger", "hap": "happiness", "exc": "happiness", "neu": "neutral", "sad": "sadness"}
    rows = [row for row in CORPORA["iemocap"].scan(world.data / "IEMOCAP").rows if row["label"] in words]
    for row in rows:
        # One clip of each speaker who was seen, and all of the one who was not.
        kept = [other["id"] for other in rows if other["speaker"] == row["speaker"]][:3]
        if row["id"] in kept or row["id"] not in seen.ids:
            to = tmp_path / f"copy/S{row['speaker']}/{words[row['label']]}"
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy(row["path"], to)
    mine = {"speaker_level": 1, "lang": "en", "data_dir": None}
    with pytest.raises(LeakageError, match=r"4 of 5 test speakers were seen under another corpus name \(copy/SSes"):
        scored(world, tmp_path / "copy", **mine)
    stamped = scored(world, tmp_path / "copy", **mine, allow_leakage=True).guarantee
    speaker = sorted(seen.speakers)[0]
    assert f"copy/S{speaker.partition('/')[2]} is {speaker}" in stamped


def test_clips_of_ones_own_and_speakers_that_are_new(world: World, tmp_path: Path) -> None:
    split = Split.load(world.target / "draw-0/split.json")
    for clip in (world.data / "EmoDB/wav").glob("*.wav"):
        if f"emodb/{clip.stem}" in split.test:
            label = {"W": "anger", "F": "happiness", "N": "neutral", "T": "sadness"}[clip.stem[5]]
            (tmp_path / "clips" / clip.stem[:2] / label).mkdir(parents=True, exist_ok=True)
            shutil.copy(clip, tmp_path / "clips" / clip.stem[:2] / label)
    summary = scored(
        world, tmp_path / "clips", model=world.target / "draw-0", speaker_level=1, lang="de", data_dir=None
    )
    assert summary.guarantee.startswith("cross-corpus")
    assert "; 24 of 24 test clips were heard without their labels by the model before (clips/" in summary.guarantee
    before = Predictions.read(world.target / "draw-0/predictions.parquet").of_system("fine-tuned")
    wa = summary.systems[1].figures["wa"].mean
    assert wa == pytest.approx(float((before.predicted == before.gold).mean()), abs=0.01)


def test_what_cannot_be_tested(world: World, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no settings"):
        scored(world, model=tmp_path)
    with pytest.raises(SettingsError, match="--normalization 'loudness' is unknown"):
        scored(world, normalization="loudness")
    with pytest.raises(SettingsError, match="evaluate: keyword 'corpse' is unknown"):
        scored(world, corpse="emodb")
