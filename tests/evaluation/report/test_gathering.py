import json

import numpy as np
import pytest

from humpcat.errors import HumpcatError
from humpcat.evaluation import Predictions, PredictionsError, class_scores, confusion, scores, summarise
from humpcat.evaluation.report import Run, gather, read_runs, report
from humpcat.evaluation.report.coded import Coded, groups
from humpcat.evaluation.report.overview import curves, heat_maps

from .making import CLASSES, DEPENDENT, blanked, rows, run, simulated, three_corpora


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    three_corpora(folder, draws=2)
    return folder


@pytest.fixture(name="gathered", scope="module")
def _gathered(folder):
    return gather(read_runs([folder / "emodb", folder / "ravdess" / "predictions.parquet"]))


def test_scores_are_those_of_summarise(folder, gathered):
    for target in gathered.targets:
        made = Predictions.read(folder / target.name / "predictions.parquet")
        assert target.summary == summarise(made)
        system = target.systems["fine-tuned"]
        part = made.of_system("fine-tuned")
        parts = [part.values("draw") == draw for draw in (0, 1)]
        matrices = [confusion(part.gold[some], part.predicted[some], CLASSES) for some in parts]
        np.testing.assert_allclose(system.confusion, np.mean(matrices, axis=0))
        by_draw = [class_scores(part.gold[some], part.predicted[some], CLASSES)[1].f1 for some in parts]
        assert system.classes[1].f1 == pytest.approx(np.mean(by_draw))
        right = part.predicted == part.gold
        assert system.risk.risk[-1] == pytest.approx(1 - right.mean())


def test_the_best_is_marked_only_if_significant(gathered):
    target = gathered.targets[1]
    assert target.leader == "fine-tuned"
    assert ("uar", "fine-tuned") in target.best
    few = gather(gathered.runs[:1]).targets[0]
    for statistic, label in few.best:
        first = next(one for one in few.comparisons if {one.first, one.second} == {label, "target-only"})
        assert first.differences[statistic].significant


def test_three_speakers_are_never_significant(folder):
    target = gather(read_runs([folder / "mesd"])).targets[0]
    assert target.best == frozenset()
    assert any("no difference can be significant" in line for line in target.remarks)


def test_a_weak_speaker_is_called_out(gathered):
    by_kind = {one.kind: one for one in gathered.targets[1].breakdowns}
    assert set(by_kind) == {"gender", "duration", "speaker"}
    worst = by_kind["speaker"].groups[0]
    assert worst.name == "ravdess/23"
    assert worst.scores["fine-tuned"].much_worse
    assert by_kind["speaker"].warnings[0].startswith("Speaker ravdess/23: fine-tuned reaches a UAR of ")
    assert len(by_kind["speaker"].groups) == 10
    assert by_kind["speaker"].total == 23
    assert not by_kind["gender"].warnings


def test_groups_are_scored_on_their_own_clips(folder, gathered):
    part = Predictions.read(folder / "emodb" / "predictions.parquet").of_system("target-only")
    gender = next(one for one in gathered.targets[0].breakdowns if one.kind == "gender").groups[0]
    own = part.values("gender") == "female"
    by_draw = []
    for draw in (0, 1):
        some = own & (part.values("draw") == draw)
        by_draw.append(scores(part.gold[some], part.predicted[some], CLASSES).uar)
    # A draw counts by the speakers that it has.
    assert min(by_draw) <= gender.scores["target-only"].uar <= max(by_draw)
    assert gender.scores["target-only"].low < gender.scores["target-only"].uar < gender.scores["target-only"].high
    assert gender.clips == len(set(part.values("id")[own]))


def test_the_counts_are_those_of_the_clips():
    coded = Coded.of(simulated(rows("toy", 4, 12, "de"), draws=2).of_system("zero-shot"))
    everything = np.arange(len(coded.clip))
    for of_clips in (False, True):
        counts, units = coded.counts(everything, of_clips=of_clips)
        np.testing.assert_array_equal(counts.counts[0].sum(axis=0), coded.matrices())
        assert counts.units == len(units)
        assert counts.present.sum() == len(coded.clip) if of_clips else counts.present.sum() == 6


