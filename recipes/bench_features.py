#!/usr/bin/env python
"""Measure how fast features are computed, beside what one would write with transformers alone.

    python recipes/bench_features.py --data-dir DATA
    python recipes/bench_features.py --data-dir DATA --corpus emodb --clips 40
    python recipes/bench_features.py --data-dir DATA --processes 2

The encoder has HuBERT-base's architecture and random weights, which are as fast as trained ones. Clips are spread over
the lengths of a corpus. All ways stand in the same run and take turns; the shortest time of each counts, for what else
runs on the machine only adds. A real-time factor is the seconds that a second of audio takes, ratios are to the plain
loops: transformers in float32 and under autocast to bfloat16, one clip at a time. Our extractor hears 0.1 s of
silence on both sides of each clip, and the plain loop under autocast is measured on clips within that silence too. Our
own ways begin with files and end in a store; the others, and those that are called with so many clips at once, begin
with samples. MFCC and prosody go to workers where there are more than 64 clips; these have begun before they are
measured. One worker is bound to a core (Linux only). OUT/bench_features.json holds all figures.

With --processes (Linux only) hidden states alone are measured: by one process that is bound to a core, and by so many,
each bound to a core of its own and with its share of the clips. Time runs from when all are ready, with packages
imported and the model built, to when the last is done. OUT/bench_features_processes.json holds these figures.
"""

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import joblib
import numpy as np
import torch
from transformers import HubertConfig, HubertForSequenceClassification, Wav2Vec2FeatureExtractor, pipeline

from humpcat import audio
from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.benchmarks.bound_processes import BoundProcesses, Share
from humpcat.benchmarks.spread import spread_clips
from humpcat.benchmarks.timing import machine_line, save_figures, shortest, speed_table, take_turns
from humpcat.cli import reporting_errors
from humpcat.features.base import FRAME_SAMPLES, Extractor
from humpcat.features.computing import FEW_CLIPS
from humpcat.features.encoder import CONTEXT_FRAMES, STEM_MARGIN, SpeechEncoder
from humpcat.features.extraction import extract
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.mfcc import Mfcc
from humpcat.features.processor_copy import processor_copy
from humpcat.features.prosody import Prosody
from humpcat.features.store import FeatureStore
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, from_to, number_in

