import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForAudioClassification

import humpcat
from humpcat.corpora import CORPORA
from humpcat.evaluation.predictions import Predictions
from humpcat.features.visual_words import Codebook
from humpcat.protocols import Split

from ..training.making import World
from .test_recipes import RECIPES

BENCHMARK, SPEED = RECIPES / "benchmark_vacnn.py", RECIPES / "bench_vacnn_speed.py"
EMODB_SPEAKERS = ("03", "08", "09", "10", "11")
FULL, PURE = "VACNN + BOVW", "VACNN + BOVW, pure"


def arguments(world: World, *more: object, source: str = "iemocap") -> list[object]:
    words = ["--words", 4] if "--systems" not in more or any("BOVW" in str(word) for word in more) else []
    return [
        *("--data-dir", world.data, "--store", world.store, "--pretraining", source, "--corpora", "emodb"),
        *(*words, "--folds", 2, "--epochs", 1, "--pretraining-epochs", 1, "--out", "out", *more),
    ]


def written(folder: Path) -> dict[Path, int]:
    """Return when each model below a folder was written."""
    return {path: path.stat().st_mtime_ns for path in folder.glob("out/**/model.safetensors")}


def test_from_pretraining_to_tables_and_no_work_twice(
    run,
    world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(BENCHMARK, *arguments(world, "--protocols", "ours", "--systems", FULL)) == 0
    before = written(tmp_path)
    # EmoDB's speakers are not in the source, so that both folds share one pretraining.
    assert len(before) == 3
    capsys.readouterr()
    assert run(BENCHMARK, *arguments(world, "--protocols", "ours", "--systems", FULL, PURE, "--resume", "True")) == 0
    after = written(tmp_path)
    assert len(after) == 5
    assert before.items() <= after.items()
    folder = tmp_path / "out/emodb/ours"
    tables = (folder / "tables.md").read_text()
    assert tables.rstrip() in capsys.readouterr().out
    assert tables.startswith("Guarantee: speaker-disjoint")
    assert re.search(rf"\| {re.escape(FULL)} .*\| 86.92 *\|", tables)
    made = Predictions.read(folder / "predictions.parquet")
    assert set(made.values("system")) == {FULL, PURE}
    # Every clip tests once, in a space of seven classes of which this corpus has four.
    assert len(made.of_system(FULL).gold) == len(set(made.of_system(FULL).values("id"))) == 40
    assert len(made.classes) == 7

    # What is resumed for one system alone keeps the others in its tables.
    assert run(BENCHMARK, *arguments(world, "--protocols", "ours", "--systems", FULL, "--resume", "True")) == 0
    assert (folder / "tables.md").read_text() == tables
    assert written(tmp_path) == after

    model = folder / "vacnn-bovw/fold-1"
    assert json.loads((model / "config.json").read_text())["frozen_blocks"] == 1
    assert set(json.loads((model / "ledger.json").read_text())["corpora"]) == {"emodb", "iemocap"}
    pretrained = AutoModelForAudioClassification.from_pretrained(next((tmp_path / "out/pretraining").iterdir()))
    tuned = AutoModelForAudioClassification.from_pretrained(model)
    assert tuned.codebook.any()
    same = {
        name: torch.equal(weight, pretrained.state_dict()[name])
        for name, weight in tuned.state_dict().items()
        if name.startswith("trunk") and name.endswith("weight")
    }
    assert {name for name, equal in same.items() if equal} == {
        name for name in same if name.startswith(("trunk.stem", "trunk.blocks.0"))
    }
    clip = next(world.data.glob("EmoDB/wav/*.wav"))
    assert len(humpcat.pipeline(model, device="cpu")(clip)) == 7

    assert run(BENCHMARK, *arguments(world, "--systems", FULL, "--resume", "True", "--learning-rate", 0.5)) == 1
    assert "was begun with learning_rate 0.0005, now 0.5" in capsys.readouterr().err


@pytest.mark.slow
def test_what_was_begun_from_another_pretraining_is_not_mixed_in(
    run, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["--protocols", "ours", "--systems", "VACNN"]
    assert run(BENCHMARK, *arguments(world, *chosen)) == 0
    assert run(BENCHMARK, *arguments(world, *chosen, "--resume", "True", "--pretraining-epochs", 2)) == 1
    assert run(BENCHMARK, *arguments(world, *chosen, "--resume", "True", source="emodb")) == 1
    assert "was begun with pretraining_folder vacnn-va-" in capsys.readouterr().err
    # A corpus that is not there is told before anything is begun anew.
    assert run(BENCHMARK, *arguments(world, *chosen, source="savee")) == 1
    assert len(written(tmp_path)) == 3


def test_words_are_found_in_training_clips_only_and_shared_by_what_trains_on_the_same(
    run, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    fit = Codebook.fit
    monkeypatch.setattr(Codebook, "fit", lambda self, X, y=None: seen.append(len(X)) or fit(self, X, y))
    chosen = ["--protocols", "paper", "--systems", FULL, PURE]
    assert run(BENCHMARK, *arguments(world, *chosen)) == 0
    splits = [Split.load(tmp_path / f"out/emodb/paper/vacnn-bovw/fold-{fold}/split.json") for fold in (0, 1)]
    assert seen == [len(split.train) for split in splits] == [20, 20]
    # Other clips, other words.
    assert run(BENCHMARK, *arguments(world, *chosen[:2], "--systems", PURE, "--resume", "True", "--folds", 4)) == 1


def test_nobody_who_tests_is_pretrained_on_in_ours_where_the_target_is_the_source(
    run, world: World, tmp_path: Path
) -> None:
    # Five speakers in three folds leave three or four, one each to validate and test the pretraining.
    chosen = ["--protocols", "ours", "--systems", "VACNN", "--folds", 3]
    assert run(BENCHMARK, *arguments(world, *chosen, source="emodb")) == 0
    pretrained = [Split.load(file) for file in (tmp_path / "out/pretraining").glob("*/split.json")]
    heard = [{clip_id.split("/")[1][:2] for clip_id in (*one.seen, *one.test)} for one in pretrained]
    splits = [Split.load(tmp_path / f"out/emodb/ours/vacnn/fold-{fold}/split.json") for fold in range(3)]
    tested = [{clip_id.split("/")[1][:2] for clip_id in split.test} for split in splits]
    assert sorted(map(sorted, heard)) == sorted(sorted(set(EMODB_SPEAKERS) - speakers) for speakers in tested)


@pytest.mark.slow
def test_the_networks_beside_it_go_the_same_way(
    run, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    timm = pytest.importorskip("timm")
    made = timm.create_model

    def offline(name: str, *, pretrained: bool, **settings: object) -> torch.nn.Module:
        if pretrained:
            raise OSError("no way to the hub")
        return made(name, pretrained=False, **settings)

    monkeypatch.setattr(timm, "create_model", offline)
    chosen = ["--protocols", "ours", "--systems", "ResNet", "VACNN (CBAM) + BOVW", "--resnet", "resnet18"]
    assert run(BENCHMARK, *arguments(world, *chosen, "--imagenet", "True")) == 0
    assert (
        "resnet18: no weights from ImageNet, for the hub does not answer (no way to the hub)"
        in capsys.readouterr().out
    )
    names = {folder.name.rpartition("-")[0] for folder in (tmp_path / "out/pretraining").iterdir()}
    assert names == {"resnet18", "vacnn-cbam"}
    clip = next(world.data.glob("EmoDB/wav/*.wav"))
    for system in ("resnet", "vacnn-cbam-bovw"):
        assert len(humpcat.pipeline(tmp_path / f"out/emodb/ours/{system}/fold-0", device="cpu")(clip)) == 7


def test_the_papers_protocol_says_what_pretraining_has_heard(
    run,
    world: World,
    tmp_path: Path,
) -> None:
    chosen = arguments(world, "--protocols", "paper", "--systems", "VACNN", source="emodb")
    assert run(BENCHMARK, *chosen) == 0
    first = (tmp_path / "out/emodb/paper/tables.md").read_text().splitlines()[0]
    assert first.startswith("Guarantee: SPEAKER-DEPENDENT: ")
    assert first.endswith("; pretraining heard test clips with their labels.")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--systems", "VGG"], "--systems 'VGG' is unknown: choose among VACNN + BOVW; "),
        (["--protocols", "theirs"], "--protocols 'theirs' is unknown: choose among paper, ours."),
        (["--words", "1"], "--words 1: expected a whole number from 2 to 1000000."),
        (["--pooling", "max"], "pooling 'max' is unknown: choose one of mean, time, flatten."),
        (["--warp", "3"], "--warp 3.0: expected a number of at least 0 and below 1."),
        (["--folds", "1"], "--folds 1: expected a whole number from 2 to 1000."),
        (["--valid-share", "2"], "--valid-share 2.0: expected a number of at least 0 and below 1."),
        (["--label-smoothing", "2"], "--label-smoothing 2.0: expected a number of at least 0 and below 1."),
        (["--weight-decay", "-1"], "--weight-decay -1.0: expected a number from 0 to 100."),
        (["--label-space", "four-strict"], "--label-space four-strict: is not for this recipe: leave it out."),
        (["--toy", "True"], "--toy True: is not for this recipe: leave it out."),
    ],
)
def test_mistakes_are_told_before_anything_is_computed(
    more: list[str],
    sentence: str,
    run,
    world: World,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(BENCHMARK, *arguments(world, *more)) == 1
    assert capsys.readouterr().err.startswith(f"error: {sentence}")


def test_a_folder_of_ones_own_is_not_taken_for_old_results(
    run, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tmp_path / "out" / "emodb" / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("mine")
    for more in ((), ("--resume", "True")):
        assert run(BENCHMARK, *arguments(world, "--systems", "VACNN", "--out", notes.parents[1], *more)) == 1
        assert "holds emodb, which humpcat did not write" in capsys.readouterr().err
    assert notes.read_text() == "mine"


def test_a_corpus_is_not_taken_for_old_results(
    run, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = shutil.copytree(CORPORA["emodb"].find(world.data), tmp_path / "data/emodb")
    data = ["--data-dir", corpus.parent, "--out", corpus.parent]
    assert run(BENCHMARK, *arguments(world, "--systems", "VACNN", *data, source="emodb")) == 1
    assert "holds the corpus emodb itself: name another folder." in capsys.readouterr().err
    assert any(corpus.rglob("*.wav"))


@pytest.mark.slow
def test_fewer_speakers_than_folds_and_the_search_for_words_are_said(
    run, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["--protocols", "ours", "--systems", FULL, "--words", 3, 4]
    assert run(BENCHMARK, *arguments(world, *chosen, "--folds", 9)) == 0
    assert re.search(
        r"mean silhouettes: 3 words -?0\.\d{3}, 4 words -?0\.\d{3}; [34] words are taken\.", capsys.readouterr().out
    )
    tables = (tmp_path / "out/emodb/ours/tables.md").read_text()
    assert f"{len(EMODB_SPEAKERS)} folds, not 9: there are {len(EMODB_SPEAKERS)} speakers." in tables
    assert "Pretraining, where there is one, on iemocap: the paper's on ravdess, tess." in tables


@pytest.mark.slow
def test_the_benchmark_of_speed_ends_in_ratios(
    run,
    world: World,
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = ("--clips", 4, "--words", 4, "--turns", 1, "--batches", 1)
    assert run(SPEED, "--data-dir", world.data, "--corpus", "emodb", "--described", "emodb", *small) == 0
    lines = capsys.readouterr().out.splitlines()
    # Three kinds of step beside the plain one, of two models, and pictures.
    assert len([line for line in lines if line.startswith("ratio")]) == 7
    assert any(line.startswith("an epoch of emodb, 32 clips") for line in lines)
