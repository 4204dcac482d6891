import io
import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.errors import SettingsError
from humpcat.evaluation import Predictions, compare_systems
from humpcat.evaluation.comparison import compare_runs, read_runs, remarks, show, verdict

from .making import gold_of, predicted, rows

RUNNER = CliRunner()


def write(folder, n_speakers=12, systems=(("zero-shot", 0.2), ("fine-tuned", 0.8)), some_rows=None):
    some = some_rows or rows(n_speakers)
    parts = [
        predicted(some, gold_of(some), right=right, draw=draw, system=name)
        for name, right in systems
        for draw in (0, 1)
    ]
    Predictions.concat(parts).write(folder / "predictions.parquet")
    return str(folder)


def shown(comparison, width, colour=False):
    out = io.StringIO()
    show(comparison, Console(file=out, width=width, force_terminal=colour, highlight=False))
    return out.getvalue()


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    run = write(tmp_path / "emodb")
    done = RUNNER.invoke(app, ["compare", run, f"{run}:zero-shot", "--resamples", "100"])
    assert (done.exit_code, done.stderr) == (0, "")
    first, _, heading, *lines = done.stdout.splitlines()
    assert first == "Guarantee: speaker-disjoint test; no validation (12 speakers, 108 clips, 2 draws)."
    assert heading.split() == ["accuracy", "(WA)", "%", "UAR", "%", "macro-F1", "%"]
    cells = [line.split()[0] for line in lines if line]
    assert cells[1:5] == ["emodb:fine-tuned", "emodb:zero-shot", "difference", "p"]
    text = " ".join(" ".join(lines).split())
    assert (
        "emodb:fine-tuned is significantly better than emodb:zero-shot in accuracy (WA), UAR and macro-F1 (p ≤ 0.001)."
        in text
    )
    assert (
        "In brackets 95 % intervals that resample speakers; p from all 4096 swaps of the two systems' answers, "
        "speaker by speaker, corrected for 3 tests (Holm)." in text
    )


