#!/usr/bin/env python
"""Measure how fast VACNN + BOVW sees: pictures, descriptors and codebook, an epoch of training.

    python recipes/bench_vacnn_speed.py --data-dir DATA
    python recipes/bench_vacnn_speed.py --data-dir DATA --corpus emodb --described emodb --batches 20

Pictures stand beside librosa's own log-mel spectrogram, which makes its filters anew for every clip, and a training
step in float32 beside channels_last, bfloat16 and both, measured in turns in the same run. The epoch is a whole one of
the benchmark's own training, reading, collation and all. The last lines printed are the ratios; more than 1.00 is
faster than the alternative.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import librosa
import numpy as np
import torch

from humpcat import audio
from humpcat.benchmarks.timing import medians, take_turns
from humpcat.benchmarks.vacnn.systems import systems_named
from humpcat.cli import reporting_errors
from humpcat.corpora import CORPORA, label_space
from humpcat.features.extraction import extract
from humpcat.features.logmel import HOP_SAMPLES, WINDOW_SAMPLES, LogMel, picture
from humpcat.features.store import FeatureStore
from humpcat.features.visual_words import Codebook, Kaze
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.feature_extraction import batch_inputs
from humpcat.models.vacnn.modeling import VacnnForAudioClassification
from humpcat.protocols import clip_folds
from humpcat.setting_ranges import COUNTS, number_in
from humpcat.training.data.prepared_corpus import prepare_corpus
from humpcat.training.settings import DataSettings
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.vacnn.pictures import picture_extractors, pictures
from humpcat.training.vacnn.pretraining import fit_pictures
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings

BATCH, CLASSES = 16, 8


def paths(corpus: str, data_dir: str | None, most: int | None = None) -> dict[str, str]:
    """Return the audio files of a corpus by id, spread over all of it where fewer are wanted."""
    rows = list(CORPORA[corpus].scan(CORPORA[corpus].find(data_dir)).rows)
    chosen = rows if most is None else [rows[place] for place in np.linspace(0, len(rows) - 1, most, dtype=int)]
    return {row["id"]: row["path"] for row in chosen}


def median_seconds(jobs: dict[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Return the median time of each job; they take turns, so that whatever else runs slows all of them alike."""
    # The first turn warms up.
    return medians({name: found[1:] for name, found in take_turns(jobs, turns + 1).items()})


def plain_picture(waveform: audio.Waveform) -> np.ndarray:
    mel = librosa.feature.melspectrogram(
        y=waveform, sr=audio.SAMPLING_RATE, n_fft=WINDOW_SAMPLES, hop_length=HOP_SAMPLES
    )
    return picture(librosa.power_to_db(mel, ref=np.max))


def measure_pictures(files: dict[str, str], turns: int) -> list[str]:
    waveforms = [audio.load(path) for path in files.values()]
    jobs: dict[str, Callable[[], object]] = {
        "ours": lambda: LogMel().extract(waveforms),
        "librosa": lambda: [plain_picture(waveform) for waveform in waveforms],
    }
    seconds = median_seconds(jobs, turns)
    rates = {name: len(waveforms) / found for name, found in seconds.items()}
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        extract(files, [LogMel()], FeatureStore(folder), show_progress=False)
        stored = len(files) / (time.perf_counter() - start)
    return [
        f"pictures, one process: {rates['ours']:.0f} clips/s, librosa's way {rates['librosa']:.0f}",
        f"pictures, decoded and stored by all processes: {stored:.0f} clips/s",
        f"ratio of pictures: {rates['ours'] / rates['librosa']:.2f}",
    ]


def measure_words(corpus: str, files: dict[str, str], words: int) -> list[str]:
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        found = extract(files, [Kaze()], FeatureStore(folder), show_progress=False)
        described = time.perf_counter() - start
        descriptors = [found.read(clip_id, "kaze") for clip_id in found.files]
        Codebook(words).fit(descriptors).transform(descriptors)
        whole = time.perf_counter() - start
    points = sum(map(len, descriptors))
    return [
        f"KAZE of {corpus}, {len(files)} clips: {described:.1f} s; codebook of {words} words on {points} descriptors: "
        f"{whole - described:.1f} s; together {whole:.1f} s"
    ]


