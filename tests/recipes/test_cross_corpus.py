import json
import sys
from pathlib import Path

import pytest

from humpcat.benchmarks.cross_corpus.variants import ABLATION, AFSR, Groups, MethodVariant
from humpcat.domain_adaptation import DomainAdaptationClassifier
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.significance import compare_systems
from humpcat.files import write_json
from humpcat.protocols import Split

from ..training.making import World
from .flags import overridden
from .test_recipes import RECIPES

RECIPE = RECIPES / "benchmark_afsr.py"
NAMES = ("logistic", "jdar", AFSR)


class Run:
    """Runs the benchmark between the two corpora of the small world, on the toy encoder's pooled states."""

    def __init__(self, world: World, folder: Path, run) -> None:
        self.world, self.folder, self._run = world, folder, run
        self.out = folder / "out"

    def __call__(self, *arguments: object) -> int:
        world = self.world
        plain = ["--data-dir", world.data, "--store", world.store, "--encoder", world.encoder, "--out", self.out]
        plain += ["--features", "pooled", "--pairs", "emodb:iemocap", "iemocap:emodb", "--seeds", 2]
        return self._run(RECIPE, *overridden([*plain, "--methods", *NAMES], arguments))

    def parts(self) -> dict[str, int]:
        files = sorted(self.out.glob("*/*/*/*/draw-*/predictions.parquet"))
        return {str(path.relative_to(self.out).parent): path.stat().st_mtime_ns for path in files}


