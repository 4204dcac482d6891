"""What the paper printed, Sensors 2020, 20, 5559: its tables 2 and 4 to 9, for VACNN + BOVW."""

from collections.abc import Mapping

PRETRAINING_ACCURACY = 89.03
"""Accuracy of the pretraining on TESS and RAVDESS, in per cent."""

PRETRAINING = "pretraining"

BY_CLASS: Mapping[str, Mapping[str, tuple[float, float, float]]] = {
    PRETRAINING: {
        "anger": (0.94, 0.88, 0.91),
        "disgust": (0.89, 0.92, 0.90),
        "fear": (0.83, 0.94, 0.88),
        "happiness": (0.90, 0.75, 0.82),
        "neutral": (0.92, 0.89, 0.91),
        "sadness": (0.83, 0.90, 0.87),
        "surprise": (0.93, 0.94, 0.93),
    },
    "ravdess": {
        "anger": (0.77, 0.91, 0.83),
        "calm": (0.95, 0.89, 0.92),
        "disgust": (0.89, 0.85, 0.87),
        "fear": (0.91, 0.84, 0.87),
        "happiness": (0.81, 0.74, 0.77),
        "neutral": (0.74, 0.88, 0.80),
        "sadness": (0.74, 0.76, 0.75),
        "surprise": (0.86, 0.86, 0.85),
    },
    "emodb": {
        "anger": (0.94, 0.91, 0.93),
        "boredom": (0.87, 0.87, 0.88),
        "disgust": (0.95, 0.95, 0.97),
        "fear": (0.74, 0.80, 0.77),
        "happiness": (0.86, 0.73, 0.79),
        "neutral": (0.80, 0.85, 0.81),
        "sadness": (0.86, 0.96, 0.91),
    },
    "savee": {
        "anger": (0.74, 0.58, 0.65),
        "disgust": (0.81, 0.65, 0.72),
        "fear": (0.59, 0.76, 0.67),
        "happiness": (0.72, 0.59, 0.65),
        "neutral": (0.88, 0.93, 0.90),
        "sadness": (0.73, 0.83, 0.78),
        "surprise": (0.59, 0.65, 0.67),
    },
}
"""Corpus to precision, recall and F1 of each class."""

AVERAGE: Mapping[str, tuple[float, float, float]] = {
    PRETRAINING: (0.89, 0.89, 0.89),
    "ravdess": (0.83, 0.83, 0.83),
    "emodb": (0.86, 0.87, 0.87),
    "savee": (0.72, 0.71, 0.72),
}
"""Corpus to the averages that stand below them."""

CONFUSION: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "ravdess": {
        "anger": (0.91, 0.00, 0.03, 0.00, 0.03, 0.00, 0.00, 0.03),
        "calm": (0.00, 0.89, 0.00, 0.00, 0.05, 0.02, 0.05, 0.00),
        "disgust": (0.10, 0.02, 0.85, 0.00, 0.00, 0.00, 0.03, 0.00),
        "fear": (0.00, 0.00, 0.03, 0.84, 0.03, 0.00, 0.08, 0.02),
        "happiness": (0.07, 0.00, 0.02, 0.04, 0.74, 0.02, 0.04, 0.07),
        "neutral": (0.00, 0.00, 0.00, 0.00, 0.12, 0.88, 0.00, 0.00),
        "sadness": (0.05, 0.03, 0.03, 0.03, 0.03, 0.08, 0.76, 0.00),
        "surprise": (0.00, 0.00, 0.00, 0.06, 0.02, 0.00, 0.06, 0.86),
    },
    "emodb": {
        "anger": (0.91, 0.00, 0.00, 0.04, 0.05, 0.00, 0.00),
        "boredom": (0.00, 0.87, 0.00, 0.00, 0.00, 0.10, 0.03),
        "disgust": (0.00, 0.00, 0.95, 0.05, 0.00, 0.00, 0.00),
        "fear": (0.04, 0.00, 0.00, 0.80, 0.00, 0.04, 0.12),
        "happiness": (0.00, 0.00, 0.04, 0.15, 0.73, 0.08, 0.00),
        "neutral": (0.03, 0.12, 0.00, 0.00, 0.00, 0.85, 0.00),
        "sadness": (0.00, 0.00, 0.00, 0.00, 0.00, 0.04, 0.96),
    },
    "savee": {
        "anger": (0.58, 0.08, 0.08, 0.13, 0.00, 0.00, 0.13),
        "disgust": (0.00, 0.65, 0.07, 0.00, 0.12, 0.08, 0.08),
        "fear": (0.00, 0.05, 0.76, 0.05, 0.05, 0.05, 0.05),
        "happiness": (0.22, 0.00, 0.05, 0.59, 0.00, 0.00, 0.14),
        "neutral": (0.00, 0.00, 0.00, 0.00, 0.93, 0.07, 0.00),
        "sadness": (0.00, 0.04, 0.00, 0.00, 0.13, 0.83, 0.00),
        "surprise": (0.00, 0.30, 0.05, 0.00, 0.00, 0.00, 0.65),
    },
}
"""Corpus to the shares of each class (row) that were taken for each, in the order of the rows."""