def test_unknown_values_are_a_group_of_their_own():
    made = blanked(simulated(rows("toy", 4, 12, "de"), draws=1), "speaker", lambda value: value == "03")
    codes, names = groups(made, "speaker")
    assert names == sorted({f"toy/{name}" for name in set(made.values("speaker")) - {None}})
    np.testing.assert_array_equal(codes < 0, made.values("speaker") == None)  # noqa: E711
    made = blanked(made, "duration", lambda value: value < 2)
    assert {-1} < set(groups(made, "duration")[0].tolist())
    target = gather([Run("toy", made, "toy.parquet", "", {}, "", "")]).targets[0]
    duration = next(one for one in target.breakdowns if one.kind == "duration")
    assert duration.groups[-1].name == "not known"
    assert sum(group.clips for group in duration.groups) == len(set(made.values("id")))


def test_a_system_that_is_in_several_runs_stands_once(tmp_path):
    some = rows("emodb", 6, 12, "de")
    zero = simulated(some, draws=2, systems={"zero-shot": 1.0})
    files = []
    for shots, gain in ((1, 0.6), (5, 1.2)):
        tuned = simulated(some, draws=2, systems={"fine-tuned": 2.0}, gain=gain)
        folder = tmp_path / f"run{shots}"
        Predictions.concat([zero, tuned]).write(folder / "predictions.parquet")
        split = {"name": f"shots={shots} valid-shots=0 speaker-share=0.2"}
        (folder / "split.json").write_text(json.dumps(split))
        files.append(folder)
    made = gather(read_runs(files))
    assert list(made.targets[0].systems) == ["zero-shot", "fine-tuned, 1 shot", "fine-tuned, 5 shots"]
    (curve,) = curves(made)
    assert [amount for amount, _ in curve.lines["fine-tuned"]] == [1, 5]
    assert set(curve.levels) == {"chance", "zero-shot"}
    assert not heat_maps(made)


def test_sources_by_targets_make_a_map(tmp_path):
    runs = [
        run(tmp_path / f"{source}-{corpus}", corpus, source=f"runs/{source}", gain=gain, draws=1, guarantee=DEPENDENT)
        for source, gain in (("cremad", 1.0), ("iemocap", 0.7))
        for corpus in ("emodb", "mesd")
    ]
    made = gather(read_runs(runs))
    assert made.speaker_dependent
    zero, *_ = heat_maps(made)
    assert (zero.system, zero.sources, zero.targets) == ("zero-shot", ("cremad", "iemocap"), ("emodb", "mesd"))
    assert zero.values["iemocap", "mesd"] == made.targets[1].figures("zero-shot, from iemocap")["uar"].mean


def test_mistakes_are_the_most_confident_ones(gathered):
    mistakes = gathered.targets[0].mistakes
    assert len(mistakes) == 15
    assert len({one.id for one in mistakes}) == 15
    assert [one.confidence for one in mistakes] == sorted((one.confidence for one in mistakes), reverse=True)
    assert all(one.gold != one.answered and 1 <= one.wrong <= one.draws <= 2 for one in mistakes)


def test_runs_are_named_by_what_tells_them_apart(tmp_path, folder):
    made = Predictions.read(folder / "mesd" / "predictions.parquet")
    for name in ("a/x", "b/x"):
        made.write(tmp_path / name / "predictions.parquet")
    assert [one.name for one in read_runs([tmp_path / "a/x", tmp_path / "b/x"])] == ["a/x", "b/x"]
    assert [one.name for one in read_runs([tmp_path / "a/x"])] == ["x"]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([], "0 runs found, expected at least one: name a run's folder or its predictions.parquet."),
        (["."], "{0}/.: holds no predictions.parquet: name a run's folder, or a predictions file."),
        (["none"], "{0}/none: no such file: check the path."),
    ],
)
def test_runs_that_cannot_be_read(tmp_path, paths, message):
    with pytest.raises(PredictionsError) as caught:
        read_runs([f"{tmp_path}/{path}" for path in paths])
    assert str(caught.value) in (message.format(tmp_path), message.format(tmp_path).replace("/.:", ":"))


