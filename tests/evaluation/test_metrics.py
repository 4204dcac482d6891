import ast
import os
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
    recall_score,
)

from humpcat.errors import SettingsError
from humpcat.evaluation import (
    accuracy,
    calibration_scores,
    class_scores,
    confusion,
    load_metric,
    macro_f1,
    scores,
    unweighted_average_recall,
)

CLASSES = ("neutral", "anger", "sadness", "happiness", "fear")


@pytest.mark.parametrize("seed", range(30))
def test_scores_equal_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    # Up to three classes are absent from the gold labels, some of them predicted all the same.
    present = rng.permutation(CLASSES)[: rng.integers(2, 6)]
    gold = rng.choice(present, size=rng.integers(1, 60))
    predicted = np.where(rng.random(len(gold)) < 0.5, gold, rng.choice(CLASSES, size=len(gold)))
    labels = sorted(set(gold))
    found = scores(gold, predicted, CLASSES)
    assert found.wa == pytest.approx(accuracy_score(gold, predicted), abs=1e-12)
    assert found.uar == pytest.approx(recall_score(gold, predicted, labels=labels, average="macro"), abs=1e-12)
    expected = f1_score(gold, predicted, labels=labels, average="macro", zero_division=0)
    assert found.macro_f1 == pytest.approx(expected, abs=1e-12)
    assert found.n == len(gold)
    assert set(found.absent) == set(CLASSES) - set(gold)
    singles = [metric(gold, predicted, CLASSES) for metric in (accuracy, unweighted_average_recall, macro_f1)]
    assert singles == [found.wa, found.uar, found.macro_f1]


@pytest.mark.parametrize("seed", range(30))
def test_scores_of_classes_equal_scikit_learn(seed):
    rng = np.random.default_rng([1, seed])
    gold = rng.choice(rng.permutation(CLASSES)[: rng.integers(1, 6)], size=rng.integers(1, 40))
    predicted = np.where(rng.random(len(gold)) < 0.5, gold, rng.choice(CLASSES, size=len(gold)))
    expected = precision_recall_fscore_support(gold, predicted, labels=CLASSES, zero_division=np.nan)
    found = class_scores(gold, predicted, CLASSES)
    assert [row.name for row in found] == list(CLASSES)
    for name, values in zip(("precision", "recall", "f1"), expected, strict=False):
        mine = [np.nan if getattr(row, name) is None else getattr(row, name) for row in found]
        assert mine == pytest.approx(values.tolist(), abs=1e-12, nan_ok=True)
    assert [row.support for row in found] == expected[3].tolist()
    assert [row.answered for row in found] == [(predicted == name).sum() for name in CLASSES]
    assert np.array_equal(confusion(gold, predicted, CLASSES), confusion_matrix(gold, predicted, labels=CLASSES))


def test_rows_of_the_confusion_matrix_are_gold():
    matrix = confusion(["anger", "anger"], ["anger", "fear"], CLASSES)
    assert matrix[CLASSES.index("anger")].sum() == 2
    assert matrix[CLASSES.index("anger"), CLASSES.index("fear")] == 1


def test_order_of_classes_and_clips_changes_nothing():
    gold, predicted = ["anger", "fear", "fear"], ["fear", "fear", "fear"]
    assert scores(gold, predicted, CLASSES).uar == scores(gold[::-1], predicted[::-1], CLASSES[::-1]).uar == 0.5


@pytest.mark.parametrize(
    ("gold", "predicted", "classes", "message"),
    [
        (
            ["joy"],
            ["anger"],
            CLASSES,
            "gold class 'joy' is unknown, expected one of neutral, anger, sadness, happiness, fear: score with the "
            "classes that the model was trained on.",
        ),
        (
            ["anger"],
            ["joy"],
            ("anger",),
            "predicted class 'joy' is unknown, expected one of anger: score with the classes that the model was "
            "trained on.",
        ),
        (["anger"], ["anger"], ("anger", "anger"), "classes anger, anger: one stands twice: name each once."),
        (
            [],
            [],
            CLASSES,
            "scores: 0 gold and 0 predicted classes found, expected one of each for at least one clip: join "
            "predictions to labels by id.",
        ),
        (
            ["anger"],
            [],
            CLASSES,
            "scores: 1 gold and 0 predicted classes found, expected one of each for at least one clip: join "
            "predictions to labels by id.",
        ),
    ],
)
def test_refusals_say_what_to_do(gold, predicted, classes, message):
    with pytest.raises(SettingsError) as error:
        scores(gold, predicted, classes)
    assert str(error.value) == message


def test_an_unknown_metric_is_not_looked_up_on_the_hub():
    with pytest.raises(SettingsError) as error:
        load_metric("accuracy")
    assert str(error.value) == "metric 'accuracy' is unknown: choose one of ser_calibration, ser_scores."


OFFLINE = """
import socket

def refuse(*args, **kwargs):
    raise AssertionError("the network was asked")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse

from humpcat.evaluation import load_metric

metric = load_metric()
metric.add_batch(predictions=["anger", "fear"], references=["anger", "anger"])
metric.add_batch(predictions=["neutral"], references=["neutral"])
print(metric.compute(classes=["anger", "fear", "neutral"]))
metric = load_metric("ser_calibration")
metric.add_batch(predictions=[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], references=["anger", "anger"])
metric.add_batch(predictions=[[0.2, 0.2, 0.6]], references=["neutral"])
print(metric.compute(classes=["anger", "fear", "neutral"], bins=10))
"""


def test_the_evaluate_module_needs_no_network(tmp_path):
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    expected = scores(["anger", "anger", "neutral"], ["anger", "fear", "neutral"], ["anger", "fear", "neutral"])
    found, calibrated = map(ast.literal_eval, done.stdout.splitlines())
    by_class, matrix = found.pop("by_class"), found.pop("confusion")
    assert by_class["fear"] == {
        "name": "fear",
        "precision": 0.0,
        "recall": None,
        "f1": 0.0,
        "support": 0,
        "answered": 1,
    }
    assert matrix == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]
    probabilities = [[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6]]
    given = ["anger", "anger", "neutral"], probabilities, ["anger", "fear", "neutral"]
    assert calibrated == asdict(calibration_scores(*given, bins=10))
    assert found == {
        "wa": expected.wa,
        "uar": expected.uar,
        "macro_f1": expected.macro_f1,
        "n": 3,
        "absent": ("fear",),
    }
