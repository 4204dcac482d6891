import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from humpcat.benchmarks.cross_corpus.directions import Direction, pair_space
from humpcat.benchmarks.cross_corpus.page import section
from humpcat.benchmarks.cross_corpus.results import CHANCE, ProtocolResults
from humpcat.benchmarks.cross_corpus.variants import FULL, MethodVariant
from humpcat.corpora import CORPORA
from humpcat.evaluation.metrics import unweighted_average_recall
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.significance import compare_systems
from humpcat.evaluation.summary import summarise

SVM = MethodVariant("svm")
PAIRS = [("emodb", "enterface"), ("casia", "emodb")]


def answers(direction: Direction, system: str, seed: int, right: float) -> Predictions:
    target, classes = direction.target.name, direction.space.classes
    rows = [
        {
            "id": f"{target}/{number}",
            "corpus": target,
            "language": "de",
            "speaker": f"s{number % 6}",
            "gender": None,
            "duration": 1.0,
        }
        for number in range(60)
    ]
    gold = {row["id"]: classes[number % 11 % len(classes)] for number, row in enumerate(rows)}
    rng = np.random.default_rng([seed, int(100 * right), len(target)])
    made = {}
    for id_, name in gold.items():
        answer = classes.index(name) if rng.random() < right else int(rng.integers(len(classes) - 1))
        made[id_] = np.where(np.arange(len(classes)) == answer, 0.6, 0.4 / (len(classes) - 1))
    return Predictions.build(
        rows, gold, made, classes, system=system, draw=seed, model_hash="0", guarantee="TRANSDUCTIVE: cross-corpus"
    )


@pytest.fixture(scope="module")
def measured() -> ProtocolResults:
    """AFSR of three seeds and an SVM of one, which stands under each seed; the pairs have other classes."""
    directions, predictions = [], {}
    for source, target in PAIRS:
        corpora = CORPORA[source], CORPORA[target]
        direction = Direction(*corpora, pair_space(*corpora, "shared"))
        directions.append(direction)
        tables = [answers(direction, FULL.name, seed, 0.8) for seed in range(3)]
        tables += [answers(direction, SVM.name, 0, 0.3).as_draw(seed) for seed in range(3)]
        predictions[direction.pair] = Predictions.concat(tables)
    summaries = {pair: summarise(made) for pair, made in predictions.items()}
    return ProtocolResults("is10", "transductive", tuple(directions), predictions, summaries)


def test_the_mean_is_over_directions_and_the_spread_over_seeds(measured: ProtocolResults) -> None:
    by_pair = [measured.figures(FULL.name, pair) for pair in PAIRS]
    for name in ("wa", "uar", "macro_f1"):
        mean = measured.means[FULL.name][name]
        assert mean.mean == pytest.approx(np.mean([found[name].mean for found in by_pair]))
        assert mean.low < mean.mean < mean.high
        assert measured.means[SVM.name][name].sd == pytest.approx(0, abs=1e-12)
    by_seed = [
        np.mean([unweighted_average_recall(own.gold, own.predicted, own.classes) for own in tables])
        for tables in (
            [measured.predictions[pair].of_system(FULL.name).of_draw(seed) for pair in PAIRS] for seed in range(3)
        )
    ]
    assert measured.means[FULL.name]["uar"].sd == pytest.approx(np.std(by_seed, ddof=1))
    assert measured.means[CHANCE]["uar"].mean == pytest.approx(0.2)


def test_intervals_of_one_direction_are_those_of_its_own_table(measured: ProtocolResults) -> None:
    pair = PAIRS[0]
    alone = ProtocolResults(
        "is10",
        "transductive",
        measured.directions[:1],
        {pair: measured.predictions[pair]},
        {pair: measured.summaries[pair]},
    )
    own, mean = measured.figures(FULL.name, pair)["uar"], alone.means[FULL.name]["uar"]
    assert (mean.mean, mean.low, mean.high) == pytest.approx((own.mean, own.low, own.high))
    assert mean.sd == pytest.approx(own.sd)
    found = alone.differences(FULL, [SVM])[0].differences["uar"]
    parts = [measured.predictions[pair].of_system(system.name) for system in (FULL, SVM)]
    expected = compare_systems(*parts).differences["uar"]
    assert (found.estimate, found.low, found.high, found.p) == pytest.approx(
        (expected.estimate, expected.low, expected.high, expected.p)
    )


def test_macro_scores_are_those_of_scikit_learn_and_macro_recall_is_uar(measured: ProtocolResults) -> None:
    pair = PAIRS[1]
    part = measured.predictions[pair].of_system(FULL.name)
    by_seed = []
    for seed in range(3):
        own = part.of_draw(seed)
        gold, predicted = list(own.gold), list(own.predicted)
        by_seed.append(precision_recall_fscore_support(gold, predicted, average="macro", zero_division=0)[:3])
    assert measured.macro(FULL.name, pair) == pytest.approx(np.mean(by_seed, axis=0))
    assert measured.macro(FULL.name, pair)[1] == pytest.approx(measured.figures(FULL.name, pair)["uar"].mean)


def test_the_confusion_has_gold_in_its_rows(measured: ProtocolResults) -> None:
    pair = PAIRS[0]
    part = measured.predictions[pair].of_system(FULL.name)
    counts = confusion_matrix(list(part.gold), list(part.predicted), labels=list(part.classes), normalize="true")
    np.testing.assert_allclose(measured.confusion(FULL.name, pair), counts)


def test_the_papers_figures_stand_beside_its_own_pairs_only(measured: ProtocolResults) -> None:
    page = "\n".join(section(measured, [FULL, SVM]))
    uar = [100 * measured.figures(FULL.name, pair)["uar"].mean for pair in PAIRS]
    spread = [100 * measured.figures(FULL.name, pair)["uar"].sd for pair in PAIRS]
    assert f"| AFSR | {uar[0]:.1f} ± {spread[0]:.1f} (44.31) | {uar[1]:.1f} ± {spread[1]:.1f} (62.91) |" in page
    assert "(53.61)" in page
    assert "| AFSR, the paper | 38.9 / 40.3 / 38.5 | 60.0 / 57.1 / 57.5 |" in page
    alone = ProtocolResults("is09", "transductive", measured.directions, measured.predictions, measured.summaries)
    assert "(44.31)" not in "\n".join(section(alone, [FULL, SVM]))
    inductive = ProtocolResults("is10", "inductive", measured.directions, measured.predictions, measured.summaries)
    assert "(44.31)" not in "\n".join(section(inductive, [FULL, SVM]))


def test_who_was_not_measured_everywhere_has_no_mean(measured: ProtocolResults) -> None:
    pair = PAIRS[0]
    table = measured.predictions[pair].of_system(FULL.name)
    partly = ProtocolResults(
        "is10",
        "transductive",
        measured.directions,
        {**measured.predictions, pair: table},
        {**measured.summaries, pair: summarise(table)},
    )
    assert SVM.name not in partly.means
    assert partly.differences(FULL, [SVM]) == []
    assert [len(found) for found in partly.differences_by_pair(FULL, [SVM]).values()] == [0, 1]
    page = "\n".join(section(partly, [FULL, SVM]))
    assert "| SVM | – | " in page