@pytest.fixture(name="benchmark")
def _benchmark(world: World, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    make = MethodVariant.make

    def few_steps(system: MethodVariant, seed: int, groups: Groups, **chosen: object) -> DomainAdaptationClassifier:
        return make(system, seed, groups, **({"steps": 2} if system.method == AFSR else {}), **chosen)

    monkeypatch.setattr(MethodVariant, "make", few_steps)
    return Run(world, tmp_path, run)


def test_from_pairs_to_tables_and_no_work_twice(
    benchmark: Run, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark("--ablation", "True", "--sensitivity", 0, 2, "--pairs", "emodb:iemocap") == 0
    page = (benchmark.out / "results.md").read_text()
    assert page.rstrip() in capsys.readouterr().out
    before = benchmark.parts()
    systems = [MethodVariant(name) for name in NAMES]
    # A system that no seed changes is fitted once, but where another seed draws other speakers.
    folder = "pooled/{}/emodb-iemocap/{}"
    fits = {
        protocol: {
            system.folder: sum(name.startswith(folder.format(protocol, system.folder) + "/") for name in before)
            for system in systems
        }
        for protocol in ("transductive", "inductive")
    }
    assert fits["transductive"] == {"logistic": 1, "jdar": 1, "afsr": 2}
    assert fits["inductive"] == dict.fromkeys(("logistic", "jdar", "afsr"), 2)
    assert len(before) == 4 + 6 + 2 * 2 * (len(ABLATION) + 4)
    for text in ("Guarantee: TRANSDUCTIVE: cross-corpus", "| AFSR, without attention |", "| AFSR, alignment 2 |"):
        assert text in page
    assert (benchmark.out / "sensitivity.svg").read_text().count("<svg") == 1
    assert (benchmark.out / "sensitivity.png").stat().st_size > 10_000

    # The second direction and one part that was lost are fitted, nothing else.
    gone = folder.format("inductive", "jdar") + "/draw-1"
    (benchmark.out / gone / "predictions.parquet").unlink()
    assert benchmark() == 0
    after = benchmark.parts()
    assert {name for name in before if after[name] != before[name]} == {gone}
    assert {name.split("/")[2] for name in set(after) - set(before)} == {"iemocap-emodb"}
    results = json.loads((benchmark.out / "results.json").read_text())
    assert [one["protocol"] for one in results["measured"]] == ["transductive", "inductive"]
    for one in results["measured"]:
        made = Predictions.read(benchmark.out / "pooled" / one["protocol"] / "iemocap-emodb/predictions.parquet")
        assert set(made.values("draw")) == {0, 1}
        assert made.classes == ("anger", "happiness", "neutral", "sadness")
        uar = one["means"]["AFSR"]["uar"]["mean"]
        shown = [direction["systems"] for direction in one["directions"]]
        own = [next(row for row in rows if row["system"] == "AFSR")["figures"]["uar"]["mean"] for rows in shown]
        assert uar == pytest.approx(sum(own) / 2)
        assert [found["second"] for found in one["AFSR less"]] == ["logistic regression", "JDAR"]
        compare_systems(made.of_system("AFSR"), made.of_system("JDAR"))

    # What is not asked for again stays in the tables.
    assert benchmark("--pairs", "emodb:iemocap", "--methods", "logistic", "--protocols", "inductive") == 0
    again = json.loads((benchmark.out / "results.json").read_text())["measured"]
    assert [(one["protocol"], len(one["directions"])) for one in again] == [("transductive", 2), ("inductive", 2)]
    assert [one["means"]["AFSR"] for one in again] == [one["means"]["AFSR"] for one in results["measured"]]
    assert "| AFSR, without attention |" in (benchmark.out / "results.md").read_text()
    assert benchmark.parts() == after


def test_who_is_learnt_from_and_who_is_tested(benchmark: Run, world: World) -> None:
    assert benchmark("--pairs", "iemocap:emodb", "--methods", "logistic") == 0
    parts = benchmark.out / "pooled"
    whole = Split.load(parts / "transductive/iemocap-emodb/logistic/draw-0/split.json")
    assert whole.test == whole.unlabelled
    assert whole.guarantee.startswith("TRANSDUCTIVE: ")
    assert (len(whole.train), len(whole.test)) == (35, 40)
    halves = [Split.load(parts / f"inductive/iemocap-emodb/logistic/draw-{draw}/split.json") for draw in (0, 1)]
    for half in halves:
        speakers = [{clip_id.split("/")[1][:2] for clip_id in ids} for ids in (half.unlabelled, half.test)]
        assert not speakers[0] & speakers[1]
        assert len(speakers[0] | speakers[1]) == 5
    assert halves[0].test != halves[1].test


@pytest.mark.parametrize(
    ("how", "said"),
    [("source", "by the UAR of held-out source speakers"), ("entropy", "by how sure a fit is of the target's")],
)
def test_parameters_are_chosen_and_written_down(how: str, said: str, benchmark: Run) -> None:
    chosen = ["--methods", "logistic", "--protocols", "transductive", "--pairs", "iemocap:emodb"]
    assert benchmark(*chosen, "--select", how) == 0
    part = benchmark.out / "pooled/transductive/iemocap-emodb/logistic/draw-0"
    made_with = json.loads((part / "parameters.json").read_text())
    assert set(made_with["chosen"]) == {"C"}
    assert made_with["chosen"].items() <= made_with["all"].items()
    assert f"parameters: chosen for each pair and seed {said}" in (benchmark.out / "results.md").read_text()


def test_answers_of_other_defaults_are_not_mixed_in(benchmark: Run, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--methods", "logistic", "--protocols", "transductive", "--pairs", "iemocap:emodb"]
    assert benchmark(*chosen) == 0
    file = benchmark.out / "pooled/transductive/iemocap-emodb/logistic/draw-0/parameters.json"
    made_with = json.loads(file.read_text())
    write_json(file, made_with | {"all": made_with["all"] | {"C": 77.0}})
    assert benchmark(*chosen) == 1
    assert "was made with C 77.0, now " in capsys.readouterr().err


def test_a_method_that_cannot_be_fitted_is_told_and_the_rest_goes_on(
    benchmark: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where the package that a method needs is not installed.
    monkeypatch.setitem(sys.modules, "skada", None)
    assert benchmark("--pairs", "iemocap:emodb", "--methods", "tca", "logistic", "--protocols", "transductive") == 0
    page = (benchmark.out / "results.md").read_text()
    told = [line for line in page.splitlines() if line.startswith("TCA is left out (transductive, iemocap-emodb): ")]
    assert len(told) == 1
    assert "skada" in told[0]
    assert "| logistic regression |" in page
    assert "| TCA |" not in page


# The runner's own tests do the same with a toy in place of an encoder.
@pytest.mark.slow
def test_several_fits_at_a_time_give_the_same_answers(benchmark: Run) -> None:
    chosen = ["--pairs", "iemocap:emodb", "--methods", "logistic", "jdar", "--protocols", "transductive"]
    assert benchmark(*chosen) == 0
    assert benchmark(*chosen, "--jobs", 2, "--out", benchmark.folder / "jobs") == 0
    for name in benchmark.parts():
        one, other = (
            Predictions.read(folder / name / "predictions.parquet")
            for folder in (benchmark.out, benchmark.folder / "jobs")
        )
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--methods", "gan"], "--methods 'gan' is unknown: choose among logistic, svm, tca, "),
        (["--features", "is08"], "--features 'is08' is unknown: choose among is09, is10, "),
        (["--protocols", "theirs"], "--protocols 'theirs' is unknown: choose among transductive, inductive."),
        (["--select", "target"], "--select 'target' is unknown: choose one of none, source, entropy."),
        (["--seeds", 0], "--seeds 0: expected a whole number from 1 to 1000000000."),
        (["--sensitivity", -1], "--sensitivity -1.0: expected a number from 0 to 1000000000."),
        (["--pairs", "emodb:casia"], "pairs emodb:casia: none can be measured, expected one or more: name others"),
        (["--features", "is10"], "--encoder ENCODER: does nothing without --features pooled: leave it out."),
        (["--encoder", "nowhere/encoder"], "encoder 'nowhere/encoder' was not found: "),
    ],
)
def test_refusals_are_one_sentence(
    arguments: list[object], sentence: str, benchmark: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark(*arguments) == 1
    error = capsys.readouterr().err
    assert error.replace(str(benchmark.world.encoder), "ENCODER").startswith(f"error: {sentence}")
    assert error.count("\n") == 1


def test_finished_parts_are_not_mixed_with_those_of_other_settings(
    benchmark: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["--pairs", "iemocap:emodb", "--methods", "logistic", "--protocols", "transductive"]
    assert benchmark(*chosen) == 0
    capsys.readouterr()
    assert benchmark(*chosen, "--label-space", "four") == 1
    assert capsys.readouterr().err == (
        f"error: {benchmark.out / 'pooled'}: was begun with label_space shared, now four: go on with the same "
        "settings, or name another --out.\n"
    )