def test_json(tmp_path):
    run = write(tmp_path / "emodb", 1)
    done = RUNNER.invoke(app, ["compare", "--json", run, f"{run}:zero-shot", "--resamples", "50"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["guarantee"].startswith("speaker-disjoint")
    assert found["scores"]["uar"]["difference"]["low"] is None
    assert found["scores"]["uar"]["p"] == 1
    assert not found["scores"]["uar"]["significant"]
    assert (
        "There is one test speaker: no interval can be given and no difference can be significant." in found["notes"]
    )


def test_nothing_bold_that_is_not_significant(tmp_path):
    near = [("zero-shot", 0.7), ("fine-tuned", 0.7)]
    runs = [write(tmp_path / "near", systems=near), write(tmp_path / "far")]
    for run, bold in zip(runs, (False, True), strict=True):
        (found,) = compare_runs(read_runs([run, f"{run}:zero-shot"]), resamples=50)
        assert ("\x1b[1m" in shown(found, 120, colour=True)) == bold
    assert found.differences["uar"].significant


@pytest.mark.parametrize("width", [80, 120])
def test_figures_stay_whole(tmp_path, width):
    run = write(tmp_path / "a-rather-long-name-of-a-run")
    (found,) = compare_runs(read_runs([run, f"{run}:zero-shot"]), resamples=50)
    text = shown(found, width)
    assert max(map(len, text.splitlines())) <= width
    for one in found.differences.values():
        assert one.points in text
        assert str(one.first) in text


def test_too_few_speakers_are_said(tmp_path):
    run = write(tmp_path / "few", 5)
    (found,) = compare_runs(read_runs([run, f"{run}:zero-shot"]), resamples=50)
    assert verdict(found) == (
        "Between few:fine-tuned and few:zero-shot no difference is significant; that is no proof that they are "
        "equally good."
    )
    assert remarks(found)[-1] == (
        "With 5 speakers p cannot fall below 0.188: no difference can be significant; test on more speakers."
    )


def test_what_keeps_p_high_is_said(tmp_path):
    run = write(tmp_path / "run", 8)
    (found,) = compare_runs(read_runs([run, f"{run}:zero-shot"]), resamples=50, swaps=5)
    assert remarks(found)[-1] == (
        "With 5 swaps p cannot fall below 0.500: no difference can be significant; try more swaps."
    )
    some = rows(8)
    one = predicted(some, gold_of(some), right=1.0)
    other = predicted(some, gold_of(some), right=1.0, system="other")
    made = compare_systems(one, other, resamples=50)
    assert (made.differing, made.units) == (0, 8)
    assert "With 8 speakers, of whom the two differ on 0, p cannot fall below 1.000" in remarks(made)[-1]


def test_who_has_heard_the_test_speakers_is_not_called_better():
    some = rows(12)
    leaky = predicted(some, gold_of(some), right=0.9, system="leaky", guarantee="SPEAKER-DEPENDENT: test")
    honest = predicted(some, gold_of(some), right=0.4, system="honest")
    for made in (compare_systems(leaky, honest, resamples=50), compare_systems(honest, leaky, resamples=50)):
        assert made.differences["uar"].significant
        assert made.unequal == "leaky"
        assert verdict(made).startswith("leaky scores significantly higher than honest in")
        assert remarks(made)[0].startswith("leaky is SPEAKER-DEPENDENT, honest is not: the difference holds")


def test_unknown_speakers_are_said(tmp_path):
    run = write(tmp_path / "run", some_rows=[row | {"speaker": None} for row in rows()])
    (found,) = compare_runs(read_runs([run, f"{run}:zero-shot"]), resamples=50)
    assert remarks(found)[-1] == (
        "Some speakers are not known: their clips are taken for independent, which makes intervals too narrow and p "
        "too small."
    )
    assert "(speakers not known, 54 clips, 2 draws)" in shown(found, 120)


def test_a_verdict_names_both_directions_and_the_rest(tmp_path):
    run = write(tmp_path / "run")
    (found,) = compare_runs(read_runs([f"{run}:zero-shot", run]), resamples=50)
    assert verdict(found).startswith("run:fine-tuned is significantly better than run:zero-shot in")


def test_all_pairs_are_corrected_together(tmp_path):
    runs = [
        write(tmp_path / name, systems=[("fine-tuned", right)]) for name, right in (("a", 0.8), ("b", 0.6), ("c", 0.4))
    ]
    found = compare_runs(read_runs(runs), resamples=50)
    assert [(made.first, made.second) for made in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert {made.tests for made in found} == {9}
    assert RUNNER.invoke(app, ["compare", *runs, "--resamples", "20"]).stdout.count("Guarantee:") == 3


def test_runs_are_named_as_shortly_as_tells_them_apart(tmp_path):
    one, two = write(tmp_path / "x" / "run"), write(tmp_path / "y" / "run")
    named = [run.name for run in read_runs([one, two])]
    assert named == [f"{one}/predictions.parquet:fine-tuned", f"{two}/predictions.parquet:fine-tuned"]
    assert [run.name for run in read_runs([one, f"{one}/predictions.parquet:zero-shot"])] == [
        "run:fine-tuned",
        "run:zero-shot",
    ]
    colon = write(tmp_path / "a:b")
    assert [run.name for run in read_runs([colon, one])] == ["a:b", "run"]


def test_refusals_say_what_to_do(tmp_path):
    run = write(tmp_path / "run", systems=[("one", 0.8), ("two", 0.5)])
    usual = write(tmp_path / "usual")
    for arguments, message in (
        ([run], "runs: 1 found, expected at least two: name the runs to compare."),
        (
            [usual, usual],
            f"runs: {usual}/predictions.parquet:fine-tuned is named twice, expected different systems: name each "
            "once.",
        ),
        ([usual, run], f"{run}: systems one, two found, expected one: write {run}:one or another."),
    ):
        with pytest.raises(SettingsError) as error:
            read_runs(arguments)
        assert str(error.value) == message
    done = RUNNER.invoke(app, ["compare", usual, run + ":one", "--seed", "-1"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Invalid value for '--seed'" in done.stderr
    done = RUNNER.invoke(app, ["compare", usual, str(tmp_path / "none")])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path}/none: no such file: check the path.\n"
    assert RUNNER.invoke(app, ["compare", usual, f"{usual}:other"]).stderr == (
        "error: system 'other' is unknown: choose one of zero-shot, fine-tuned.\n"
    )