def test_a_run_given_twice(folder):
    with pytest.raises(PredictionsError, match="stands twice among the runs: name each once"):
        read_runs([folder / "mesd", folder / "mesd" / "predictions.parquet"])


def test_who_has_heard_the_test_speakers_leads_nobody(tmp_path):
    some = rows("ravdess", 24, 24, "en")
    leaky = simulated(some, draws=1, systems={"leaky": 3.0}, guarantee=DEPENDENT)
    honest = simulated(some, draws=1, systems={"honest": 1.2})
    Predictions.concat([leaky, honest]).write(tmp_path / "run" / "predictions.parquet")
    report([tmp_path / "run"], tmp_path / "out")
    (target,) = gather(read_runs([tmp_path / "run"])).targets
    assert target.comparisons[0].differences["uar"].significant
    assert (target.leader, target.best) == ("honest", frozenset())
    assert "| leaky (SPEAKER-DEPENDENT) |" in (tmp_path / "out" / "report.md").read_text()
    assert 'leaky <span class="mark tag">SPEAKER-DEPENDENT</span>' in (tmp_path / "out" / "report.html").read_text()


def test_the_best_of_many_is_corrected_for_all_pairs(tmp_path):
    made = simulated(rows("emodb", 10, 12, "de"), draws=1, systems={f"s{i}": 1 + i / 5 for i in range(6)})
    target = gather([Run("toy", made, "toy.parquet", "", {}, "", "")]).targets[0]
    assert len(target.comparisons) == 5
    assert {one.tests for one in target.comparisons} == {45}


def test_a_system_called_chance_is_not_taken_for_chance():
    made = simulated(rows("toy", 6, 12, "de"), draws=1, systems={"chance": 2.0, "fine-tuned": 1.0})
    target = gather([Run("toy", made, "toy.parquet", "", {}, "", "")]).targets[0]
    assert list(target.systems) == ["chance, toy", "fine-tuned"]


def test_a_few_clips_are_not_called_out():
    some = rows("toy", 24, 24, "de")
    for row in some[::250]:
        row["gender"] = "other"
    made = simulated(some, draws=1, systems={"fine-tuned": 2.5})
    own, place = made.values("gender") == "other", [made.table.column_names.index(f"p_{name}") for name in CLASSES]
    table = made.table
    for column, name in zip(place, CLASSES, strict=True):
        # All wrong: the class after the true one.
        wrong = np.array([CLASSES[(CLASSES.index(gold) + 1) % 4] == name for gold in made.gold], dtype=float)
        values = np.where(own, wrong, table[f"p_{name}"].to_numpy())
        table = table.set_column(column, f"p_{name}", [values])
    target = gather([Run("toy", Predictions(table, made.classes), "toy.parquet", "", {}, "", "")]).targets[0]
    other = next(one for one in target.breakdowns if one.kind == "gender").groups[-1]
    assert (other.name, other.scores["fine-tuned"].uar, other.scores["fine-tuned"].much_worse) == ("other", 0, False)


@pytest.mark.parametrize(
    ("name", "content"),
    [("settings.json", '{"source": 5, "protocol": "shots"}'), ("split.json", '{"name": "shots=many"}')],
)
def test_odd_settings_stop_no_report(tmp_path, name, content):
    simulated(rows("toy", 3, 12, "de"), draws=1).write(tmp_path / "predictions.parquet")
    (tmp_path / name).write_text(content)
    (found,) = read_runs([tmp_path])
    assert found.amounts == {}


def test_out_that_is_a_file(tmp_path):
    simulated(rows("toy", 3, 12, "de"), draws=1).write(tmp_path / "predictions.parquet")
    with pytest.raises(HumpcatError, match=r"is a file, expected a folder: name another one"):
        report([tmp_path], tmp_path / "predictions.parquet")
