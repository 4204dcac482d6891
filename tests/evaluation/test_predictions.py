import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from humpcat.errors import HumpcatError
from humpcat.evaluation import Predictions, PredictionsError, calibration_scores, scores
from humpcat.evaluation.checks import CLASSES_KEY, COLUMNS

from .making import CLASSES, gold_of, predicted, rows

ROWS = rows(2, 3)
GOLD = gold_of(ROWS)
FIRST = "toy/0-0"
ALL = [*COLUMNS, *(f"p_{name}" for name in CLASSES)]


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
    settings = {
        "system": "fine-tuned",
        "draw": 0,
        "model_hash": "hash 0",
        "guarantee": made.values("guarantee")[0],
        "fingerprints": {id_: f"hash of {id_}" for id_ in [*GOLD, "another"]},
    }
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


def test_folds_and_hashes_of_the_audio_are_kept(tmp_path):
    half = dict(list(GOLD.items())[:3])
    parts = [
        build(gold=part, probabilities={id_: [1, 0, 0] for id_ in part}, fold=fold, fingerprints={FIRST: "ab"})
        for fold, part in enumerate([half, {id_: name for id_, name in GOLD.items() if id_ not in half}])
    ]
    Predictions.concat(parts).write(tmp_path / "a.parquet")
    again = Predictions.read(tmp_path / "a.parquet")
    assert again.values("fold").tolist() == [0, 0, 0, 1, 1, 1]
    assert again.values("data_hash").tolist() == ["ab", *[None] * 5]
    assert build().values("fold").tolist() == [0] * 6


def test_a_clip_is_tested_once_in_a_draw_whichever_fold():
    with pytest.raises(PredictionsError, match="stands 2 times in draw 0 of system 'fine-tuned'"):
        Predictions.concat([build(), build(fold=1)])


def test_columns_are_read_whatever_their_chunks_and_nulls(made):
    table = made.table.set_column(made.table.column_names.index("speaker"), "speaker", pa.array(["a", None] * 3))
    both = Predictions(pa.concat_tables([table.slice(0, 2), table.slice(2)]), CLASSES)
    assert both.values("speaker").tolist() == ["a", None] * 3
    assert both.gold.tolist() == made.table["gold"].to_pylist()
    assert both.values("draw").dtype == np.int64


def test_shards_of_several_processes_in_any_order_give_the_same_scores():
    some_rows = rows(8, 9)
    gold = gold_of(some_rows)
    whole = predicted(some_rows, gold)
    probabilities = dict(zip(whole.values("id"), whole.probabilities, strict=True))
    odd, even = ({id_: probabilities[id_] for id_ in list(gold)[start::2]} for start in (1, 0))
    found = []
    for merged in (odd | even, even | odd, probabilities):
        made = build(gold=gold, some_rows=some_rows, probabilities=merged)
        found.append((scores(made.gold, made.predicted, CLASSES), calibration(made)))
    assert found[0] == found[1] == found[2]
    order = np.random.default_rng(0).permutation(whole.table.num_rows)
    shuffled = Predictions(whole.table.take(pa.array(order)), CLASSES)
    assert scores(shuffled.gold, shuffled.predicted, CLASSES) == found[0][0]
    assert calibration(shuffled) == pytest.approx(found[0][1], abs=1e-12)


def calibration(made):
    figures = calibration_scores(made.gold, made.probabilities, made.classes)
    return [figures.ece, figures.brier, figures.nll, figures.aurc]


def test_a_million_rows_take_seconds_and_little_memory(tmp_path):
    n = 1_000_000
    rng = np.random.default_rng(0)
    table = pa.table(
        {name: pa.repeat(pa.scalar("x" if type_ == pa.string() else 1, type_), n) for name, type_ in COLUMNS.items()}
        | {"id": [f"corpus/clip {index}" for index in range(n)]}
        | {"gold": pa.array(np.array(CLASSES, dtype=object)[rng.integers(0, 3, n)])}
        | {f"p_{name}": column for name, column in zip(CLASSES, rng.dirichlet([1, 1, 1], n).T, strict=True)}
    )
    began, before = time.process_time(), pa.total_allocated_bytes()
    made = Predictions(table, CLASSES)
    made.write(tmp_path / "a.parquet")
    again = Predictions.read(tmp_path / "a.parquet")
    assert scores(again.gold, again.predicted, CLASSES).wa == pytest.approx(1 / 3, abs=0.01)
    assert calibration(again)[0] > 0.1
    # Some four seconds; slow machines may take their time.
    assert time.process_time() - began < 30
    assert pa.total_allocated_bytes() - before < 1e9


def test_systems_and_draws_stand_under_one_another(made):
    both = Predictions.concat([made, predicted(ROWS, GOLD, draw=1), predicted(ROWS, GOLD, system="zero-shot")])
    assert both.table.num_rows == 18
    assert both.of_system("zero-shot").table.num_rows == 6


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        *(
            (
                lambda made, name=name: Predictions(made.table.drop_columns([name]), CLASSES),
                f"column '{name}' is missing (found {', '.join(other for other in ALL if other != name)}): build the "
                "table with Predictions.build.",
            )
            for name in ALL
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


def build(gold=GOLD, some_rows=ROWS, probabilities=None, width=3, **settings):
    given = {id_: [1 / width] * width for id_ in GOLD} if probabilities is None else probabilities
    return Predictions.build(
        some_rows,
        gold,
        given,
        CLASSES,
        system="fine-tuned",
        draw=0,
        model_hash="0",
        guarantee="speaker-disjoint",
        **settings,
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


@pytest.mark.parametrize("classes", [b"{", b"5", b"[1, 2]", b"\xff"])
def test_an_order_of_classes_that_is_none(tmp_path, classes):
    some = rows(2)
    made = predicted(some, gold_of(some))
    pq.write_table(made.table.replace_schema_metadata({CLASSES_KEY: classes}), tmp_path / "p.parquet")
    with pytest.raises(PredictionsError, match=r"humpcat\.classes is no JSON list of names: write it with"):
        Predictions.read(tmp_path / "p.parquet")


def test_a_damaged_file(tmp_path):
    some = rows(40)
    predicted(some, gold_of(some)).write(tmp_path / "p.parquet")
    content = (tmp_path / "p.parquet").read_bytes()
    (tmp_path / "p.parquet").write_bytes(content[:200] + bytes(200) + content[400:])
    with pytest.raises(PredictionsError, match=r"p\.parquet: is .*: write it with Predictions.write."):
        Predictions.read(tmp_path / "p.parquet")
