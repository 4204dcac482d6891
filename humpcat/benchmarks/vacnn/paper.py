"""What the VACNN + BOVW paper printed, Sensors 2020, 20, 5559: its tables 2 to 10."""

from collections.abc import Mapping

from humpcat.benchmarks.papers import printed

Scores = tuple[float, float, float]
"""Precision, recall and F1."""

_PRINTED = printed("vacnn")

PRETRAINING = "pretraining"

PRETRAINING_ACCURACY: float = _PRINTED["pretraining_accuracy"]
"""Accuracy of the pretraining on TESS and RAVDESS, in per cent."""

ACCURACY: Mapping[str, Mapping[str, float]] = _PRINTED["accuracy"]
"""Name of a system to corpus to accuracy, in per cent."""

BY_CLASS: Mapping[str, Mapping[str, Scores]] = {
    corpus: {name: (precision, recall, f1) for name, (precision, recall, f1) in rows.items()}
    for corpus, rows in _PRINTED["by_class"].items()
}
"""Corpus to precision, recall and F1 of each class."""

AVERAGE: Mapping[str, Scores] = {
    corpus: (precision, recall, f1) for corpus, (precision, recall, f1) in _PRINTED["average"].items()
}
"""Corpus to the averages that stand below them."""

CONFUSION: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    corpus: {name: tuple(shares) for name, shares in rows.items()} for corpus, rows in _PRINTED["confusion"].items()
}
"""Corpus to the shares of each class (row) that were taken for each, in the order of the rows."""
