import numpy as np

from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.strangers import HEADS, strangers_table

CLASSES = ("anger", "neutral")


def told(corpus: str, right: int, clips: int = 40) -> Predictions:
    """Return answers of which the surer half is right, and of the others so many."""
    ids = [f"{corpus}/{n}" for n in range(clips)]
    rows = [
        {"id": id_, "corpus": corpus, "language": "de", "speaker": f"s{n % 4}", "gender": None, "duration": 1.0}
        for n, id_ in enumerate(ids)
    ]
    gold = {id_: CLASSES[n % 2] for n, id_ in enumerate(ids)}
    shares = {}
    for n, id_ in enumerate(ids):
        sure = n < clips // 2
        answer = n % 2 if sure or n < clips // 2 + right else 1 - n % 2
        shares[id_] = np.where(np.arange(2) == answer, 0.9 if sure else 0.6, 0.1 if sure else 0.4)
    return Predictions.build(
        rows, gold, shares, CLASSES, system="ours", draw=0, model_hash="0", guarantee="cross-corpus"
    )


def test_a_row_a_corpus_with_what_the_surest_half_is_worth() -> None:
    table = strangers_table([Predictions.concat([told("two", 0), told("one", 20)]), told("three", 10)])
    heads, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[:5]]
    assert heads == list(HEADS)
    assert [row[:3] for row in rows] == [["one", "40", "4"], ["two", "40", "4"], ["three", "40", "4"]]
    assert [row[3].split()[0] for row in rows] == ["100.0", "50.0", "75.0"]
    assert [row[5] for row in rows] == ["100.0", "100.0", "100.0"]
    # Confidences are 0.9 and 0.6 in the mean of both halves; all right, half right and three of four right.
    assert [row[4] for row in rows] == ["25.0", "35.0", "10.0"]
    assert {row[6] for row in rows} == {"75"}


def test_the_confidence_for_a_risk_is_chosen_by_the_other_corpora() -> None:
    table = strangers_table([told("right", 20), told("half", 0)])
    right, half = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:4]]
    assert (right[0], half[0]) == ("right", "half")
    # What is always right says that everything may be answered, of which half is wrong in the other.
    assert half[7:] == ["0.60", "100", "50"]
    assert right[7:] == ["0.90", "50", "0"]
    # Both together: from 0.9 on nothing is wrong, from 0.6 on a quarter.
    assert table.splitlines()[-1].endswith("from a confidence of 0.90 on (`min_confidence=0.90`).")


def test_where_no_confidence_keeps_to_the_risk_none_is_named() -> None:
    wrong = Predictions.build(
        [
            {"id": f"w/{n}", "corpus": "w", "language": "de", "speaker": "s", "gender": None, "duration": 1.0}
            for n in range(40)
        ],
        {f"w/{n}": CLASSES[n % 2] for n in range(40)},
        {f"w/{n}": np.eye(2)[1 - n % 2] for n in range(40)},
        CLASSES,
        system="ours",
        draw=0,
        model_hash="0",
        guarantee="cross-corpus",
    )
    table = strangers_table([wrong])
    assert table.splitlines()[2].endswith("| none | - | - |")
    assert table.splitlines()[-1] == "No confidence keeps the wrong answers of all of them together to 20 %."
