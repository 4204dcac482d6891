"""One adapter behind every command: equal clips and settings give equal weights."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from humpcat.corpora import CORPORA
from humpcat.few_shot import adapt
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.new_head import remembered
from humpcat.protocols import Split
from humpcat.self_training.branch_weights import FUSION_SHARE
from humpcat.training.adapter import Adapter
from humpcat.training.data.batches import balanced_mix
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.drawing import draw_split
from humpcat.training.evaluating import prepared_for
from humpcat.training.settings import AdaptationSettings, TargetSettings
from humpcat.training.target_clips import TargetClips
from humpcat.training.target_models import answers, fine_tune, source_model
from humpcat.training.task_preparation import prepare
from humpcat.training.unlabelled_weight import adapt_weighed

from .making import World, data_settings, finetune


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("humpcat.few_shot.adapting.DRAWS", 1)


@pytest.fixture(name="prepared")
def _prepared(world: World) -> PreparedCorpus:
    return prepared_for(world.source, [CORPORA["emodb"]], data_settings(world), Accelerator(cpu=True))


def as_own_clips(prepared: PreparedCorpus, split: Split, folder: Path) -> tuple[Path, Path]:
    """Write the labelled clips of a split as a table of one's own, and the others into a folder, without labels."""
    folder.mkdir()
    with (folder / "mine.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["path", "label", "speaker"])
        # In another order than that of the corpus.
        for clip_id in sorted((*split.adapt, *split.valid), reverse=True):
            row = prepared.rows[clip_id]
            table.writerow([row["path"], prepared.classes[clip_id], f"person {row['speaker']}"])
    others = folder / "others"
    others.mkdir()
    for clip_id in set(prepared.rows) - {*split.adapt, *split.valid}:
        shutil.copy(prepared.rows[clip_id]["path"], others)
    return folder / "mine.csv", others


SHOTS = {"protocol": "shots", "shots": 2}


@pytest.mark.parametrize(
    ("mode", "protocol"),
    # Each mode and each protocol once; all pairs are slow.
    [
        ("source", {}),
        ("corpus", SHOTS),
        pytest.param("source", SHOTS, marks=pytest.mark.slow),
        pytest.param("corpus", {}, marks=pytest.mark.slow),
    ],
)
def test_the_doors_give_the_same_weights(
    mode: str,
    protocol: dict,
    world: World,
    prepared: PreparedCorpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def one_step(*arguments: Any, **settings: Any) -> Any:
        """Take one step an epoch, and keep how many were asked for."""
        asked.append(settings)
        return balanced_mix(*arguments, **(settings | {"batches": 1}))

    monkeypatch.setattr("humpcat.training.fusion_student.balanced_mix", one_step)
    # The other doors say nothing of steps and batches, and take those that are the default.
    plain = AdaptationSettings()
    steps = {"epochs": plain.epochs, "batch_size": plain.batch_size} if mode == "corpus" else {}
    taken = {"steps_per_epoch": TargetSettings(corpus="emodb").steps_per_epoch} if mode == "corpus" else {}
    finetune(world, tmp_path / "recipe", normalization=mode, baseline=False, optimization=steps, **taken, **protocol)
    split = Split.load(tmp_path / "recipe/draw-0/split.json")
    table, others = as_own_clips(prepared, split, tmp_path / "own")
    further = {"unlabelled": str(others)} if mode == "corpus" else {}
    adapt(
        table,
        out=tmp_path / "own/model",
        source=world.source,
        store=str(world.store),
        audio_folder=str(world.data),
        **further,
    )
    recipe, own = (load_file(tmp_path / name / "model.safetensors") for name in ("recipe/draw-0", "own/model"))
    assert recipe.keys() == own.keys()
    for name, weight in recipe.items():
        torch.testing.assert_close(own[name], weight, atol=2e-5, rtol=2e-5)
    before = load_file(world.source / "model.safetensors")
    assert not torch.allclose(before["summary.weight"], recipe["summary.weight"], atol=1e-3)

    # What the benchmark calls for one of its cells.
    settings = TargetSettings(lang="de", source=str(world.source), share=0.4, draws=1, normalization=mode, **protocol)
    task = prepare(settings, data_settings(world), AdaptationSettings(), Accelerator(cpu=True))
    model = source_model(task)
    fine_tune(task, model, draw_split(task, 0), tmp_path / "cell")
    cell = model.state_dict()
    for name, weight in recipe.items():
        torch.testing.assert_close(cell[name], weight, atol=0, rtol=0)
    assert answers(task, model, split, 0, "x", model.standardizer.held()).table.num_rows == len(split.test)
    # The zero-shot model of the recipe, and the model of each door.
    whole = TargetSettings(corpus="emodb").steps_per_epoch
    assert [settings["batches"] for settings in asked] == ([whole] * 4 if mode == "corpus" else [])
    assert len({(settings["target"], settings["source"]) for settings in asked[1:]}) == (mode == "corpus")


def fitted(world: World, prepared: PreparedCorpus, labelled: list[str], mode: str) -> HumpCatForAudioClassification:
    model = HumpCatForAudioClassification.from_pretrained(world.source)
    target = TargetClips(prepared, list(model.config.label2id), labelled, mode, model.standardizer.held())
    adapt_weighed(Adapter(model, remembered(model), target, Accelerator(cpu=True)))
    return model


@pytest.mark.parametrize("mode", ["source", "corpus", "speaker"])
def test_names_and_order_change_nothing(mode: str, world: World, prepared: PreparedCorpus) -> None:
    ids = sorted(prepared.rows)[::3]
    model = fitted(world, prepared, ids, mode)
    renamed = {clip_id: f"clip {number:03}" for number, clip_id in enumerate(sorted(prepared.rows, reverse=True))}

    def under(values: dict) -> dict:
        return {renamed[clip_id]: value for clip_id, value in values.items()}

    features = prepared.features
    other = replace(
        prepared,
        rows={name: row | {"id": name} for name, row in under(dict(prepared.rows)).items()},
        classes=under(dict(prepared.classes)),
        features=replace(
            features, fingerprints=under(dict(features.fingerprints)), entries=under(dict(features.entries))
        ),
    )
    again = fitted(world, other, [renamed[clip_id] for clip_id in ids], mode)
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], weight, atol=2e-5, rtol=2e-5)


