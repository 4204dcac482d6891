import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from humpcat.errors import HumpcatError
from humpcat.evaluation import Predictions, PredictionsError

from .making import CLASSES, gold_of, predicted, rows

ROWS = rows(2, 3)
GOLD = gold_of(ROWS)
FIRST = "toy/0-0"


@pytest.fixture(name="made")
def _made():
    return predicted(ROWS, GOLD)


def changed(made, name, values):
    table = made.table
    if callable(values):
        values = values(table[name].to_pylist())
    return table.set_column(table.column_names.index(name), name, pa.array(values))


def test_joined_by_id_whatever_the_order(made):
    probabilities = dict(zip(made.values("id"), made.probabilities, strict=True))
    settings = {"system": "fine-tuned", "draw": 0, "model_hash": "hash 0", "guarantee": made.values("guarantee")[0]}
    backwards = Predictions.build(
        ROWS[::-1], dict(sorted(GOLD.items(), reverse=True)), probabilities, CLASSES, **settings
    )
    assert backwards.table == made.table
    assert dict(zip(made.values("id"), made.gold, strict=True)) == GOLD
    assert made.speakers == ["toy/s0"] * 3 + ["toy/s1"] * 3


def test_file_round_trip_keeps_the_order_of_classes(made, tmp_path):
    path = tmp_path / "new" / "predictions.parquet"
    made.write(path)
    again = Predictions.read(path)
    assert again.classes == CLASSES == made.classes
    assert again.table == made.table
    assert np.array_equal(again.probabilities, made.probabilities)
    assert [child.name for child in path.parent.iterdir()] == ["predictions.parquet"]


def test_shuffled_columns_and_rows_change_nothing(made, tmp_path):
    order = np.random.default_rng(0).permutation(made.table.num_rows)
    table = made.table.take(pa.array(order)).select(sorted(made.table.column_names))
    pq.write_table(table, tmp_path / "a.parquet")
    again = Predictions.read(tmp_path / "a.parquet")
    assert again.predicted.tolist() == made.predicted[order].tolist()
    assert again.table.column_names == made.table.column_names


def test_further_columns_are_kept(made):
    table = made.table.append_column("uncertainty", pa.array([0.1] * 6))
    both = Predictions.concat([Predictions(table, CLASSES), predicted(ROWS, GOLD, draw=1)])
    assert both.table["uncertainty"].to_pylist() == [0.1] * 6 + [None] * 6


def test_systems_and_draws_stand_under_one_another(made):
    both = Predictions.concat([made, predicted(ROWS, GOLD, draw=1), predicted(ROWS, GOLD, system="zero-shot")])
    assert both.table.num_rows == 18
    assert both.of_system("zero-shot").table.num_rows == 6


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (
            lambda made: Predictions(made.table.drop_columns(["gold"]), CLASSES),
            "column 'gold' is missing (found id, corpus, language, speaker, gender, duration, draw, model_hash, "
            "guarantee, system, p_sadness, p_anger, p_neutral): build the table with Predictions.build.",
        ),
        (
            lambda made: Predictions(changed(made, "draw", ["first"] * 6), CLASSES),
            "column 'draw' is of type string, expected int64: build the table with Predictions.build.",
        ),
        (
            lambda made: Predictions(changed(made, "id", lambda ids: [None, *ids[1:]]), CLASSES),
            "column 'id' is empty in 1 of 6 rows, expected a value in each: build the table with Predictions.build.",
        ),
        (
            lambda made: Predictions(changed(made, "p_anger", lambda found: [float("nan"), *found[1:]]), CLASSES),
            "probabilities of 1 of 6 rows are not probabilities (the first, toy/0-0: 0.2, nan, 0.2), expected numbers "
            "from 0 to 1 that sum to 1: apply softmax, and look for NaN in the model's outputs.",
        ),
        (
            lambda made: Predictions(changed(made, "p_anger", lambda found: [7.0, *found[1:]]), CLASSES),
            "probabilities of 1 of 6 rows are not probabilities (the first, toy/0-0: 0.2, 7, 0.2), expected numbers "
            "from 0 to 1 that sum to 1: apply softmax, and look for NaN in the model's outputs.",
        ),
        (
            lambda made: Predictions.concat([made, made]),
            "id toy/0-0 stands 2 times in draw 0 of system 'fine-tuned', expected once: drop what was gathered twice.",
        ),
        (
            lambda made: Predictions(changed(made, "gold", lambda gold: ["joy", *gold[1:]]), CLASSES),
            "gold class joy is unknown, expected one of sadness, anger, neutral: label with the classes that the "
            "model was trained on.",
        ),
        (
            lambda made: Predictions.concat([made, predicted(ROWS, GOLD | {FIRST: "anger"}, draw=1)]),
            "clips with more than one gold class: 1 found (toy/0-0), expected none: put together only tables of one "
            "labelling.",
        ),
        (
            lambda made: Predictions.concat([made, Predictions(made.table, CLASSES[::-1])]),
            "classes neutral, anger, sadness found beside sadness, anger, neutral: put together only tables of one "
            "label space.",
        ),
        (lambda made: Predictions.concat([]), "0 tables found, expected at least one: predict first."),
        (
            lambda made: Predictions(made.table.slice(0, 0), CLASSES),
            "the table holds no predictions, expected at least one: predict first.",
        ),
        (
            lambda made: Predictions(made.table, ("anger", "anger")),
            "classes (anger, anger): expected one or more different names: name each once.",
        ),
        (
            lambda made: made.of_system("other"),
            "system 'other' is unknown: choose one of fine-tuned.",
        ),
    ],
)
def test_bad_tables_are_refused(made, attempt, message):
    with pytest.raises(PredictionsError) as error:
        attempt(made)
    assert str(error.value) == message


