#!/usr/bin/env python
"""Measure how fast features are computed, beside what one would write with transformers alone.

    python recipes/bench_features.py --data-dir DATA
    python recipes/bench_features.py --data-dir DATA --corpus emodb --clips 40

The encoder has HuBERT-base's architecture and random weights, which are as fast as trained ones. Clips are spread over
the lengths of a corpus. All ways stand in the same run and take turns; the shortest time of each counts, for what else
runs on the machine only adds. A real-time factor is the seconds that a second of audio takes, ratios are to the plain
loop: transformers in float32, one clip at a time. Our own ways begin with files and end in a store, the others begin
with samples. OUT/bench_features.json holds all figures.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from tqdm.auto import tqdm
from transformers import HubertConfig, HubertForSequenceClassification, Wav2Vec2FeatureExtractor, pipeline

from humpcat import audio
from humpcat.arguments import number_in
from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.cli import reporting_errors
from humpcat.corpora import CORPORA
from humpcat.environment.processor import processor
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.features.base import Extractor
from humpcat.features.encoder import STEM_MARGIN, SpeechEncoder
from humpcat.features.extraction import extract
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.mfcc import Mfcc
from humpcat.features.prosody import Prosody
from humpcat.features.store import FeatureStore
from humpcat.setting_ranges import COUNTS

BASELINE = "transformers, float32, one by one"
LAYERS = (4, 6, 9, 11)


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--corpus", default="cremad", help="whose clips")
    parser.add_argument("--clips", type=number_in(COUNTS), default=300, help="clips, spread over the lengths")
    parser.add_argument("--turns", type=number_in(COUNTS), default=2, help="how often each way is measured")
    parser.add_argument("--out", type=Path, default=Path("runs/bench_features"), help="folder of the figures")
    arguments = parser.parse_args()
    paths = spread(arguments.corpus, arguments.data_dir, arguments.clips)
    waveforms = [audio.load(path) for path in paths.values()]
    seconds = sum(map(len, waveforms)) / SAMPLING_RATE

    torch.manual_seed(0)
    plain = HubertForSequenceClassification(HubertConfig(output_hidden_states=True)).eval()
    encoder = SpeechEncoder.from_config(plain.config)
    encoder.model.load_state_dict(plain.hubert.state_dict())
    with TemporaryDirectory() as folder:
        ways = ways_of(plain, HiddenStates(encoder, LAYERS), waveforms, paths, Path(folder))
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in tqdm(range(arguments.turns), desc="turns"):
            for name, way in ways.items():
                start = time.perf_counter()
                way()
                times[name].append(time.perf_counter() - start)
    best = {name: min(found) for name, found in times.items()}
    cosine = least_cosine(plain, encoder, waveforms[:: max(1, len(waveforms) // 20)])
    report(best, seconds, cosine, len(paths), arguments.out)


def spread(name: str, data_dir: str | None, clips: int) -> dict[str, str]:
    """Return some clips of a corpus by their ids, of all its lengths, in an order that tells nothing of length."""
    corpus = CORPORA[name]
    rows = sorted(corpus.scan(corpus.find(data_dir)).rows, key=lambda row: (row["duration"], row["id"]))
    places = np.linspace(0, len(rows) - 1, min(clips, len(rows)), dtype=int)
    chosen = [rows[place] for place in np.random.default_rng(0).permutation(places)]
    return {row["id"]: row["path"] for row in chosen}


def ways_of(
    plain: HubertForSequenceClassification,
    hidden: HiddenStates,
    waveforms: Sequence[Waveform],
    paths: dict[str, str],
    folder: Path,
) -> dict[str, Callable[[], Any]]:
    """Return what is measured, by its name."""
    prepare = Wav2Vec2FeatureExtractor(return_attention_mask=True)
    half = partial(torch.autocast, "cpu", torch.bfloat16)
    answers = pipeline("audio-classification", model=plain, feature_extractor=prepare, device="cpu")
    stores = iter(range(10**9))

    def ours(*extractors: Extractor, place: str | None = None) -> None:
        store = FeatureStore(folder / (place or str(next(stores))))
        extract(paths, extractors, store, show_progress=False)

    def through_pipeline(batch: int) -> None:
        list(answers([{"array": clip, "sampling_rate": SAMPLING_RATE} for clip in waveforms], batch_size=batch))

    extract(paths, [hidden], FeatureStore(folder / "kept"), show_progress=False)
    return {
        BASELINE: lambda: one_by_one(plain, prepare, waveforms),
        "transformers, bfloat16 autocast, one by one": lambda: within(half(), one_by_one, plain, prepare, waveforms),
        "transformers' pipeline, one by one": lambda: through_pipeline(1),
        "transformers' pipeline, batches of 8": lambda: through_pipeline(8),
        "humpcat, hidden states": lambda: ours(hidden),
        "humpcat, hidden states, batches of 8": lambda: in_batches(hidden, waveforms, 8),
        "humpcat, hidden states, one call a clip": lambda: in_batches(hidden, waveforms, 1),
        "humpcat, MFCC and prosody": lambda: ours(Mfcc(), Prosody()),
        "humpcat, all three": lambda: ours(hidden, Mfcc(), Prosody()),
        "humpcat, hidden states from the store": lambda: ours(hidden, place="kept"),
    }


def within(context: Any, way: Callable[..., Any], *arguments: Any) -> None:
    """Call a way within a context."""
    with context:
        way(*arguments)


@torch.no_grad()
def one_by_one(
    model: HubertForSequenceClassification, prepare: Callable[..., Any], waveforms: Sequence[Waveform]
) -> list[torch.Tensor]:
    """Return the mean over time of each clip's hidden states, shape (layers, width), as transformers gives them."""
    found = []
    for waveform in waveforms:
        values = prepare(waveform, sampling_rate=SAMPLING_RATE, return_tensors="pt").input_values
        states = model.hubert(values, output_hidden_states=True).hidden_states
        found.append(torch.stack([states[layer][0].mean(0) for layer in LAYERS]).float())
    return found


