import numpy as np
import pytest

from humpcat.benchmarks.vacnn.systems import FULL
from humpcat.benchmarks.vacnn.tables import report
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.summary import summarise

CLASSES = ("anger", "boredom", "disgust", "fear")


@pytest.fixture(scope="module")
def predictions() -> Predictions:
    """Return two systems on 8 speakers: one always right, one always angry; nobody is afraid."""
    gold = {f"emodb/{n:02}": CLASSES[n % 3] for n in range(48)}
    rows = [
        {"id": id_, "corpus": "emodb", "language": "de", "speaker": f"s{n % 8}", "gender": None, "duration": 1.0}
        for n, id_ in enumerate(gold)
    ]
    right = {id_: np.eye(4)[CLASSES.index(name)] for id_, name in gold.items()}
    angry = {id_: np.eye(4)[0] for id_ in gold}
    common = {"draw": 0, "model_hash": "0", "guarantee": "speaker-disjoint"}
    return Predictions.concat(
        Predictions.build(rows, gold, answers, CLASSES, system=name, **common)
        for name, answers in ((FULL, right), ("VACNN", angry))
    )


def test_the_papers_figure_stands_beside_each_that_was_measured(predictions: Predictions) -> None:
    lines = report(predictions, summarise(predictions), "emodb").splitlines()
    cells = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines if "|" in line
    }
    assert lines[0] == "Guarantee: speaker-disjoint."
    assert cells[FULL][0].startswith("100.0")
    assert (cells[FULL][-1], cells["VACNN"][-1], cells["chance"][-1]) == ("86.92", "79.44", "–")
    # The last table of a class is its row of the confusion.
    assert cells["anger"] == ["1.00 (0.91)", "0.00 (0.00)", "0.00 (0.00)", "0.00 (0.04)"]
    assert cells["fear"] == ["– (0.04)", "– (0.00)", "– (0.00)", "– (0.80)"]
    assert any(line.startswith(f"{FULL} less VACNN: accuracy (WA) % +66.7 [") for line in lines)
    by_class = next(line for line in lines if line.startswith("| boredom"))
    assert [cell.strip() for cell in by_class.split("|")[2:-1]] == ["16", *["1.00"] * 3, "0.87", "0.87", "0.88"]
    assert cells["average"] == ["48", *["1.00"] * 3, "0.86", "0.87", "0.87"]


def test_a_corpus_that_the_paper_did_not_use_has_no_figures_of_it(predictions: Predictions) -> None:
    text = report(predictions, summarise(predictions), "mesd")
    assert "86.92" not in text
    assert "(0.91)" not in text
    assert "| boredom | 16    | 1.00      | 1.00   | 1.00 | –" in text