def measure_training(files: dict[str, str], batches: int) -> list[str]:
    kinds: dict[str, dict[str, Any]] = {"pretraining": {}, "fine-tuning": {"words": 128, "frozen_blocks": 1}}
    waveforms = [audio.load(path) for path in list(files.values())[:BATCH]]
    images = [arrays["image"] for arrays in LogMel().extract(waveforms)]
    inputs = batch_inputs(images, [arrays["kaze"] for arrays in Kaze().extract(waveforms)])
    labels = torch.arange(len(images)) % CLASSES
    lines, ratios = [], []
    for kind, settings in kinds.items():
        given = inputs if settings else {"images": inputs["images"]}
        jobs: dict[str, Callable[[], object]] = {}
        for name, layout, bf16 in (
            ("float32", torch.contiguous_format, False),
            ("float32, channels_last", torch.channels_last, False),
            ("bfloat16", torch.contiguous_format, True),
            ("bfloat16, channels_last", torch.channels_last, True),
        ):
            config = VacnnConfig(label2id={str(label): label for label in range(CLASSES)}, **settings)
            model = VacnnForAudioClassification(config).to(memory_format=layout).train()
            jobs[name] = step(model, given, labels, bf16=bf16)
        seconds = median_seconds(jobs, batches)
        for name, found in seconds.items():
            lines.append(f"{kind}, a step, {name}: {len(images) / found:.1f} pictures/s")
            if name != "float32":
                ratios.append(f"ratio of {kind}, {name}: {seconds['float32'] / found:.2f}")
    return lines + ratios


def measure_epoch(corpus: str, data_dir: str | None) -> list[str]:
    """Train one epoch on the first of five folds of clips, as the benchmark does."""
    optimization, space = PictureOptimization(epochs=1), label_space(f"shared:{corpus}")
    with TemporaryDirectory() as folder:
        accelerator = make_accelerator(optimization, folder)
        data = DataSettings(data_dir=data_dir, store=f"{folder}/store")
        prepared = prepare_corpus(CORPORA[corpus], space, data, picture_extractors(describe=False), accelerator)
        split = clip_folds(list(prepared.rows.values()), prepared.classes, valid_share=0)[0]
        train = pictures(prepared, split.train, space.classes, describe=False)
        model = VacnnForAudioClassification(systems_named(["VACNN"])[0].config(PictureSettings(), space))
        none = pictures(prepared, (), space.classes, describe=False)
        start = time.perf_counter()
        fit_pictures(model, train, none, space, optimization, accelerator, Path(folder) / "checkpoints")
        seconds = time.perf_counter() - start
    return [f"an epoch of {corpus}, {len(train)} clips, nothing frozen: {seconds:.0f} s"]


def step(
    model: VacnnForAudioClassification, inputs: dict[str, torch.Tensor], labels: torch.Tensor, *, bf16: bool
) -> Callable[[], None]:
    optimizer = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad])

    def run() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = model(**inputs, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return run


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--corpus", default="ravdess", help="corpus of pictures and of the epoch")
    parser.add_argument("--described", default="emodb", help="corpus of the descriptors, all of it")
    parser.add_argument("--clips", type=number_in(COUNTS), default=100, help="clips that pictures are measured on")
    parser.add_argument("--words", type=number_in(COUNTS), default=128, help="visual words")
    parser.add_argument("--turns", type=number_in(COUNTS), default=3, help="repetitions of the pictures")
    parser.add_argument("--batches", type=number_in(COUNTS), default=10, help="training steps of each kind")
    arguments = parser.parse_args()
    some = paths(arguments.corpus, arguments.data_dir, arguments.clips)
    lines = measure_training(some, arguments.batches)
    lines += measure_epoch(arguments.corpus, arguments.data_dir)
    lines += measure_words(arguments.described, paths(arguments.described, arguments.data_dir), arguments.words)
    lines += measure_pictures(some, arguments.turns)
    print(f"{torch.get_num_threads()} threads")
    print("\n".join(sorted(lines, key=lambda line: line.startswith("ratio"))))


if __name__ == "__main__":
    main()