BASELINE = "transformers, float32, one by one"
HALF_BASELINE = "transformers, bfloat16 autocast, one by one"
SILENT_BASELINE = "transformers, bfloat16 autocast, one by one, within our silence"
ALL_WORKERS, ONE_WORKER = "humpcat, MFCC and prosody", "humpcat, MFCC and prosody, one worker"
CALLS = {
    "humpcat, hidden states, one call a clip": 1,
    "humpcat, hidden states, batches of 2": 2,
    "humpcat, hidden states, batches of 8": 8,
    "humpcat, hidden states, batches of 32": 32,
}
"""Ways that hand the extractor so many clips a call."""
LAYERS = (4, 6, 9, 11)


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--corpus", default="cremad", help="whose clips")
    parser.add_argument("--clips", type=number_in(COUNTS), default=300, help="clips, spread over the lengths")
    parser.add_argument("--turns", type=number_in(COUNTS), default=2, help="how often each way is measured")
    parser.add_argument(
        "--processes", type=number_in(from_to(2, 1024)), help="measure so many processes beside one, and nothing else"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/bench_features"), help="folder of the figures")
    arguments = parser.parse_args()
    require_writable(arguments.out)
    paths = spread_clips(arguments.corpus, arguments.data_dir, arguments.clips)
    waveforms = [audio.load(path) for path in paths.values()]
    seconds = sum(map(len, waveforms)) / SAMPLING_RATE
    if arguments.processes:
        measure_processes(arguments.processes, paths, seconds, arguments.turns, arguments.out)
        return

    plain, encoder = networks()
    with TemporaryDirectory() as folder:
        ways = ways_of(plain, HiddenStates(encoder, LAYERS), waveforms, paths, Path(folder))
        best = shortest(take_turns(ways, arguments.turns))
    cosine = least_cosine(plain, encoder, waveforms[:: max(1, len(waveforms) // 20)])
    report(best, seconds, cosine, len(paths), arguments.out)


def networks() -> tuple[HubertForSequenceClassification, SpeechEncoder]:
    """Return a classifier of transformers, and our encoder with its weights; the same in every process."""
    torch.manual_seed(0)
    plain = HubertForSequenceClassification(HubertConfig(output_hidden_states=True)).eval()
    encoder = SpeechEncoder.from_config(plain.config)
    encoder.model.load_state_dict(plain.hubert.state_dict())
    return plain, encoder


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
    silent = [np.pad(waveform, CONTEXT_FRAMES * FRAME_SAMPLES) for waveform in waveforms]
    stores = iter(range(10**9))

    def ours(*extractors: Extractor, place: str | None = None) -> None:
        store = FeatureStore(folder / (place or str(next(stores))))
        extract(paths, extractors, store, show_progress=False)

    def through_pipeline(batch: int) -> None:
        list(answers([{"array": clip, "sampling_rate": SAMPLING_RATE} for clip in waveforms], batch_size=batch))

    extract(paths, [hidden], FeatureStore(folder / "kept"), show_progress=False)
    return {
        BASELINE: lambda: one_by_one(plain, prepare, waveforms),
        HALF_BASELINE: lambda: within(half(), one_by_one, plain, prepare, waveforms),
        SILENT_BASELINE: lambda: within(half(), one_by_one, plain, prepare, silent),
        "transformers' pipeline, one by one": lambda: through_pipeline(1),
        "transformers' pipeline, batches of 8": lambda: through_pipeline(8),
        "humpcat, hidden states": lambda: ours(hidden),
        **{name: partial(in_batches, hidden, waveforms, size) for name, size in CALLS.items()},
        # First, so that the workers are there for the next; with more clips they are there for most of the time.
        "humpcat, all three": lambda: ours(hidden, Mfcc(), Prosody()),
        ALL_WORKERS: lambda: ours(Mfcc(), Prosody()),
        ONE_WORKER: lambda: within(one_worker(), ours, Mfcc(), Prosody()),
        "humpcat, hidden states from the store": lambda: ours(hidden, place="kept"),
    }


def within(context: AbstractContextManager[Any], way: Callable[..., Any], *arguments: Any) -> None:
    """Call a way within a context."""
    with context:
        way(*arguments)


@contextmanager
def one_worker() -> Iterator[None]:
    """Leave this thread one core, of which extraction, and Praat with its own threads, make one worker."""
    cores, threads = os.sched_getaffinity(0), torch.get_num_threads()
    os.sched_setaffinity(0, {min(cores)})
    torch.set_num_threads(1)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        torch.set_num_threads(threads)


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
    computing = SpeechEncoder(processor_copy(encoder.model, max(LAYERS)), normalize=encoder.normalize)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        states = computing.encode([torch.from_numpy(waveform) for waveform in waveforms], LAYERS)
    pairs = zip(states, expected, strict=True)
    return min(float(torch.cosine_similarity(mine.float().mean(1), other).min()) for mine, other in pairs)


def report(best: dict[str, float], seconds: float, cosine: float, clips: int, out: Path) -> None:
    """Print a table and what follows from it, and write the figures."""
    against = {
        "times as fast as the plain loop": best[BASELINE],
        "as the plain loop under autocast": best[HALF_BASELINE],
    }
    print(machine_line())
    print(f"{clips} clips, {seconds:.0f} s of audio, {torch.get_num_threads()} threads")
    print("\n".join(speed_table(best, "real-time factor", seconds, against)))
    slowest = max(CALLS, key=lambda name: best[name])
    print(
        f"slowest size of a call, in clips: {CALLS[slowest]}, {best[HALF_BASELINE] / best[slowest]:.2f} times as fast "
        f"as the plain loop under autocast, {best[SILENT_BASELINE] / best[slowest]:.2f} where that hears our silence"
    )
    workers = joblib.cpu_count() if clips > FEW_CLIPS else 1
    print(f"MFCC and prosody, workers: {workers}, {best[ONE_WORKER] / best[ALL_WORKERS]:.2f} times as fast as one")
    print(f"least cosine of pooled vectors with those of transformers in float32: {cosine:.5f}")
    figures = {
        "clips": clips,
        "seconds_of_audio": seconds,
        "threads": torch.get_num_threads(),
        "workers": workers,
        "seconds": best,
        "least_cosine": cosine,
    }
    save_figures(out, "bench_features", figures)


def prepare_share(paths: dict[str, str]) -> Callable[..., None]:
    """Build the model in a process that is bound to a core, and return what extracts a share of the clips."""
    torch.set_num_threads(1)
    hidden = HiddenStates(networks()[1], LAYERS)
    # The copy that computes is made for the first clip; it belongs to what is ready before time runs.
    hidden.extract([audio.load(next(iter(paths.values())))])

    def work(share: Share, barrier: Callable[[], None], store: str) -> None:
        extract(paths, [hidden], FeatureStore(store), share=share, barrier=barrier, show_progress=False)

    return work


def measure_processes(processes: int, paths: dict[str, str], seconds: float, turns: int, out: Path) -> None:
    """Measure one process and several, each on a core of its own; print a table, and write the figures."""
    one, several = "one process on one core", f"{processes} processes, each on a core of its own"
    with TemporaryDirectory() as folder, BoundProcesses(prepare_share, (paths,), processes) as bound:
        times: dict[str, list[float]] = {one: [], several: []}
        for turn in range(turns):
            for name, count in ((one, 1), (several, processes)):
                times[name].append(bound.seconds(count, f"{folder}/{turn}-{count}"))
    best = shortest(times)
    print(machine_line())
    print(f"hidden states of {len(paths)} clips, {seconds:.0f} s of audio")
    print("\n".join(speed_table(best, "real-time factor", seconds, {"times as fast as one process": best[one]})))
    figures = {"clips": len(paths), "seconds_of_audio": seconds, "processes": processes, "seconds": best}
    save_figures(out, "bench_features_processes", figures)


if __name__ == "__main__":
    main()
