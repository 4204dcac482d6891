import json
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from accelerate import Accelerator

from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.benchmarks.humpcat.systems.probe import LinearProbe
from humpcat.corpora import CORPORA
from humpcat.domain_adaptation.logistic import regression
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.significance import compare_systems, correct_together, p_text
from humpcat.evaluation.table import HEADINGS
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.standardization import Statistics
from humpcat.protocols import SITUATIONS, Split
from humpcat.training.data.examples import ClipDataset
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.evaluating import prepared_for
from humpcat.training.summary_values import pooled

from ..training.making import World, data_settings, finetune
from .flags import overridden

RECIPE = Path(__file__).resolve().parents[2] / "recipes/benchmark_humpcat.py"
SHOTS = (1, 4)


class Run:
    """Runs the benchmark on the small world."""

    def __init__(self, world: World, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.world, self.folder, self.patch = world, folder, patch
        self.out = folder / "benchmark"

    def __call__(self, *arguments: object) -> int:
        world = self.world
        plain = ["--source", world.source, "--data-dir", world.data, "--store", world.store, "--out", self.out]
        plain += ["--epochs", 1, "--batch-size", 8, "--steps-per-epoch", 1, "--share", 0.4, "--draws", 1]
        plain += ["--shots", *SHOTS, "--modes", "source", "speaker"]
        self.patch.setattr(sys, "argv", [str(RECIPE), *overridden(plain, arguments)])
        try:
            runpy.run_path(str(RECIPE), run_name="__main__")
        except SystemExit as stop:
            return int(stop.code or 0)
        return 0

    def parts(self) -> dict[str, int]:
        files = sorted(self.out.glob("*/*/draw-*/*/predictions.parquet"))
        return {str(path.relative_to(self.out).parent): path.stat().st_mtime_ns for path in files}


@pytest.fixture(name="run", scope="module")
def _run(world: World, tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        run = Run(world, tmp_path_factory.mktemp("benchmark"), patch)
        assert run() == 0
        yield run


def split_of(run: Run, name: str) -> Split:
    return Split.load(run.out / f"emodb/source/draw-0/{name}/split.json")


def test_every_system_is_tested_on_the_same_clips_and_shots_are_nested(run: Run) -> None:
    whole, one, four = (split_of(run, name) for name in ("humpcat-40-percent", "humpcat-1-shots", "humpcat-4-shots"))
    assert [len(split.adapt) for split in (one, four)] == [4, 16]
    assert set(one.adapt) < set(four.adapt) <= {*whole.adapt, *whole.valid}
    assert (one.valid, four.valid, len(whole.valid)) == ((), (), 4)
    every = [Split.load(file) for file in run.out.glob("emodb/*/draw-0/*/split.json")]
    assert len(every) == 2 * (2 + 3 * 3)
    assert {split.test for split in every} == {whole.test}


def test_the_folder_of_a_mode_holds_one_table_of_all_systems(run: Run) -> None:
    table = Predictions.read(run.out / "emodb/speaker/predictions.parquet")
    amounts = ["1 clip a class", "4 clips a class", "40 % of speakers"]
    names = ["HuMP-CAT (zero-shot)", "linear probe (zero-shot)"]
    names += [f"{model} ({amount})" for amount in amounts for model in ("HuMP-CAT", "linear probe", "target-only")]
    assert list(dict.fromkeys(table.values("system"))) == names
    assert set(table.values("draw")) == {0}
    assert all("standardised by each speaker's clips" in text for text in set(table.values("guarantee")))
    assert not list(run.out.rglob("checkpoints"))


@pytest.mark.parametrize(("name", "protocol"), [("4-shots", {"protocol": "shots", "shots": 4}), ("40-percent", {})])
def test_figures_are_those_of_fine_tuning_alone(run: Run, tmp_path: Path, name: str, protocol: dict) -> None:
    finetune(run.world, tmp_path / "out", normalization="speaker", baseline=False, steps_per_epoch=1, **protocol)
    alone = Predictions.read(tmp_path / "out/predictions.parquet").of_system("fine-tuned")
    part = Predictions.read(run.out / f"emodb/speaker/draw-0/humpcat-{name}/predictions.parquet")
    assert set(part.values("model_hash")) == set(alone.values("model_hash"))
    # The benchmark asks the fusion about each clip once, in other batches.
    assert part.probabilities == pytest.approx(alone.probabilities, abs=1e-6)


def test_the_probe_is_standardised_as_the_model_is_that_it_is_compared_with(run: Run) -> None:
    name, accelerator = "40-percent", Accelerator(cpu=True)
    finetune(run.world, run.folder / "inductive", normalization="source", baseline=False, draws=1)
    tuned = run.folder / "inductive/draw-0"
    prepared = prepared_for(tuned, [CORPORA["emodb"]], data_settings(run.world), accelerator)
    source = prepared_for(run.world.source, [CORPORA["iemocap"]], data_settings(run.world), accelerator)
    split, heard = split_of(run, f"probe-{name}"), Split.load(run.world.source / "split.json")
    held = HumpCatForAudioClassification.from_pretrained(tuned).standardizer.held()
    own = HumpCatForAudioClassification.from_pretrained(run.world.source)
    classes = list(own.config.label2id)

    def read(of: PreparedCorpus, ids: tuple[str, ...], statistics: Statistics) -> ClipDataset:
        return of.clips(ids, classes, "corpus", statistics)

    target = read(prepared, (*split.adapt, *split.valid), held)
    known = read(source, (*heard.train, *heard.valid), own.standardizer.held())
    fitted = regression([(pooled(clips), clips.labels) for clips in (target, known)], len(classes))
    expected = LinearProbe(*fitted).predict(read(prepared, split.test, held))
    made = Predictions.read(run.out / f"emodb/source/draw-0/probe-{name}/predictions.parquet")
    rows = [expected[clip_id] for clip_id in made.values("id")]
    np.testing.assert_allclose(made.probabilities, rows, atol=1e-5)


def test_differences_are_those_of_the_evaluation(run: Run) -> None:
    results = json.loads((run.out / "results.json").read_text())
    page = (run.out / "results.md").read_text()
    assert len(results["differences"]) == 2 * 4
    for found in results["differences"]:
        table = Predictions.read(run.out / f"emodb/{found['mode']}/predictions.parquet")
        pair = [table.of_system(f"{model} ({found['learnt']})") for model in ("HuMP-CAT", "linear probe")]
        expected = correct_together([compare_systems(*pair)])[0]
        for name, one in expected.differences.items():
            shown = found["scores"][name]
            assert shown["difference"]["estimate"] == one.estimate
            assert (shown["p"], shown["p_holm"]) == (one.p, one.p_holm)
            assert f"{one.points}, {p_text(one.p_holm)}" in page
    assert results["source"] == ["iemocap"]
    assert page.splitlines()[2] == "Guarantee: speaker-disjoint test."


def test_the_table_stands_beside_the_paper(run: Run) -> None:
    results = json.loads((run.out / "results.json").read_text())
    page = (run.out / "results.md").read_text()
    table = results["corpora"]["emodb"]["source"]
    scores = {row["system"]: row["figures"] for row in table["systems"]}

    def triple(system: str) -> str:
        return " / ".join(f"{100 * scores[system][name]['mean']:.1f}" for name in HEADINGS)

    cells = [triple(f"{model} (40 % of speakers)") for model in ("HuMP-CAT", "linear probe", "target-only")]
    assert f"| emodb | inductive | {' | '.join(cells)} | 88.69 |" in page
    assert f"| mean of 1 target | inductive | {' | '.join(cells)} | 78.75 (mean of 7) |" in page
    assert (run.out / "learning-curve.svg").read_text().count("<svg") == 1
    assert (run.out / "learning-curve.png").stat().st_size > 10_000


def test_a_killed_run_goes_on_and_one_that_asks_for_more_adds_to_it(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run.parts()
    gone = "emodb/speaker/draw-0/probe-4-shots"
    (run.out / gone / "predictions.parquet").unlink()
    assert run("--draws", 2, "--systems", "probe", "--modes", "speaker") == 0
    after = run.parts()
    assert {name for name in before if after[name] != before[name]} == {gone}
    assert {name.split("/")[2] for name in set(after) - set(before)} == {"draw-1"}
    said = capsys.readouterr()
    assert "emodb, speaker, draw 1 of 2: linear probe (4 clips a class)" in said.out
    assert "HuMP-CAT (1 clip" not in said.out + said.err


def test_self_training_that_is_not_believed_stands_in_the_tables(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humpcat.training.linear_branch.MOST_GAIN", -1.0)
    run = Run(world, tmp_path, monkeypatch)
    with pytest.warns(UserWarning, match="clips without labels are not learnt from"):
        assert run("--modes", "corpus", "--scope", "summary", "--shots", 1) == 0
    amounts = ("zero-shot", "1 clip a class", "40 % of speakers")
    doubted = "; ".join(f"HuMP-CAT ({amount}): 1 of 1 draw" for amount in amounts)
    said = f"Self-training was not believed ({doubted}): soft labels of the clips without labels came to follow "
    (note,) = [
        note
        for note in json.loads((run.out / "results.json").read_text())["corpora"]["emodb"]["corpus"]["notes"]
        if note.startswith(said)
    ]
    for place in (run.out, run.out / "emodb/corpus"):
        assert f"\n{note}\n" in (place / "results.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--share", 0.6],
            "{out}: was begun with share 0.4, now 0.6: go on with the same settings, or name another --out.",
        ),
        (
            ["--corpora", "mesd", "casia"],
            "data folder {data}: holds none of the targets mesd, casia, expected one or "
            "more: check --data-dir, or name others by --corpora ('humpcat corpora' lists them).",
        ),
        (["--corpora", "klingon"], "corpus 'klingon' is unknown: choose one of "),
        (
            ["--align", "mmd"],
            "--align mmd with --normalization source: there no target clip is used",
        ),
        (["--modes", "clip"], "--modes 'clip' is unknown: choose among source, corpus, speaker."),
        (
            ["--source", "none"],
            "none: there is no such folder: expected a model that recipes/train_source.py wrote; check --source.",
        ),
    ],
)
def test_refusals_are_one_sentence(
    arguments: list[object], sentence: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    before = run.parts()
    assert run(*arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: " + sentence.format(out=run.out, data=run.world.data))
    assert error.count("\n") == 1
    assert run.parts() == before


def test_another_source_model_is_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    settings = json.loads((run.out / "settings.json").read_text())
    other = run.folder / "other"
    other.mkdir()
    (other / "settings.json").write_text(json.dumps(settings | {"source_hash": "0" * 16}))
    assert run("--out", other) == 1
    assert capsys.readouterr().err == (
        f"error: {other}: was begun with source_hash {'0' * 16}, now {settings['source_hash']}: go on with the same "
        "settings, or name another --out.\n"
    )


def test_what_is_left_out_is_said(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--corpora", "mesd", "iemocap", "emodb", "--shots", 1, 5, "--systems", "probe") == 0
    said = capsys.readouterr().out
    sentences = [
        "Not found and left out: mesd.",
        "iemocap is left out: the source model has learnt from it.",
        "emodb: the speakers that adapt have fewer than 5 clips of some class in draws 1 of 1: left out there.",
    ]
    page = (run.out / "results.md").read_text()
    assert all(sentence in said and sentence in page for sentence in sentences)
    assert "5 clips a class" not in page


def test_one_more_mode_is_added_to_what_lies_there(run: Run) -> None:
    before = json.loads((run.out / "results.json").read_text())["corpora"]["emodb"]
    assert run("--modes", "corpus", "--systems", "probe", "--shots", 1) == 0
    after, page = json.loads((run.out / "results.json").read_text()), (run.out / "results.md").read_text()
    assert set(before) == {"source", "speaker"}
    assert {mode: after["corpora"]["emodb"][mode]["systems"] for mode in before} == {
        mode: found["systems"] for mode, found in before.items()
    }
    assert [row["system"] for row in after["corpora"]["emodb"]["corpus"]["systems"]] == [
        "chance",
        *(f"linear probe ({amount})" for amount in ("zero-shot", "1 clip a class", "40 % of speakers")),
    ]
    assert after["shots"] == [1, 4]
    assert all(f"### emodb, {mode}" in page for mode in ("inductive", "corpus-adaptive", "speaker-adaptive"))


def test_a_target_that_is_not_asked_for_again_stays_in_the_results(run: Run, tmp_path: Path) -> None:
    kept = shutil.copytree(run.out, tmp_path / "out")
    (kept / "emodb").rename(kept / "mesd")
    shutil.copytree(run.out / "emodb/source/draw-0/probe-1-shots", kept / "savee/source/draw-0/probe-1-shots")
    assert run("--out", kept, "--systems", "probe", "--modes", "source", "--shots", 1) == 0
    results = json.loads((kept / "results.json").read_text())
    assert list(results["corpora"]) == ["emodb", "mesd"]
    earlier = json.loads((run.out / "emodb/speaker/results.json").read_text())
    assert results["corpora"]["mesd"]["speaker"] == earlier
    assert "savee, source, is in no table: its run was interrupted: ask for savee again." in results["notes"]


@pytest.mark.parametrize(
    ("corpora", "arguments", "sentence"),
    [
        (["EmoDB"], [], "corpus 'iemocap', which the source model was trained on and the systems learn from, cannot"),
        (["EmoDB", "IEMOCAP"], ["--encoder", "nowhere/encoder"], "encoder 'nowhere/encoder' was not found: "),
        (["EmoDB", "IEMOCAP"], ["--out", "file/out"], "out file/out: cannot be written to (Not a directory): name"),
        (
            ["EmoDB", "IEMOCAP"],
            ["--systems", "svm"],
            "--systems 'svm' is unknown: choose among humpcat, probe, target",
        ),
    ],
)
def test_what_can_be_known_is_refused_before_any_feature_is_extracted(
    corpora: list[str],
    arguments: list[object],
    sentence: str,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    for name in corpora:
        Path("data", name).parent.mkdir(exist_ok=True)
        Path("data", name).symlink_to(run.world.data / name)
    assert run("--data-dir", "data", "--store", "store", "--out", "out", *arguments) == 1
    assert capsys.readouterr().err.startswith(f"error: {sentence}")
    assert not Path("store").exists()


MAJORITY = """
from collections import Counter

from humpcat.benchmarks.humpcat.systems import TargetSystem


class Majority(TargetSystem):
    name, title = "majority", "majority class"
    zero_shot = False

    def answers(self, target, cell, split):
        counts = Counter(target.task.prepared.classes[clip_id] for clip_id in split.adapt)
        shares = [counts[name] / len(split.adapt) for name in target.task.space.classes]
        return target.predictions(cell, split, dict.fromkeys(split.test, shares), "0")


EXPORT = (Majority(),)
"""


def test_a_system_is_one_file_outside_of_humpcats_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems/majority.py").write_text(MAJORITY)
    monkeypatch.setenv("HUMPCAT_PLUGINS", str(tmp_path))
    # As a process finds it that starts with the variable.
    monkeypatch.setattr(SYSTEMS, "_by_name", type(SYSTEMS)._by_name.func(SYSTEMS))
    out = tmp_path / "out"
    assert run("--out", out, "--systems", "majority", "probe", "--modes", "source", "--shots", 1) == 0
    table = Predictions.read(out / "emodb/source/draw-0/majority-1-shots/predictions.parquet")
    assert set(table.values("system")) == {"majority class (1 clip a class)"}
    assert table.probabilities.tolist() == [[0.25] * 4] * len(table.gold)
    assert (
        "| target | mode | linear probe | majority class | the paper, accuracy % |" in (out / "results.md").read_text()
    )


def test_situations_stand_beside_tidy_in_what_lies_there_already(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shutil.copytree(run.out, tmp_path / "out")
    asked = ["--out", out, "--modes", "source", "speaker", "--systems", "humpcat", "probe", "--shots", 1]
    before = {file: file.stat().st_mtime_ns for file in out.glob("*/*/draw-*/*/predictions.parquet")}
    assert run(*asked, "--situations", "tidy", "speakers-mislabelled", "missing-class") == 0
    assert {file: file.stat().st_mtime_ns for file in before} == before, "finished cells are kept"
    folder = out / "emodb/speaker"
    tidy, named, missing = (
        Split.load(folder / part / "draw-0/humpcat-40-percent/split.json")
        for part in ("", "situation-speakers-mislabelled", "situation-missing-class")
    )
    assert named.test == tidy.test
    assert set(missing.test) < set(tidy.test)
    assert named.name == f"{tidy.name} situation=speakers-mislabelled"
    # The name of a speaker is not used there.
    assert not (out / "emodb/source/situation-speakers-mislabelled").exists()
    table = Predictions.read(folder / "situation-missing-class/predictions.parquet")
    amounts = ("zero-shot", "1 clip a class", "40 % of speakers")
    assert list(dict.fromkeys(table.values("system"))) == [
        f"{system} ({amount}; missing-class)" for amount in amounts for system in ("HuMP-CAT", "linear probe")
    ]
    assert set(table.values("id")) == set(missing.test)
    tests = {Split.load(file).test for file in folder.glob("situation-missing-class/draw-0/*/split.json")}
    assert tests == {missing.test}
    said = set(Predictions.read(folder / "situation-speakers-mislabelled/predictions.parquet").values("guarantee"))
    assert all("situation speakers-mislabelled: 20 % of the clips" in text for text in said)

    page, results = (out / "results.md").read_text(), json.loads((out / "results.json").read_text())
    assert "### missing-class: one class, drawn, has neither test clips nor clips without labels" in page
    assert "### emodb, speaker-adaptive, speakers-mislabelled" in page
    assert "| mode | system | learnt | tidy | missing-class | speakers-mislabelled |" in page
    found = results["untidy less tidy"]
    assert len(found) == 2 * 3 + 2 * 3 + 2 * 3
    one = next(
        each
        for each in found
        if (each["situation"], each["system"], each["learnt"]) == ("speakers-mislabelled", "HuMP-CAT", amounts[-1])
    )
    parts = [
        Predictions.read(folder / part / "draw-0/humpcat-40-percent/predictions.parquet")
        for part in ("situation-speakers-mislabelled", "")
    ]
    estimate = compare_systems(*parts).differences["wa"].estimate
    assert one["scores"]["wa"]["difference"]["estimate"] == estimate
    # What was measured without situations is what it was.
    earlier = json.loads((run.out / "results.json").read_text())["corpora"]["emodb"]
    assert results["corpora"]["emodb"]["speaker"]["systems"] == earlier["speaker"]["systems"]

    # A run that asks for less keeps it in its tables.
    assert run(*asked) == 0
    assert json.loads((out / "results.json").read_text())["untidy less tidy"] == found
    # And so does one that asks for another target.
    (out / "emodb").rename(out / "mesd")
    assert run("--out", out, "--systems", "probe", "--modes", "source", "--shots", 1) == 0
    again = json.loads((out / "results.json").read_text())
    assert {each["situation"] for each in again["untidy"]} == {"missing-class", "speakers-mislabelled"}


def test_a_model_of_a_situation_is_that_of_fine_tuning_alone(run: Run, tmp_path: Path) -> None:
    out = shutil.copytree(run.out, tmp_path / "out")
    plain = ["--out", out, "--modes", "speaker", "--systems", "humpcat", "--shots", 1]
    assert run(*plain, "--situations", "tidy", "two-recordings", "clips-5") == 0
    for situation in ("two-recordings", "clips-5"):
        settings = {"normalization": "speaker", "baseline": False, "steps_per_epoch": 1, "situation": situation}
        finetune(run.world, tmp_path / situation, **settings)
        alone = Predictions.read(tmp_path / situation / "predictions.parquet").of_system("fine-tuned")
        folder = out / f"emodb/speaker/situation-{situation}/draw-0/humpcat-40-percent"
        part = Predictions.read(folder / "predictions.parquet")
        assert set(part.values("model_hash")) == set(alone.values("model_hash"))
        assert part.probabilities == pytest.approx(alone.probabilities, abs=1e-6)


def test_clips_of_other_classes_are_read_where_they_are_asked_for(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shutil.copytree(run.world.data, tmp_path / "data")
    for file in sorted(data.glob("EmoDB/wav/*a01Na.wav")):
        # Boredom, of a neutral clip.
        samples, rate = soundfile.read(file)
        soundfile.write(file.with_name(file.name.replace("01N", "09L")), samples[: len(samples) * 9 // 10], rate)
    out, alone = (shutil.copytree(run.out, tmp_path / name) for name in ("out", "alone"))
    plain = ["--modes", "corpus", "--shots", 1, "--systems", "humpcat"]
    assert run(*plain, "--out", out, "--data-dir", data, "--situations", "tidy", "others") == 0
    assert "heard without labels: boredom 5." in capsys.readouterr().out
    tidy, others = (
        Predictions.read(out / "emodb/corpus" / part / "draw-0/humpcat-zero-shot/predictions.parquet")
        for part in ("", "situation-others")
    )
    assert tidy.values("id").tolist() == others.values("id").tolist()
    assert not np.allclose(tidy.probabilities, others.probabilities)
    # Tidy is what it is where nobody asks for the others.
    assert run(*plain, "--out", alone) == 0
    plainly = Predictions.read(alone / "emodb/corpus/draw-0/humpcat-zero-shot/predictions.parquet")
    assert plainly.probabilities.tolist() == tidy.probabilities.tolist()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--situations", "others"], "--situations others: tidy is not among them, beside which they stand: add it"),
        (["--situations", "tidy", "messy"], "situation 'messy' is unknown: choose one of "),
        (
            ["--situations", "tidy", "others", "--modes", "source", "--out", "other"],
            "--situations tidy others: does nothing with these --modes, none of which uses what is otherwise",
        ),
    ],
)
def test_situations_that_cannot_be_are_refused(
    arguments: list[object], sentence: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [tmp_path / one if one == "other" else one for one in arguments]
    assert run(*asked) == 1
    assert capsys.readouterr().err.startswith(f"error: {sentence}")


NEVER = """
from humpcat.errors import ProtocolError
from humpcat.protocols import Situation


def never(rows, classes, split, rng):
    raise ProtocolError("situation 'never': cannot be: choose another.")


EXPORT = (Situation("never", "it cannot be", never),)
"""


def test_a_situation_that_cannot_be_is_left_out_and_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "situations").mkdir()
    (tmp_path / "situations/never.py").write_text(NEVER)
    monkeypatch.setenv("HUMPCAT_PLUGINS", str(tmp_path))
    monkeypatch.setattr(SITUATIONS, "_by_name", type(SITUATIONS)._by_name.func(SITUATIONS))
    out = shutil.copytree(run.out, tmp_path / "out")
    assert run("--out", out, "--systems", "probe", "--modes", "speaker", "--situations", "tidy", "never") == 0
    page = (out / "results.md").read_text()
    assert "emodb, speaker, never is left out: situation 'never': cannot be: choose another." in page
    assert not (out / "emodb/speaker/situation-never").exists()
