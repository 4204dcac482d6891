import json
import re
import runpy
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from transformers import WhisperModel

import humpcat
from humpcat.corpora import CORPORA
from humpcat.training.settings import (
    AdaptationSettings,
    DataSettings,
    NetworkSettings,
    OptimizationSettings,
    SourceSettings,
    TargetDataSettings,
    TargetSettings,
)

from ..features.conftest import CONFIGS as ENCODERS
from ..training.making import World, few_steps

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
ABLATION = RECIPES / "ablate_humpcat.py"
SOURCE, TARGET = RECIPES / "train_source.py", RECIPES / "finetune_target.py"


def figures(results: dict) -> list[list[str]]:
    """Return what the table must show, from results.json."""
    rows = []
    for system in results["systems"]:
        cells = []
        for figure in (system["figures"][name] for name in ("wa", "uar", "macro_f1")):
            text = f"{100 * figure['mean']:.1f}"
            text += "" if figure["sd"] is None else f" ± {100 * figure['sd']:.1f}"
            text += "" if figure["low"] is None else f" [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"
            cells.append(text)
        rows.append([system["system"], *cells])
    return rows


def shown(output: str) -> list[list[str]]:
    lines = [line for line in output.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_last_lines_are_the_table_and_results_hold_its_figures(
    run, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--data-dir", world.data, "--store", world.store]
    small = ["--epochs", 1, "--batch-size", 8]
    assert run(SOURCE, *common, *small, "--encoder", world.encoder, "--out", "source") == 0
    source = capsys.readouterr().out
    with few_steps():
        assert run(TARGET, *common, "--lang", "de", "--source", "source", "--draws", 2, "--share", 0.4) == 0
    target = capsys.readouterr().out
    for output, folder in ((source, tmp_path / "source"), (target, tmp_path / "runs/emodb")):
        results = json.loads((folder / "results.json").read_text())
        assert shown(output) == figures(results)
        assert output.rstrip().endswith((folder / "results.md").read_text().rstrip())
        assert f"Guarantee: {results['guarantee']}" in output
    assert json.loads((tmp_path / "source/config.json").read_text())["encoder"] == str(world.encoder)


def test_an_aligned_model(run, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data-dir", world.data, "--store", world.store, "--epochs", 1, "--batch-size", 8]
    small = ["--steps-per-epoch", 2, "--draws", 1, "--share", 0.4, "--baseline", False]
    assert run(TARGET, *common, *small, "--lang", "de", "--source", world.source, "--align", "local_mmd") == 0
    assert "aligned to and self-trained on all target clips of these classes without labels" in capsys.readouterr().out
    settings = json.loads((tmp_path / "runs/emodb/settings.json").read_text())
    assert (settings["align"], settings["scope"]) == ("local_mmd", "all")


@pytest.mark.parametrize(
    ("recipe", "kinds"),
    [
        (SOURCE, [SourceSettings, DataSettings, NetworkSettings, OptimizationSettings]),
        (TARGET, [TargetSettings, TargetDataSettings, AdaptationSettings]),
    ],
)
def test_help_lists_every_setting(recipe: Path, kinds: list, run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(recipe, "--help") == 0
    said = capsys.readouterr().out
    words = " ".join(said.split())
    for kind in kinds:
        for field in fields(kind):
            assert f"--{field.name.replace('_', '-')}" in said
            assert " ".join(field.metadata["help"].split()) in words
    assert "--config" in said


def test_help_keeps_the_lines_of_the_examples_and_spells_flags_with_dashes(
    run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(SOURCE, "--help") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "    python recipes/train_source.py --toy --out runs/toy" in lines
    flags = {word for line in lines for word in re.findall(r"(?<!\S)--[\w-]+", line)}
    assert {flag for flag in flags if "_" in flag} == {"--multi_gpu", "--mixed_precision"}
    assert "--tuned-layers" in flags


def test_the_recipe_and_the_one_call_give_the_same_model(run, world: World, tmp_path: Path) -> None:
    common = {"data_dir": str(world.data), "store": str(world.store), "encoder": str(world.encoder), "epochs": 1}
    humpcat.train(**common, out=str(tmp_path / "called"))
    flags = [part for name, value in common.items() for part in (f"--{name.replace('_', '-')}", value)]
    assert run(SOURCE, *flags, "--out", tmp_path / "run") == 0
    called, ran = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("called", "run"))
    assert called == ran


def test_settings_from_a_file(run, world: World, tmp_path: Path) -> None:
    lines = [f"data_dir: {world.data}", f"store: {world.store}", f"encoder: {world.encoder}", "epochs: 3", "out: mine"]
    Path(tmp_path / "settings.yaml").write_text("\n".join(lines))
    assert run(SOURCE, "--config", "settings.yaml", "--epochs", 1) == 0
    settings = json.loads((tmp_path / "mine/settings.json").read_text())
    assert (settings["epochs"], settings["out"], settings["corpus"]) == (1, "mine", ["iemocap"])


@pytest.mark.parametrize(
    ("recipe", "arguments", "sentence"),
    [
        (
            TARGET,
            ["--lang", "xx"],
            "language 'xx' has no default target corpus: choose one of {languages}, or name a corpus.",
        ),
        (
            TARGET,
            ["--corpus", "klingon"],
            "'klingon' is neither a corpus nor a file or folder here: check the path, or choose one of {corpora}.",
        ),
        (
            SOURCE,
            ["--corpus", "klingon", "--encoder", "{encoder}"],
            "'klingon' is neither a corpus nor a file or folder here: check the path, or choose one of {corpora}.",
        ),
        (TARGET, [], "--lang and --corpus: neither was named: name a language, a corpus or your own data."),
        (SOURCE, ["--epoch", "3"], "setting '--epoch' is unknown: --help lists all settings."),
        (
            TARGET,
            ["--lang", "de", "--source", "none"],
            "none: there is no such folder: expected a model that recipes/train_source.py wrote; check --source.",
        ),
        (
            SOURCE,
            ["--label-space", "nine", "--encoder", "{encoder}"],
            "label space 'nine' is unknown: choose one of four, four-strict, quadrants, seven, "
            "shared:CORPUS+CORPUS (emotions that they share), owner:CORPUS (all labels of its owner), "
            "own (the labels of your own data as they are).",
        ),
        (
            SOURCE,
            ["--data-dir", "nowhere", "--encoder", "{encoder}"],
            "data folder nowhere: no such folder: check --data-dir or HUMPCAT_DATA.",
        ),
        (
            SOURCE,
            ["--encoder", "{encoder}", "--encoder-layers", "9", "--data-dir", "{data}"],
            "layers [9]: the encoder has hidden states 0 to 4: choose among these.",
        ),
    ],
)
def test_errors_are_one_sentence(
    recipe: Path, arguments: list[str], sentence: str, run, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {
        "languages": ", ".join(sorted(corpus.target_for for corpus in CORPORA if corpus.target_for)),
        "corpora": ", ".join(CORPORA.names()),
        "encoder": world.encoder,
        "data": world.data,
    }
    assert run(recipe, *(argument.format(**words) for argument in arguments)) == 1
    assert capsys.readouterr().err == f"error: {sentence.format(**words)}\n"


def test_interrupted(run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("humpcat.training.source_run.checked", interrupted)
    assert run(SOURCE) == 130
    assert capsys.readouterr().err == (
        "interrupted; what is finished is kept: run the same command, a recipe with --resume.\n"
    )


def test_no_hub_and_no_such_folder(
    run, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    assert run(SOURCE, "--data-dir", world.data, "--out", "out") == 1
    assert capsys.readouterr() == (
        "",
        "error: encoder 'facebook/hubert-base-ls960' was not found: there is no such folder, it is not whole in the "
        f"hub's cache {tmp_path / 'hub'}, and HF_HUB_OFFLINE forbids asking the hub: pass --encoder a folder "
        "in the hub's layout (config.json and model.safetensors), or go online once.\n",
    )


def test_the_benchmark_of_reports_ends_in_time_and_memory(run, capfd):
    assert run(RECIPES / "bench_report.py", "--rows", 600, "--out", "bench") == 0
    assert Path("bench/report/report.html").is_file()
    assert re.fullmatch(r"[\d.]+ s, [\d.]+ GB at most, page of [\d.]+ MB\.", capfd.readouterr().out.splitlines()[-1])


def test_the_benchmark_of_the_start_ends_in_its_table(run, capfd):
    assert run(RECIPES / "bench_start.py", "--turns", 1, "--out", "start.json") == 0
    lines = capfd.readouterr().out.splitlines()[-3:]
    names = ["python -c pass", "import humpcat", "humpcat --help"]
    assert [line.split("|")[1].strip() for line in lines] == names
    assert all(float(cell) > 0 for line in lines for cell in line.split("|")[2:6])
    assert list(json.loads(Path("start.json").read_text())["commands"]) == names


def test_the_benchmark_of_intervals_ends_in_its_table(run, capsys):
    assert run(RECIPES / "bench_intervals.py", "--trials", 2, "--speakers", 4, "--resamples", 20) == 0
    lines = capsys.readouterr().out.splitlines()[-3:]
    assert [line.split()[:2] for line in lines] == [["4", "accuracy"], ["4", "UAR"], ["4", "macro-F1"]]
    assert all(0 <= float(cell) <= 100 for line in lines for cell in line.split()[-4:])


def test_the_benchmark_of_running_statistics_ends_in_its_table(run, world: World, capsys):
    models = ["--source", world.source, "--targets", world.target / "draw-0", world.target / "draw-1"]
    weights = ["--mean-weights", 1, "--spread-weights", 3, 7, "--draws", 2]
    assert run(RECIPES / "bench_running.py", *models, *weights, "--store", world.store) == 0
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in capsys.readouterr().out.splitlines()]
    assert [line[:3] for line in lines[-6:]] == [
        ["validation, own start", "1", "3"],
        ["validation, own start", "1", "7"],
        ["validation, foreign start", "1", "3"],
        ["validation, foreign start", "1", "7"],
        ["target, zero-shot", "5", "100"],
        ["target, fine-tuned", "5", "100"],
    ]
    for line in lines[-6:]:
        assert len(line) == len(lines[-8])
        assert all(0 <= float(cell.split(" ± ")[0]) <= 100 for cell in line[3:])


def test_the_benchmark_of_padding_ends_in_its_table(run, world: World, tmp_path: Path, capsys) -> None:
    common = ["--data-dir", world.data, "--encoder", world.encoder]
    assert run(RECIPES / "bench_padding.py", *common, "--clips", 24, "--out", tmp_path / "bench") == 0
    written = json.loads((tmp_path / "bench/bench_padding.json").read_text())
    assert (written["encoder"], written["clips"], written["corpus"]) == (str(world.encoder), 24, "emodb")
    alone, without, masked, exact = written["ways"].values()
    assert (alone["largest_deviation"], alone["changed"], alone["ratio"]) == (0, 0, 1)
    assert min(without["mean_deviation"], masked["mean_deviation"]) > 1e-3
    assert exact["largest_deviation"] < 1e-5
    assert (exact["uar"], exact["changed"]) == (alone["uar"], 0)
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines[-4:]] == list(written["ways"])
    assert [line[3] for line in lines[-4:]] == [f"{100 * way['uar']:.1f}" for way in written["ways"].values()]


def test_the_benchmark_of_padding_needs_speakers_and_an_encoder_of_waveforms(run, world: World, tmp_path, capsys):
    recipe, common = RECIPES / "bench_padding.py", ["--data-dir", world.data, "--clips", 24]
    assert run(recipe, *common, "--encoder", tmp_path / "nowhere") == 1
    assert "was not found" in capsys.readouterr().err
    WhisperModel(ENCODERS["whisper"]).save_pretrained(tmp_path / "whisper")
    assert run(recipe, *common, "--encoder", tmp_path / "whisper") == 1
    assert "padding of a model of type 'whisper' cannot be made exact" in capsys.readouterr().err
    assert run(recipe, *common, "--clips", 1) == 1
    assert "corpus 'emodb': 1 clips of fewer than two speakers were drawn: ask for more" in capsys.readouterr().err


def test_the_benchmark_of_company_ends_in_its_table(run, world: World, tmp_path: Path, capsys) -> None:
    common = ["--data-dir", world.data, "--encoder", world.encoder, "--clips", 24]
    assert run(RECIPES / "bench_company.py", *common, "--out", tmp_path / "bench") == 0
    written = json.loads((tmp_path / "bench/bench_company.json").read_text())
    assert (written["encoder"], written["clips"], written["corpus"]) == (str(world.encoder), 24, "emodb")
    ways = written["ways"]
    assert list(ways) == [*(f"batches of {size}" for size in (2, 4, 8, 16)), "stored, all at once"]
    # Of a processor, exactly nothing; of batches, what rounding makes.
    assert set(ways["stored, all at once"].values()) == {0}
    for way in list(ways.values())[:-1]:
        assert 0 <= way["mean_hidden"] < 0.02
        assert way["mean_hidden"] <= way["largest_hidden"]
        assert way["changed"] <= 0.25
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines[-5:]] == list(ways)
    assert [line[5] for line in lines[-5:]] == [f"{way['changed']:.1%}" for way in ways.values()]
    assert run(RECIPES / "bench_company.py", *common[:-1], 1) == 1
    assert "corpus 'emodb': 1 clips of fewer than two speakers were drawn: ask for more" in capsys.readouterr().err


def test_deviations_are_in_shares_of_what_each_value_deviates() -> None:
    deviations = runpy.run_path(str(RECIPES / "bench_company.py"), run_name="recipe")["deviations"]
    rng = np.random.default_rng(0)
    alone = [rng.normal(size=(2, steps, 3)) * [1.0, 10.0, 100.0] for steps in (400, 600)]
    found = [one + np.array([0.1, 1.0, -10.0]) for one in alone]
    off = deviations(found, alone)
    assert off.shape == (2, 1000, 3)
    np.testing.assert_allclose(off, 0.1, rtol=0.1)


def test_the_benchmark_of_adapting_ends_in_its_table(run, world: World, tmp_path: Path, capsys) -> None:
    common = ["--source", world.source, "--data-dir", world.data, "--store", world.store, "--out", tmp_path / "bench"]
    assert run(RECIPES / "bench_adapt.py", "--speakers", 2, 3, "--shots", 2, "--draws", 1, *common) == 0
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in capsys.readouterr().out.splitlines()[-4:]
    ]
    assert [line[:2] for line in lines] == [["2", "0"], ["2", "mean"], ["3", "0"], ["3", "mean"]]
    for draw, mean in (lines[:2], lines[2:]):
        assert mean[2] == draw[2].split(" [")[0]
        assert mean[3] == {"yes": "1 of 1", "no": "0 of 1"}[draw[3]]
        assert mean[4:6] == draw[4:6]
    table = (tmp_path / "bench/emodb-3-speakers/draw-0.csv").read_text().splitlines()
    speakers = {line.rsplit(",", 1)[1] for line in table[1:]}
    assert (len(table), len(speakers)) == (1 + 2 * 4, 3)


def test_the_benchmark_of_self_training_goes_on_where_it_stopped(run, world: World, tmp_path: Path, capsys) -> None:
    common = ["--sources", world.source, "--corpora", "emodb", "--data-dir", world.data, "--store", world.store]
    common += ["--shots", 1, "--draws", 1, "--out", tmp_path / "bench"]
    recipe = RECIPES / "bench_self_training.py"
    assert run(recipe, *common, "--modes", "speaker") == 0
    done = tmp_path / "bench/accuracies.jsonl"
    first = done.read_text()
    assert [json.loads(line)[0][-2] for line in first.splitlines()] == [
        "zero-shot",
        "1 clip a class",
        "20 % of speakers",
    ]
    capsys.readouterr()
    assert run(recipe, *common, "--modes", "speaker", "corpus", "--situations", "tidy", "clips-5") == 0
    assert done.read_text().startswith(first)
    lines = capsys.readouterr().out.splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| source |")][
        1:
    ]
    assert [row[2:4] for row in cells] == [
        ["speaker", "tidy"],
        ["speaker", "clips-5"],
        ["corpus", "tidy"],
        ["corpus", "clips-5"],
    ]
    for row, (_, found) in zip(cells[:1], map(json.loads, first.splitlines()[:1]), strict=True):
        assert row[4] == f"{found['without']:.1f} ± 0.0 / {found['with']:.1f} ± 0.0"


def test_the_ablation_keeps_its_rows_and_compares_them(run, world: World, tmp_path: Path, capsys) -> None:
    common = ["--source", "iemocap", "--targets", "emodb", "--data-dir", world.data, "--store", world.store]
    common += ["--encoder", world.encoder, "--out", "ablation", "--draws", 1]
    with few_steps():
        assert run(ABLATION, *common, "--rows", "default") == 0
    kept = (tmp_path / "ablation/default/emodb/draw-0/model.safetensors").stat().st_mtime_ns
    with few_steps():
        assert run(ABLATION, *common, "--rows", "scope-all") == 0
    assert (tmp_path / "ablation/default/emodb/draw-0/model.safetensors").stat().st_mtime_ns == kept
    assert [path.name for path in (tmp_path / "ablation/source").iterdir()] == ["default"]
    written = (tmp_path / "ablation/ablation.md").read_text()
    assert capsys.readouterr().out.rstrip().endswith(written.rstrip())
    lines = [line.split(" | ") for line in written.splitlines() if line.startswith("| ")][1:]
    assert [line[0].strip("| ") for line in lines] == ["default", "scope-all"]
    found = json.loads((tmp_path / "ablation/ablation.json").read_text())
    assert found["rows"][1]["row"]["adaptation"] == {"scope": "all"}
    result = found["rows"][1]["targets"]["emodb"]
    for system in ("whole model", "fusion alone"):
        assert f"{100 * result[system]['wa']['mean']:.1f}" in lines[1][3 if system == "fusion alone" else 7]
        difference = result[system]["wa"]["mean"] - found["rows"][0]["targets"]["emodb"][system]["wa"]["mean"]
        assert result[f"{system} less default"]["wa"]["estimate"] == pytest.approx(difference)


def test_a_row_that_there_is_not(run, capsys) -> None:
    assert run(ABLATION, "--rows", "streams-Q") == 1
    assert capsys.readouterr().err.startswith("error: row 'streams-Q' is unknown: choose among default, scope-all,")


def test_a_folder_of_corpora_and_the_encoder_beside_each_model(
    run, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora/berlin.py").write_text(
        "from humpcat.corpora.catalog.emodb import EmoDB\n\n\nclass Berlin(EmoDB):\n    name = 'berlin'\n"
        "    target_for = None\n\n\nEXPORT = (Berlin(),)\n"
    )
    encoder = tmp_path / "encoder"
    shutil.copytree(world.encoder, encoder)
    common = ["--corpora", "corpora", "--data-dir", world.data, "--store", world.store, "--with-encoder"]
    small = ["--epochs", 1, "--batch-size", 8]
    assert run(SOURCE, *common, *small, "--corpus", "berlin", "--encoder", encoder, "--out", "source") == 0
    adapting = ["--corpus", "iemocap", "--draws", 1, "--share", 0.4, "--baseline", False]
    with few_steps():
        assert run(TARGET, *common, *adapting, "--source", "source") == 0
    # On another machine: other folders, no encoder but the model's own, no network.
    shutil.rmtree(encoder)
    monkeypatch.delenv("HUMPCAT_ENCODERS")
    (tmp_path / "source").rename(tmp_path / "moved")
    (tmp_path / "runs/iemocap/draw-0").rename(tmp_path / "moved-draw")
    clip = str(next((world.data / "EmoDB/wav").glob("*.wav")))
    for folder in ("moved", "moved-draw"):
        assert json.loads((tmp_path / folder / "config.json").read_text())["encoder"] == "./encoder"
        assert len(humpcat.pipeline(tmp_path / folder, device="cpu")(clip)) == 4
    # What adapting remembers names its corpora, of which one is of that folder; it goes on without it.
    shutil.rmtree(tmp_path / "corpora")
    common = ["--data-dir", world.data, "--store", world.store]
    with few_steps():
        assert run(TARGET, *common, *adapting, "--source", "moved") == 0
