"""Targets that are not tidy stand beside the tidy ones, compared on the clips that both have."""

import pytest

from humpcat.benchmarks.humpcat.page import markdown
from humpcat.benchmarks.humpcat.results import BenchmarkResults
from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Amount, name_in_tables
from humpcat.benchmarks.humpcat.target_results import TargetResults
from humpcat.evaluation import summarise
from humpcat.evaluation.predictions import Predictions

CLASSES = ("happy", "sad")
SHARE = Amount(share=0.2)
MADE_WITH = {"source": ["cremad"], "encoder": "toy", "draws": 1, "classes": CLASSES}


def measured(corpus: str, situation: str, right: dict[str, int], clips: int = 16) -> TargetResults:
    """Return a target of two clips a speaker, on which each system has so many of the first clips right."""
    ids = [f"{corpus}/{number:02}" for number in range(clips)]
    rows = [
        {"id": id_, "corpus": corpus, "language": "de", "speaker": f"s{number // 2}", "gender": None, "duration": 1.0}
        for number, id_ in enumerate(ids)
    ]
    gold = {id_: CLASSES[number % 2] for number, id_ in enumerate(ids)}
    tables = [
        Predictions.build(
            rows,
            gold,
            {
                id_: [0.9, 0.1] if (gold[id_] == "happy") == (number < correct) else [0.1, 0.9]
                for number, id_ in enumerate(ids)
            },
            CLASSES,
            system=name_in_tables(title, SHARE, situation),
            draw=0,
            model_hash="0",
            guarantee=f"speaker-disjoint; situation {situation}: made" if situation != "tidy" else "speaker-disjoint",
        )
        for title, correct in right.items()
    ]
    made = Predictions.concat(tables)
    return TargetResults(corpus, corpus.upper(), "speaker", made, summarise(made), situation)


def three(per_cent: int) -> str:
    return " / ".join([f"{per_cent}.0"] * 3)


@pytest.fixture(name="benchmark", scope="module")
def _benchmark() -> BenchmarkResults:
    return BenchmarkResults.of(
        [
            measured("one", "tidy", {"HuMP-CAT": 16, "linear probe": 12}),
            measured("one", "clips-5", {"HuMP-CAT": 4, "linear probe": 8}, clips=8),
            measured("one", "others", {"HuMP-CAT": 12}),
            measured("two", "tidy", {"HuMP-CAT": 8}),
            measured("two", "others", {"HuMP-CAT": 12}),
        ],
        [ZERO_SHOT, SHARE],
    )


def test_tables_of_tidy_targets_hold_nothing_else(benchmark: BenchmarkResults) -> None:
    assert [one.name for one in benchmark.measured] == ["one, speaker", "two, speaker"]
    assert [one.name for one in benchmark.untidy] == [
        "one, speaker, clips-5",
        "one, speaker, others",
        "two, speaker, others",
    ]
    assert benchmark.amounts == (SHARE,)
    assert benchmark.mean("speaker", "humpcat", SHARE)["wa"] == 0.75
    assert set(benchmark.to_dict()["corpora"]["one"]) == {"speaker"}


def test_differences_are_on_the_clips_that_both_have(benchmark: BenchmarkResults) -> None:
    found = {
        (one.situation, one.corpus, one.system): one.comparison.differences["wa"].estimate for one in benchmark.beside
    }
    assert found == {
        # The first eight clips, of which tidy has all right.
        ("clips-5", "one", "humpcat"): -0.5,
        ("clips-5", "one", "probe"): 0.0,
        ("others", "one", "humpcat"): -0.25,
        ("others", "two", "humpcat"): 0.25,
    }
    (few, _, *others) = benchmark.beside
    assert few.comparison.clips == 8
    assert (few.tidy["wa"].mean, few.here["wa"].mean) == (1.0, 0.5)
    assert few.comparison.tests == 6, "two systems and three scores"
    assert {one.comparison.tests for one in others} == {6}, "two targets and three scores"


def test_the_page_has_a_table_of_all_and_a_section_for_each(benchmark: BenchmarkResults) -> None:
    page = markdown(benchmark, MADE_WITH, [], {}, (7, 78.75))
    lines = page.splitlines()
    assert lines[2] == ("Guarantee: speaker-disjoint."), (
        "what the splits guarantee of the test speakers is the same in all situations"
    )
    assert "| mode | system | learnt | tidy | clips-5 | others |" in lines
    assert f"| speaker-adaptive | HuMP-CAT | 20 % of speakers | {three(75)} | – | {three(75)} (+0.0) |" in lines
    assert "| speaker-adaptive | linear probe | 20 % of speakers | – | – | – |" in lines, "one target of two has it"
    assert "### clips-5: 5 clips of each test speaker" in lines
    start = f"| two | speaker-adaptive | HuMP-CAT | 20 % of speakers | {three(50)} | {three(75)} | +25.0 ["
    assert len([line for line in lines if line.startswith(start)]) == 1
    assert "### two, speaker-adaptive, others" in lines
    written = benchmark.to_dict()
    assert [(one["corpus"], one["situation"]) for one in written["untidy"]] == [
        ("one", "clips-5"),
        ("one", "others"),
        ("two", "others"),
    ]
    assert [one["learnt"] for one in written["untidy less tidy"]] == ["20 % of speakers"] * 4


def test_a_page_of_tidy_targets_says_nothing_of_others() -> None:
    benchmark = BenchmarkResults.of([measured("one", "tidy", {"HuMP-CAT": 16})], [SHARE])
    page = markdown(benchmark, MADE_WITH, [], {}, (7, 78.75))
    assert "tidy" not in page
    assert "untidy" not in benchmark.to_dict()
