"""The benchmarks of speed end in their tables and write the figures; what they compare is the same work."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from humpcat.benchmarks.commands import Run
from humpcat.benchmarks.spread import spread_clips
from humpcat.corpora import CORPORA
from humpcat.models.losses import make_loss
from humpcat.training.data.batches import shuffled_by_length
from humpcat.training.data.examples import joined
from humpcat.training.settings import NetworkSettings, OptimizationSettings, SourceSettings
from humpcat.training.source import build
from humpcat.training.source_run import checked, learnt_parts, make_split, prepare
from humpcat.training.trainer.accelerator import make_accelerator

from ..training.making import World, data_settings

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def table(output: str, first: str = "way") -> list[list[str]]:
    """Return the cells of all tables below their headings."""
    lines = [line for line in output.splitlines() if line.startswith("|") and not line.startswith("| --")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != first]


@pytest.mark.parametrize(
    "recipe",
    [
        "bench_company",
        "bench_features",
        "bench_inference",
        "bench_padding",
        "bench_predict",
        "bench_shipped",
        "bench_start",
        "bench_store",
        "bench_training",
    ],
)
def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_measured(recipe: str, run, capsys) -> None:
    Path("taken").touch()
    given = ["--encoder", "none"] if recipe == "bench_predict" else []
    out = "taken/figures.json" if recipe == "bench_start" else "taken"
    assert run(RECIPES / f"{recipe}.py", *given, "--out", out) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: out taken: is a file")
    assert len(said.err.splitlines()) == 1


def test_clips_are_of_all_lengths_in_an_order_that_tells_nothing_of_length(world: World) -> None:
    corpus = CORPORA["emodb"]
    seconds = {row["id"]: row["duration"] for row in corpus.scan(corpus.find(str(world.data))).rows}
    found = spread_clips("emodb", str(world.data), 10)
    lengths = [seconds[clip_id] for clip_id in found]
    assert len(found) == 10
    assert (min(lengths), max(lengths)) == (min(seconds.values()), max(seconds.values()))
    assert lengths not in (sorted(lengths), sorted(lengths, reverse=True))
    assert list(found.items()) == list(spread_clips("emodb", str(world.data), 10).items())
    assert spread_clips("emodb", str(world.data), 1000).keys() == seconds.keys()


def test_the_store(run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data-dir", world.data, "--corpus", "emodb", "--turns", 2, "--entries", 500, "--out", "bench"]
    assert run(RECIPES / "bench_store.py", *common) == 0
    said = capsys.readouterr().out
    found = json.loads(Path("bench/bench_store.json").read_text())
    rows, seconds = table(said), found["seconds"]
    assert [row[0] for row in rows] == list(seconds)
    for name, each, ratio in rows:
        assert float(each) == pytest.approx(1000 * seconds[name] / found["megabytes"], rel=1e-3)
        assert float(ratio) == pytest.approx(seconds["one flat file, memory-mapped"] / seconds[name], abs=0.006)
    # A shard and what the extractor is.
    assert (found["entries"], found["files"]) == (500, 2)
    assert f"500 entries in 2 files: opened in {found['seconds_to_open']:.2f} s" in said


def test_features(run, world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    common = ["--data-dir", world.data, "--corpus", "emodb", "--clips", 2, "--turns", 1, "--out", "bench"]
    assert run(RECIPES / "bench_features.py", *common) == 0
    said = capsys.readouterr().out
    found = json.loads(Path("bench/bench_features.json").read_text())
    rows, seconds = table(said), found["seconds"]
    assert [row[0] for row in rows] == list(seconds)
    plain = seconds["transformers, float32, one by one"]
    for name, factor, ratio, _ in rows:
        assert float(factor) == pytest.approx(seconds[name] / found["seconds_of_audio"], rel=1e-3)
        assert float(ratio) == pytest.approx(plain / seconds[name], abs=0.006)
    sizes = {f"humpcat, hidden states, batches of {size}": size for size in (2, 8, 32)}
    sizes["humpcat, hidden states, one call a clip"] = 1
    slowest = max(sizes, key=lambda name: seconds[name])
    assert f"slowest size of a call, in clips: {sizes[slowest]}, " in said
    # Two clips are too few for workers.
    assert "MFCC and prosody, workers: 1, " in said
    assert (found["clips"], found["workers"]) == (2, 1)
    assert 0.999 < found["least_cosine"] <= 1.0001
    assert os.environ["LOKY_MAX_CPU_COUNT"] == "1"


@pytest.mark.slow
@pytest.mark.skipif(CORES < 2, reason="needs Linux and two cores")
def test_features_of_processes(run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data-dir", world.data, "--corpus", "emodb", "--clips", 4, "--turns", 1, "--out", "bench"]
    assert run(RECIPES / "bench_features.py", *common, "--processes", 2) == 0
    found = json.loads(Path("bench/bench_features_processes.json").read_text())
    rows = table(capsys.readouterr().out)
    assert [row[0] for row in rows] == ["one process on one core", "2 processes, each on a core of its own"]
    one, two = found["seconds"].values()
    assert float(rows[1][2]) == pytest.approx(one / two, abs=0.006)
    assert not Path("bench/bench_features.json").exists()


def test_more_processes_than_cores_are_refused(run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data-dir", world.data, "--corpus", "emodb", "--clips", 4, "--out", "bench"]
    assert run(RECIPES / "bench_features.py", *common, "--processes", 1000) == 1
    assert capsys.readouterr().err.startswith("error: 1000 processes: ")


@pytest.mark.parametrize("native", [True, False])
def test_inference(native: bool, run, world: World, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr("humpcat.device.fastest_dtype", lambda _: torch.bfloat16 if native else torch.float32)
    common = ["--data-dir", world.data, "--corpus", "emodb", "--clips", 2, "--turns", 1, "--calls", 1]
    assert run(RECIPES / "bench_inference.py", *common, "--encoder", world.encoder, "--out", "bench") == 0
    rows = table(capsys.readouterr().out)
    found = json.loads(Path("bench/bench_inference.json").read_text())
    precisions = ("", ", bfloat16") if native else ("",)
    of = ("transformers, HuBERT-base", "humpcat, HuBERT-base", "humpcat, encoder")
    systems = [system + precision for system in of for precision in precisions]
    ways = [f"{system}, {batch}" for system in systems for batch in ("one by one", "batches of 8")]
    assert [row[0] for row in rows] == [*ways, *systems]
    better = [min(found["seconds"][way] for way in ways[first : first + 2]) for first in (0, 2)[: len(precisions)]]
    for name, _, *ratios in rows[: len(ways)]:
        expected = [took / found["seconds"][name] for took in better]
        assert [float(ratio) for ratio in ratios] == pytest.approx(expected, rel=0.01, abs=0.006)
    for name, took, ratio in rows[len(ways) :]:
        assert float(took) == pytest.approx(found["latency"][name], rel=1e-3)
        assert float(ratio) == pytest.approx(found["latency"][systems[0]] / found["latency"][name], rel=0.01, abs=0.01)


def test_the_model_that_ships(run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data-dir", world.data, "--corpus", "emodb", "--clips", 3, "--turns", 1, "--calls", 2]
    usual = torch.get_num_threads()
    assert run(RECIPES / "bench_shipped.py", *common, "--model", world.source, "--out", "bench") == 0
    assert torch.get_num_threads() == usual
    rows = table(capsys.readouterr().out)
    found = json.loads(Path("bench/bench_shipped.json").read_text())
    assert [row[0] for row in rows] == [*found["latency"], *found["seconds"]]
    assert "one clip of 4 s, 1 core" in found["latency"]
    for name, took in rows[:-1]:
        assert float(took) == pytest.approx(found["latency"][name], rel=1e-3)
    (seconds,) = found["seconds"].values()
    assert float(rows[-1][1]) == pytest.approx(seconds / found["seconds_of_audio"], rel=1e-3)


def test_training(run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data-dir", world.data, "--encoder", world.encoder, "--store", world.store, "--out", "bench"]
    assert run(RECIPES / "bench_training.py", *common, "--turns", 1, "--sample", 3) == 0
    said = capsys.readouterr().out
    found = json.loads(Path("bench/bench_training.json").read_text())
    ours, same, shuffled, anew = found["seconds"].values()
    rows = table(said)
    assert [row[0] for row in rows] == list(found["seconds"])
    assert [float(row[2]) for row in rows] == [
        pytest.approx(same / took, rel=0.01, abs=0.006) for took in (ours, same, shuffled, anew)
    ]
    assert f"same batches: {100 * (ours / same - 1):.1f} %" in said
    # The encoding of three clips is scaled to all, and the epoch itself comes on top.
    assert anew > same
    assert found["sampled_clips"] == 3
    assert "estimated from 3 clips" in said
    # IEMOCAP's corpus of the tests has 40 clips with a class, of five speakers, three of whom train.
    assert found["training_clips"] == 24


def test_the_plain_loop_learns_what_the_trainer_does(world: World, tmp_path: Path) -> None:
    recipe = runpy.run_path(str(RECIPES / "bench_training.py"), run_name="recipe")
    settings = OptimizationSettings(epochs=1, batch_size=8)
    source, network = SourceSettings(out=str(tmp_path / "run")), NetworkSettings(encoder=str(world.encoder))
    made = checked(source, data_settings(world), network, settings, make_accelerator(settings, source.out))
    split = make_split(made, prepare(made))
    learnt, model = joined(learnt_parts(made, split)), build(made, split)
    for module in model.modules():
        # Both draw other random numbers.
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, torch.nn.MultiheadAttention):
            module.dropout = 0.0
    loss = make_loss("cross-entropy", torch.ones(4), 0.0, 1.0)
    batches = shuffled_by_length(learnt.lengths, 8)(np.random.default_rng([0, 0]))
    ours = recipe["our_epoch"](made, model, learnt, loss, str(tmp_path / "states"))
    clips = recipe["in_memory"](learnt)
    same, shuffled = (recipe["plain_epoch"](settings, model, clips, loss, order) for order in (batches, None))
    assert same == pytest.approx(ours, rel=1e-5)
    assert shuffled != pytest.approx(ours, rel=1e-5)


def test_what_is_asked_of_predict_and_what_is_said_of_it(
    run, world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def measured(words: list[str]) -> Run:
        asked.append(words[1:])
        files = [word for word in words if word.endswith(".wav")]
        return Run(wall=2.0 + len(files), processor=1.0, memory=100.0 + len(files))

    monkeypatch.setattr("humpcat.benchmarks.commands._measured", measured)
    monkeypatch.setattr("os.wait4", None, raising=False)
    common = ["--data-dir", world.data, "--corpus", "emodb", "--model", world.source, "--encoder", world.encoder]
    assert run(RECIPES / "bench_predict.py", *common, "--counts", 3, 1, "--turns", 2, "--out", "bench") == 0
    paths = list(spread_clips("emodb", str(world.data), 3).values())
    ours = ["-m", "humpcat", "predict", "--encoder", str(world.encoder), "--model", str(world.source)]
    script = ["-c", asked[1][1], str(world.encoder)]
    one = [[*ours, paths[0]], [*script, paths[0]]]
    three = [[*ours, *paths], [*script, *paths], *([*ours, path] for path in paths)]
    assert asked == one + one * 2 + three * 2
    rows = [row for row in table(capsys.readouterr().out, "command") if row]
    ways = ["humpcat predict", "transformers in a script", "humpcat predict for each file"]
    assert [row[:2] for row in rows] == [
        *([way, "3.00"] for way in ways[:2]),
        [ways[0], "5.00"],
        [ways[1], "5.00"],
        [ways[2], "9.00"],
    ]
    assert [row[3:] for row in rows[2:]] == [["103", "1.0"], ["103", "1.0"], ["101", "1.8"]]
    found = json.loads(Path("bench/bench_predict.json").read_text())["files"]
    assert {count: list(runs) for count, runs in found.items()} == {"1": ways[:2], "3": ways}
    assert found["3"][ways[2]] == [{"wall": 9.0, "processor": 3.0, "memory": 101.0}] * 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="tells nothing of the memory of commands")
def test_predict(run, world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    common = ["--data-dir", world.data, "--corpus", "emodb", "--model", world.source, "--encoder", world.encoder]
    assert run(RECIPES / "bench_predict.py", *common, "--counts", 2, "--turns", 1, "--out", "bench") == 0
    rows = table(capsys.readouterr().out, "command")
    ways = ["humpcat predict", "transformers in a script", "humpcat predict for each file"]
    assert [row[0] for row in rows] == ways
    (found,) = json.loads(Path("bench/bench_predict.json").read_text())["files"].values()
    assert list(found) == ways
    walls = [runs[0]["wall"] for runs in found.values()]
    assert [float(row[4]) for row in rows] == [pytest.approx(wall / walls[0], abs=0.06) for wall in walls]
    assert all(runs[0]["memory"] > 100 for runs in found.values())
    # A command a file starts twice.
    assert found[ways[2]][0]["processor"] > found[ways[0]][0]["processor"]


def test_the_script_answers_every_file(world: World) -> None:
    recipe = runpy.run_path(str(RECIPES / "bench_predict.py"), run_name="recipe")
    paths = [str(path) for path in sorted((world.data / "EmoDB/wav").glob("*.wav"))[:2]]
    words = [sys.executable, "-c", recipe["SCRIPT"], str(world.encoder), *paths]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in said.splitlines()] == paths


def test_more_files_than_the_corpus_has_are_refused(run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data-dir", world.data, "--corpus", "emodb", "--encoder", world.encoder]
    assert run(RECIPES / "bench_predict.py", *common, "--counts", 1, 41) == 1
    assert capsys.readouterr().err == (
        "error: corpus 'emodb': has 40 clips, 41 were asked for: name fewer by --counts, or another corpus.\n"
    )
