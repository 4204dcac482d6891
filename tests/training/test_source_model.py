"""What is known of a source where its clips are at hand, and where they are not."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from humpcat.errors import CheckpointError, CorpusError, SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.features.extraction import extract
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.training import target_models as module
from humpcat.training.checkpoint import read_settings
from humpcat.training.drawing import draw_split
from humpcat.training.settings import AdaptationSettings, TargetDataSettings, TargetSettings
from humpcat.training.source_model import SourceModel
from humpcat.training.target_models import source_model, started
from humpcat.training.task import Task
from humpcat.training.task_preparation import prepare

from .making import World, copied, data_settings, finetune

NOTE = "the source's clips (iemocap) are not at hand: what the checkpoint remembers of them serves."


@pytest.fixture(name="alone")
def _alone(world: World, tmp_path: Path) -> str:
    """Return a data folder that holds the target and not the source."""
    shutil.copytree(world.data / "EmoDB", tmp_path / "data/EmoDB")
    return str(tmp_path / "data")


def task_of(world: World, *, data_dir: str | None = None, **settings: object) -> Task:
    target = TargetSettings(**({"lang": "de", "source": str(world.source), "share": 0.4, "draws": 2} | settings))
    data = data_settings(world, **({"data_dir": data_dir} if data_dir else {}))
    return prepare(target, data, AdaptationSettings(epochs=1, batch_size=8), Accelerator(cpu=True))


@pytest.mark.parametrize("mode", ["source", "corpus"])
def test_where_the_memory_is_of_clips_standardised_alike_they_are_not_missed(
    mode: str, world: World, alone: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finetune(world, tmp_path / "with", normalization=mode, baseline=False)
    assert NOTE not in capsys.readouterr().out
    summary = finetune(
        world, tmp_path / "without", normalization=mode, baseline=False, data=data_settings(world, data_dir=alone)
    )
    assert capsys.readouterr().out.count(f"note: {NOTE}") == 1
    assert NOTE in summary.notes
    weights = [load_file(tmp_path / name / "draw-0/model.safetensors") for name in ("with", "without")]
    assert all(torch.equal(weights[0][name], weight) for name, weight in weights[1].items())


def test_by_speaker_the_memory_serves_in_place_of_the_clips(world: World, alone: str) -> None:
    at_hand, missing = task_of(world, normalization="speaker"), task_of(world, data_dir=alone, normalization="speaker")
    assert (at_hand.source_at_hand, missing.source_at_hand) == (True, False)
    kept = missing.origin.memory("corpus")
    assert (missing.origin.memory("speaker", clips=False).solution == kept.solution).all()
    assert abs(at_hand.origin.memory("speaker", clips=True).solution - kept.solution).max() > 0.01


def test_zero_shot_keeps_the_sources_weights_where_its_speakers_are_not_at_hand(world: World, alone: str) -> None:
    task = replace(task_of(world, data_dir=alone), optimization=AdaptationSettings(scope="summary"))
    model, source = started(task, draw_split(task, 0), Path()), source_model(task)
    assert torch.equal(model.branch_weights, source.branch_weights)
    assert torch.equal(model.temperature, source.temperature)
    assert model.summary is not None
    assert source.summary is not None
    assert not torch.equal(model.summary.weight, source.summary.weight)


def test_a_target_that_reads_no_source_clip_does_not_extract_any(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpora = []

    def spy(paths, *args, **kwargs):  # type: ignore[no-untyped-def]
        corpora.append({clip_id.split("/")[0] for clip_id in paths})
        return extract(paths, *args, **kwargs)

    monkeypatch.setattr("humpcat.training.data.prepared_corpus.extract", spy)
    finetune(world, tmp_path / "none", normalization="source", baseline=False)
    finetune(world, tmp_path / "asked", normalization="speaker", baseline=False, source_per_batch=0)
    assert corpora == [{"emodb"}, {"emodb"}]
    finetune(world, tmp_path / "some", normalization="corpus", baseline=False)
    assert corpora[2:] == [{"emodb"}, {"iemocap"}]


@pytest.mark.parametrize(
    ("optimization", "rest"),
    [
        ({"scope": "all"}, "or choose --scope summary or --source-per-batch 0."),
        ({"scope": "head"}, "or choose --scope summary or --source-per-batch 0."),
        ({"align": "mmd"}, "or choose --scope summary without --align."),
    ],
)
def test_what_mixes_source_clips_in_is_refused_before_any_work(
    optimization: dict, rest: str, world: World, alone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humpcat.training.task.prepare_corpus", lambda *_: pytest.fail("nothing is to be read"))
    data = data_settings(world, data_dir=alone)
    with pytest.raises(CorpusError, match="mixes source clips into every batch, and these are not at hand") as caught:
        finetune(world, tmp_path / "out", optimization=optimization, data=data)
    assert str(caught.value).endswith(rest)


def test_a_source_without_memory_and_clips_is_refused_before_any_work(
    world: World, alone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(folder: Path) -> None:
        model = HumpCatForAudioClassification.from_pretrained(folder)
        model.forget()
        model.save_pretrained(folder)

    source = copied(world.source, tmp_path / "source", change)
    monkeypatch.setattr("humpcat.training.task.prepare_corpus", lambda *_: pytest.fail("nothing is to be read"))
    with pytest.raises(CheckpointError, match="has no memory of what it was trained on, expected a model that"):
        finetune(world, tmp_path / "out", source=str(source), data=data_settings(world, data_dir=alone))


@pytest.mark.parametrize("mode", ["corpus", "speaker"])
def test_zero_shot_is_fitted_once_for_all_draws(mode: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fits = []
    original = module.adapt_summary
    monkeypatch.setattr(module, "adapt_summary", lambda *args: fits.append(1) or original(*args))
    task = task_of(world, normalization=mode)
    models = [started(task, draw_split(task, draw), Path()) for draw in (0, 1)]
    assert len(fits) == 1
    assert models[0].weights_hash() == models[1].weights_hash()
    task.origin.zero_shot.clear()
    assert started(task, draw_split(task, 1), Path()).weights_hash() == models[0].weights_hash()
    assert len(fits) == 2
    other = task.under(normalization="speaker" if mode == "corpus" else "corpus")
    assert started(other, draw_split(other, 0), Path()).weights_hash() != models[0].weights_hash()


def test_another_label_space_is_a_new_head(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = (
        "the head is new; kept from the source: anger, happiness, neutral, sadness; learnt from the target's labelled "
        "clips alone: disgust, fear, surprise."
    )
    data = data_settings(world, label_space="seven")
    summary = finetune(world, tmp_path / "out", data=data, baseline=False)
    assert f"note: {note}" in capsys.readouterr().out
    assert note in summary.notes
    for folder in (tmp_path / "out", tmp_path / "out/draw-0"):
        assert read_settings(folder)["label_space"] == "seven"
    model = HumpCatForAudioClassification.from_pretrained(tmp_path / "out/draw-0")
    assert list(model.config.label2id) == ["anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"]
    made = Predictions.read(tmp_path / "out/predictions.parquet").of_system("fine-tuned")
    assert (made.predicted == made.gold).mean() > 0.6
    with pytest.raises(SettingsError, match="--label-space seven with --scope head: the source tells anger, "):
        finetune(world, tmp_path / "other", data=data, optimization={"scope": "head"})


def test_no_label_space_is_that_of_the_source(world: World, tmp_path: Path) -> None:
    finetune(
        world,
        tmp_path / "out",
        data=TargetDataSettings(data_dir=str(world.data), store=str(world.store)),
        baseline=False,
    )
    assert read_settings(tmp_path / "out")["label_space"] == "four"


def test_a_source_of_other_classes_than_its_label_space(world: World, tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        settings = (folder / "settings.json").read_text()
        (folder / "settings.json").write_text(settings.replace('"label_space": "four"', '"label_space": "seven"'))

    source = copied(world.source, tmp_path / "source", change)
    with pytest.raises(CheckpointError, match="its classes are anger, happiness, neutral, sadness, the label space"):
        SourceModel(source, data_settings(world), Accelerator(cpu=True))
