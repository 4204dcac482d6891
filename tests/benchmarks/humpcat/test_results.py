import re
from pathlib import Path

import pytest

from humpcat.benchmarks.humpcat.page import markdown
from humpcat.benchmarks.humpcat.plot import draw_learning_curves
from humpcat.benchmarks.humpcat.results import BenchmarkResults, system_name
from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Amount
from humpcat.benchmarks.humpcat.target_results import TargetResults
from humpcat.evaluation import summarise
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.report import svg

CLASSES = ("happy", "sad")
FEW, SHARE = Amount(shots=2), Amount(share=0.2)
MADE_WITH = {"source": ["cremad"], "encoder": "toy", "draws": 1, "classes": CLASSES}


def measured(corpus: str, mode: str, right: dict[str, int], guarantee: str = "speaker-disjoint") -> TargetResults:
    """Return a target of eight speakers with two clips each, on which each system has so many of 16 clips right."""
    ids = [f"{corpus}/{number:02}" for number in range(16)]
    rows = [
        {"id": id_, "corpus": corpus, "language": "de", "speaker": f"s{number // 2}", "gender": None, "duration": 1.0}
        for number, id_ in enumerate(ids)
    ]
    gold = {id_: CLASSES[number % 2] for number, id_ in enumerate(ids)}

    def answer(number: int, id_: str, correct: int) -> list[float]:
        index = CLASSES.index(gold[id_]) if number < correct else 1 - CLASSES.index(gold[id_])
        return [0.9, 0.1] if index == 0 else [0.1, 0.9]

    tables = [
        Predictions.build(
            rows,
            gold,
            {id_: answer(number, id_, correct) for number, id_ in enumerate(ids)},
            CLASSES,
            system=system,
            draw=0,
            model_hash="0",
            guarantee=guarantee,
        )
        for system, correct in right.items()
    ]
    predictions = Predictions.concat(tables)
    return TargetResults(corpus, corpus.upper(), mode, predictions, summarise(predictions))


@pytest.fixture(name="benchmark", scope="module")
def _benchmark() -> BenchmarkResults:
    ours, probe = (lambda amount: system_name("humpcat", amount)), (lambda amount: system_name("probe", amount))
    return BenchmarkResults.of(
        [
            measured("one", "source", {ours(ZERO_SHOT): 8, ours(FEW): 12, ours(SHARE): 16, probe(SHARE): 4}),
            measured("two", "source", {ours(ZERO_SHOT): 4, ours(SHARE): 8, probe(SHARE): 12}),
        ],
        [ZERO_SHOT, Amount(shots=1), FEW, SHARE],
    )


def test_amounts_that_nobody_learnt_are_left_out(benchmark: BenchmarkResults) -> None:
    assert benchmark.amounts == (ZERO_SHOT, FEW, SHARE)
    assert (benchmark.modes, list(benchmark.corpora)) == (("source",), ["one", "two"])


def test_a_mean_is_over_all_targets_or_there_is_none(benchmark: BenchmarkResults) -> None:
    assert benchmark.mean("source", "humpcat", ZERO_SHOT)["wa"] == (8 / 16 + 4 / 16) / 2
    assert benchmark.mean("source", "humpcat", FEW) is None
    assert benchmark.mean("source", "target-only", SHARE) is None
    assert [(model, str(amount)) for _, model, amount, _ in benchmark.means()] == [
        ("humpcat", "zero-shot"),
        ("humpcat", "20 % of speakers"),
        ("probe", "20 % of speakers"),
    ]


def test_p_values_are_corrected_over_the_targets_and_scores_of_one_mode_and_amount(
    benchmark: BenchmarkResults,
) -> None:
    assert [(gap.corpus, str(gap.amount), gap.comparison.tests) for gap in benchmark.gaps] == [
        ("one", "20 % of speakers", 6),
        ("two", "20 % of speakers", 6),
    ]
    assert [gap.comparison.differences["wa"].estimate for gap in benchmark.gaps] == [0.75, -0.25]


def test_the_page_shows_what_is_there(benchmark: BenchmarkResults) -> None:
    page = markdown(benchmark, MADE_WITH, ["Not found and left out: three."], {"one": 88.69}, (7, 78.75))
    lines = page.splitlines()
    assert "Source cremad; encoder toy; 1 draw of who adapts; classes happy, sad." in lines
    assert "Not found and left out: three." in lines
    ours, probe = "100.0 / 100.0 / 100.0", "25.0 / 25.0 / 25.0"
    assert f"| one | inductive | {ours} | {probe} | 88.69 |" in lines
    assert "| two | inductive | 50.0 / 50.0 / 50.0 | 75.0 / 75.0 / 75.0 |  |" in lines
    assert "| mean of 2 targets | inductive | 75.0 / 75.0 / 75.0 | 50.0 / 50.0 / 50.0 | 78.75 (mean of 7) |" in lines
    assert "| inductive | HuMP-CAT | 37.5 / 37.5 / 37.5 | – | 75.0 / 75.0 / 75.0 |" in lines
    assert "target-only |" not in page
    assert lines[2] == "Guarantee: speaker-disjoint."


def test_the_drawing_has_a_panel_a_target_and_the_same_bytes_twice(
    benchmark: BenchmarkResults, tmp_path: Path
) -> None:
    first, second = (draw_learning_curves(benchmark, tmp_path / name) for name in "ab")
    assert [file.name for file in first] == ["learning-curve.svg", "learning-curve.png"]
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
    text = first[0].read_text()
    for words in ("one, inductive", "two, inductive", "HuMP-CAT", "linear probe", "accuracy %"):
        assert f">{words}<" in text
    assert ">target-only<" not in text


def test_what_is_speaker_dependent_is_stamped_on_page_and_drawing(tmp_path: Path) -> None:
    name = system_name("humpcat", SHARE)
    stamped = measured("two", "source", {name: 8}, "SPEAKER-DEPENDENT: 1 of 8 test speakers was seen")
    benchmark = BenchmarkResults.of([measured("one", "source", {name: 8}), stamped], [SHARE])
    page = markdown(benchmark, MADE_WITH, [], {}, (7, 78.75))
    assert page.splitlines()[2] == (
        "Guarantee: two, source: SPEAKER-DEPENDENT: 1 of 8 test speakers was seen; one, source: speaker-disjoint."
    )
    text = draw_learning_curves(benchmark, tmp_path)[0].read_text()
    assert ">two, inductive: SPEAKER-DEPENDENT<" in text
    assert ">one, inductive<" in text


def test_the_colours_of_a_file_are_those_of_the_page() -> None:
    style = (Path(svg.__file__).parent / "templates/style.css").read_text()
    light = dict(re.findall(r"--(\w+): (#\w{6})\b", style[: style.index("@media")]))
    assert {name: light[name] for name in svg.PAPER} == svg.PAPER
