"""Small predictions tables for the tests of this folder."""

import numpy as np

from humpcat.evaluation import Predictions

CLASSES = ("sadness", "anger", "neutral")
GUARANTEE = "speaker-disjoint test; no validation"


def rows(n_speakers=6, clips_each=9):
    return [
        {
            "id": f"toy/{speaker}-{clip}",
            "corpus": "toy",
            "language": "de",
            "speaker": f"s{speaker}",
            "gender": None,
            "duration": 1.5,
        }
        for speaker in range(n_speakers)
        for clip in range(clips_each)
    ]


def gold_of(some_rows):
    """Unequal classes (5 : 1 : 3), so that accuracy, UAR and macro-F1 differ."""
    return {row["id"]: CLASSES[(0, 0, 1, 0, 2, 0, 2, 0, 2)[index % 9]] for index, row in enumerate(some_rows)}


def predicted(some_rows, gold, *, right=0.7, draw=0, system="fine-tuned", guarantee=GUARANTEE):
    """Predictions of which about that share is right."""
    rng = np.random.default_rng([draw, int(100 * right)])
    probabilities = {}
    for id_ in gold:
        answer = CLASSES.index(gold[id_]) if rng.random() < right else rng.integers(3)
        probabilities[id_] = np.where(np.arange(3) == answer, 0.6, 0.2)
    return Predictions.build(
        some_rows,
        gold,
        probabilities,
        CLASSES,
        system=system,
        draw=draw,
        model_hash=f"hash {draw}",
        guarantee=guarantee,
        fingerprints={row["id"]: f"hash of {row['id']}" for row in some_rows},
    )