def test_no_label_but_those_that_were_given_matters(world: World, prepared: PreparedCorpus) -> None:
    ids = sorted(prepared.rows)[::3]
    model = fitted(world, prepared, ids, "corpus")
    wrong = {clip_id: name if clip_id in ids else "sadness" for clip_id, name in prepared.classes.items()}
    assert fitted(world, replace(prepared, classes=wrong), ids, "corpus").weights_hash() == model.weights_hash()


def test_the_fusion_keeps_its_share_and_nothing_is_left_of_the_source(world: World, prepared: PreparedCorpus) -> None:
    model = fitted(world, prepared, sorted(prepared.rows)[::3], "source")
    fusion, summary = model.branch_weights.tolist()
    assert fusion / summary == pytest.approx(FUSION_SHARE)
    assert model.temperature.item() == 1
    assert model.memory_factor is None
    source = load_file(world.source / "model.safetensors")
    own = model.state_dict()
    assert all(
        torch.equal(own[name], source[name]) for name in source if name.startswith(("encoder_cat.", "classifier."))
    )


def test_one_clip_is_enough(world: World, prepared: PreparedCorpus) -> None:
    model = fitted(world, prepared, sorted(prepared.rows)[:1], "source")
    np.testing.assert_allclose(model.branch_weights.tolist(), [FUSION_SHARE, 1.0])


def test_clips_that_are_left_out_are_heard_without_their_labels(world: World, prepared: PreparedCorpus) -> None:
    ids = sorted(prepared.rows)[::3]
    learnt, heard = ids[:-4], ids[-4:]

    def answers_of(clips: PreparedCorpus, mode: str = "corpus") -> np.ndarray:
        model = HumpCatForAudioClassification.from_pretrained(world.source)
        target = TargetClips(clips, list(model.config.label2id), ids, mode, model.standardizer.held())
        return Adapter(model, remembered(model), target, Accelerator(cpu=True)).answers_to_heard(learnt, heard)

    before = answers_of(prepared)
    assert before.shape == (4, 4)
    names = sorted(set(prepared.classes.values()))
    others = {clip_id: names[(names.index(prepared.classes[clip_id]) + 1) % len(names)] for clip_id in ids}
    unseen = prepared.classes | {clip_id: others[clip_id] for clip_id in heard}
    np.testing.assert_array_equal(answers_of(replace(prepared, classes=unseen)), before)
    learnt_from = prepared.classes | {clip_id: others[clip_id] for clip_id in learnt}
    assert not np.allclose(answers_of(replace(prepared, classes=learnt_from)), before)
    with pytest.raises(ValueError, match="nothing is heard without its label here"):
        answers_of(prepared, "source")