def build(gold=GOLD, some_rows=ROWS, probabilities=None, width=3):
    given = {id_: [1 / width] * width for id_ in GOLD} if probabilities is None else probabilities
    return Predictions.build(
        some_rows, gold, given, CLASSES, system="fine-tuned", draw=0, model_hash="0", guarantee="speaker-disjoint"
    )


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (
            lambda: build(probabilities={FIRST: [1, 0, 0]}),
            "probabilities: 5 of 6 clips have none (toy/0-1, toy/0-2, toy/1-0 and 2 more): join by id, with the same "
            "clips on both sides.",
        ),
        (
            lambda: build(gold={FIRST: "anger"}),
            "gold: 5 of 6 predicted clips have no label (toy/0-1, toy/0-2, toy/1-0 and 2 more): join by id, with the "
            "same clips on both sides.",
        ),
        (
            lambda: build(some_rows=ROWS[:5]),
            "rows: 1 of 6 clips have no row (toy/1-2): join by id, with the same clips on both sides.",
        ),
        (
            lambda: build(width=4),
            "probabilities of toy/0-0, toy/0-1, toy/0-2 and 3 more: shape (4,) found, expected (3,), one for each of "
            "sadness, anger, neutral: predict again with these classes.",
        ),
        (
            lambda: build(some_rows=[{"id": row["id"]} for row in ROWS]),
            "rows: column 'corpus' is missing (found id): add it.",
        ),
    ],
)
def test_bad_joins_are_refused(attempt, message):
    with pytest.raises(HumpcatError) as error:
        attempt()
    assert str(error.value) == message


def test_bad_files_are_named(made, tmp_path):
    path = tmp_path / "a.parquet"
    with pytest.raises(PredictionsError) as error:
        Predictions.read(path)
    assert str(error.value) == f"{path}: no such file: check the path."
    path.write_text("no Parquet")
    with pytest.raises(PredictionsError) as error:
        Predictions.read(path)
    assert str(error.value) == f"{path}: is not a Parquet file: write it with Predictions.write."
    pq.write_table(made.table.replace_schema_metadata(None), path)
    with pytest.raises(PredictionsError) as error:
        Predictions.read(path)
    assert str(error.value) == (
        f"{path}: the schema does not say the order of the classes: write it with Predictions.write."
    )
    pq.write_table(made.table.drop_columns(["p_anger"]), path)
    with pytest.raises(PredictionsError) as error:
        Predictions.read(path)
    assert str(error.value).startswith(f"{path}: column 'p_anger' is missing (found id, corpus,")
