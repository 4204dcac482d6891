#!/usr/bin/env python
"""Measure what padding changes in the answers of an encoder, and what it costs to make it exact.

    python recipes/bench_padding.py --data-dir DATA
    python recipes/bench_padding.py --data-dir DATA --corpus emodb --clips 200 --encoder FOLDER

Clips are described by the mean over time of a middle layer: each alone, and in padded batches, in random order, as
transformers computes them without an attention mask (the default of HuBERT-base's feature extractor, which then scales
waveforms over their padding too), with a mask, and with a mask after humpcat.make_padding_exact. A mean is over real
frames where there is a mask and over all frames where there is none, as in the classification heads of transformers. A
logistic regression learns emotions from vectors alone of other speakers, and is asked with each way's. A deviation is
the length of the difference of two vectors, in shares of the length of the vector alone. All ways take turns, batch by
batch. OUT/bench_padding.json holds all figures.
"""

import argparse
import copy
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm.auto import tqdm
from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor

from humpcat import audio, make_padding_exact
from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.benchmarks.spread import clips_of_speakers
from humpcat.benchmarks.timing import machine_line, save_figures
from humpcat.cli import reporting_errors
from humpcat.device import default_device
from humpcat.evaluation import unweighted_average_recall
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.features.encoder_checkpoint import load_pretrained
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, number_in

ALONE = "one by one"
BATCH, FOLDS = 8, 5

Vectors = npt.NDArray[np.float32]
Ways = dict[str, Callable[..., Vectors]]


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--corpus", default="emodb", help="whose clips")
    parser.add_argument("--clips", type=number_in(COUNTS), default=200, help="clips, drawn at random")
    parser.add_argument("--encoder", help="folder or hub name; HuBERT-base with random weights by default")
    parser.add_argument("--out", type=Path, default=Path("runs/bench_padding"), help="folder of the figures")
    arguments = parser.parse_args()
    require_writable(arguments.out)
    rows = clips_of_speakers(arguments.corpus, arguments.data_dir, arguments.clips)
    found, seconds = measured(ways_of(arguments.encoder), [audio.load(row["path"]) for row in rows])
    about = {"corpus": arguments.corpus, "clips": len(rows), "batch": BATCH, "device": default_device().type}
    about["threads"] = torch.get_num_threads()
    about["encoder"] = arguments.encoder or "HuBERT-base's architecture with random weights, seed 0"
    report(compared(found, rows, seconds), about, arguments.out)


def ways_of(encoder: str | None) -> Ways:
    """Return what is measured, by its name: functions from clips to vectors."""
    torch.manual_seed(0)
    model, normalize = (HubertModel(HubertConfig()), True) if encoder is None else load_pretrained(encoder)
    prepare = Wav2Vec2FeatureExtractor(do_normalize=normalize)
    model.eval().to(default_device())
    exact = copy.deepcopy(model)
    make_padding_exact(exact)
    return {
        ALONE: lambda clips: np.concatenate([vectors(model, prepare, False, [clip]) for clip in clips]),
        "padded, without mask": partial(vectors, model, prepare, False),
        "padded, with mask": partial(vectors, model, prepare, True),
        "padded, with mask, exact": partial(vectors, exact, prepare, True),
    }


@torch.no_grad()
def vectors(model: Any, prepare: Callable[..., Any], masked: bool, clips: Sequence[Waveform]) -> Vectors:
    """Return the mean over time of a middle layer, shape (clips, width)."""
    settings = {"sampling_rate": SAMPLING_RATE, "padding": True, "return_tensors": "pt"}
    inputs = prepare(clips, return_attention_mask=masked, **settings).to(model.device)
    states = model(**inputs, output_hidden_states=True).hidden_states[model.config.num_hidden_layers // 2]
    if not masked:
        return states.mean(1).cpu().numpy()
    real = model._get_feature_vector_attention_mask(states.shape[1], inputs["attention_mask"])[..., None]
    return (states.masked_fill(~real, 0).sum(1) / real.sum(1)).cpu().numpy()


def measured(ways: Ways, clips: Sequence[Waveform]) -> tuple[dict[str, Vectors], dict[str, float]]:
    """Return the vectors of each way, and the seconds that it took."""
    parts: dict[str, list[Vectors]] = {name: [] for name in ways}
    seconds = dict.fromkeys(ways, 0.0)
    for way in ways.values():
        way(clips[:1])
    for first in tqdm(range(0, len(clips), BATCH), desc="batches"):
        for name, way in ways.items():
            start = time.perf_counter()
            parts[name].append(way(clips[first : first + BATCH]))
            seconds[name] += time.perf_counter() - start
    return {name: np.concatenate(part) for name, part in parts.items()}, seconds


def compared(found: dict[str, Vectors], rows: list[Any], seconds: dict[str, float]) -> dict[str, dict[str, float]]:
    """Return the figures of each way; its vectors are answered by a classifier of those alone of other speakers."""
    gold, speakers = [row["emotion"] for row in rows], [row["speaker"] for row in rows]
    answers = {name: np.array(gold) for name in found}
    for train, test in GroupKFold(min(FOLDS, len(set(speakers)))).split(gold, groups=speakers):
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
        classifier.fit(found[ALONE][train], [gold[index] for index in train])
        for name, matrix in found.items():
            answers[name][test] = classifier.predict(matrix[test])
    figures = {}
    for name, matrix in found.items():
        deviation = np.linalg.norm(matrix - found[ALONE], axis=1) / np.linalg.norm(found[ALONE], axis=1)
        figures[name] = {
            "largest_deviation": float(deviation.max()),
            "mean_deviation": float(deviation.mean()),
            "uar": unweighted_average_recall(gold, answers[name], sorted(set(gold))),
            "changed": float(np.mean(answers[name] != answers[ALONE])),
            "seconds": seconds[name],
            "ratio": seconds[name] / seconds[ALONE],
        }
    return figures


def report(figures: dict[str, dict[str, float]], about: dict[str, Any], out: Path) -> None:
    """Print a table and write the figures."""
    table = [["way", "largest deviation", "mean deviation", "UAR", "answers changed", "seconds", "times one by one"]]
    for name, way in figures.items():
        cells = [f"{way['largest_deviation']:.1e}", f"{way['mean_deviation']:.1e}", f"{100 * way['uar']:.1f}"]
        table.append([name, *cells, f"{way['changed']:.1%}", f"{way['seconds']:.1f}", f"{way['ratio']:.2f}"])
    print(machine_line())
    print(", ".join(f"{name}: {value}" for name, value in about.items()))
    print("\n".join(markdown_table(table, padded=True)))
    save_figures(out, "bench_padding", about | {"ways": figures})


if __name__ == "__main__":
    main()
