"""Runs for the tests of the report: simulated, with the quirks of real ones."""

import json
from pathlib import Path

import numpy as np

from humpcat.evaluation import Predictions

CLASSES = ("anger", "happiness", "neutral", "sadness")
GUARANTEE = "speaker-disjoint test; validation shares speakers with adaptation; standardised by all target clips"
DEPENDENT = "SPEAKER-DEPENDENT: test and validation may share speakers with adaptation"
SYSTEMS = {"zero-shot": 1.1, "target-only": 1.7, "fine-tuned": 2.5}
CORPORA = {"emodb": ("de", 10, 28), "mesd": ("es", 3, 96), "ravdess": ("en", 24, 24)}
"""Language, speakers and clips a speaker."""


def rows(corpus, speakers, clips, language, seed=0):
    rng = np.random.default_rng([seed, speakers, clips])
    return [
        {
            "id": f"{corpus}/{speaker:02}-{clip:03}",
            "corpus": corpus,
            "language": language,
            "speaker": f"{speaker:02}",
            "gender": ("female", "male")[speaker % 2],
            "duration": float(np.round(rng.gamma(6, 0.45) + 0.4, 2)),
        }
        for speaker in range(speakers)
        for clip in range(clips)
    ]


def simulated(some, *, draws=5, systems=SYSTEMS, guarantee=GUARANTEE, gain=1.0, share=0.2, seed=0):
    """Predictions of which clips, speakers and classes are easy or hard, the same ones for every system."""
    rng = np.random.default_rng([seed, len(some)])
    names = sorted({row["speaker"] for row in some})
    ease = dict(zip(names, rng.normal(0, 0.45, len(names)), strict=True))
    # One speaker nobody understands, who never adapts.
    ease[names[-1]] -= 1.8
    gold = {row["id"]: CLASSES[int(rng.choice(4, p=(0.32, 0.2, 0.24, 0.24)))] for row in some}
    near = np.array([[1, 0.6, 0.1, 0], [0.7, 1, 0.3, 0], [0, 0.2, 1, 0.5], [0, 0, 0.6, 1]])
    clip_noise = {row["id"]: rng.normal(0, 0.9, 4) for row in some}
    parts = []
    for draw in range(draws):
        adapting = set(rng.permutation(names[:-1])[: max(1, round(share * len(names)))])
        test = [row for row in some if row["speaker"] not in adapting]
        for system, skill in systems.items():
            found = {}
            for row in test:
                class_ = CLASSES.index(gold[row["id"]])
                hard = -0.5 if row["duration"] < 2 else 0
                pull = max(0.0, gain * skill + ease[row["speaker"]] + hard)
                logits = pull * near[class_] + clip_noise[row["id"]] + rng.normal(0, 0.4, 4)
                odds = np.exp(1.5 * logits)
                found[row["id"]] = odds / odds.sum()
            parts.append(
                Predictions.build(
                    some,
                    {row["id"]: gold[row["id"]] for row in test},
                    found,
                    CLASSES,
                    system=system,
                    draw=draw,
                    model_hash=f"{abs(hash_of(system, draw)):032x}",
                    guarantee=guarantee,
                    fingerprints={row["id"]: f"{abs(hash_of(row['id'], 0)):032x}" for row in test},
                )
            )
    return Predictions.concat(parts)


def blanked(made, column, unknown):
    """The same predictions with some values of a column not known."""
    index = made.table.column_names.index(column)
    values = [None if unknown(value) else value for value in made.table[column].to_pylist()]
    return Predictions(made.table.set_column(index, column, [values]), made.classes)


def hash_of(name, number):
    return int.from_bytes(f"{name}{number}".encode()[-15:], "big")


def run(folder, corpus, *, protocol="speaker-share=0.2 valid=0.2", source="runs/cremad", **how):
    """Write one run's folder as a recipe would."""
    language, speakers, clips = CORPORA[corpus]
    folder = Path(folder)
    simulated(rows(corpus, speakers, clips, language), **how).write(folder / "predictions.parquet")
    settings = {"humpcat": "0.3.0", "corpus": corpus, "source": source, "seed": 0, "draws": 5, "share": 0.2}
    settings |= {"protocol": "speakers", "normalization": "corpus", "epochs": 10, "learning_rate": 0.001}
    settings |= {"data_dir": "/home/someone/data", "out": str(folder)}
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "draw-0").mkdir()
    split = {"name": protocol, "seed": 0, "guarantee": GUARANTEE, "train": [], "adapt": [], "valid": [], "test": []}
    (folder / "draw-0" / "split.json").write_text(json.dumps(split))
    return folder


def three_corpora(folder, **how):
    return [run(Path(folder) / corpus, corpus, **how) for corpus in CORPORA]