def in_batches(hidden: HiddenStates, waveforms: Sequence[Waveform], size: int) -> None:
    """Compute hidden states of samples that are there, so many clips a call."""
    for start in range(0, len(waveforms), size):
        hidden.extract(waveforms[start : start + size])


def least_cosine(
    plain: HubertForSequenceClassification, encoder: SpeechEncoder, waveforms: Sequence[Waveform]
) -> float:
    """Return the least cosine of our pooled vectors in half precision with those of transformers in single.

    Of the same frames: ours begin where the grid of 20 ms does, for which a stem needs zeros around the clip.
    """
    prepare = Wav2Vec2FeatureExtractor()

    def framed(waveform: Waveform, **settings: Any) -> Any:
        inputs = prepare(waveform, **settings)
        inputs["input_values"] = torch.nn.functional.pad(inputs["input_values"], (STEM_MARGIN, STEM_MARGIN))
        return inputs

    expected = one_by_one(plain, framed, waveforms)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        states = encoder.encode([torch.from_numpy(waveform) for waveform in waveforms], LAYERS)
    pairs = zip(states, expected, strict=True)
    return min(float(torch.cosine_similarity(mine.float().mean(1), other).min()) for mine, other in pairs)


def report(best: dict[str, float], seconds: float, cosine: float, clips: int, out: Path) -> None:
    """Print a table and write the figures."""
    machine = processor()
    instructions = [name for name, there in machine.instructions.items() if there]
    rows = [["way", "real-time factor", "times as fast as the plain loop"]]
    rows += [[name, f"{took / seconds:.4f}", f"{best[BASELINE] / took:.2f}"] for name, took in best.items()]
    print(
        f"{machine.name}, {machine.cores} cores ({', '.join(instructions)}); {clips} clips, {seconds:.0f} s of audio"
    )
    print("\n".join(markdown_table(rows, padded=True)))
    print(f"least cosine of pooled vectors with those of transformers in float32: {cosine:.5f}")
    out.mkdir(parents=True, exist_ok=True)
    figures = {
        "processor": machine.name,
        "instructions": instructions,
        "cores": machine.cores,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "clips": clips,
        "seconds_of_audio": seconds,
        "seconds": best,
        "least_cosine": cosine,
    }
    (out / "bench_features.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
