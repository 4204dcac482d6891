#!/usr/bin/env python
"""Measure a stream: seconds from a chunk to its answer, the share of real time that it takes, and memory.

    python recipes/bench_stream.py ravdess --data-dir DATA
    python recipes/bench_stream.py ravdess --data-dir DATA --every 0.5 --rate 8000 --minutes 10

Clips of a corpus are fed one after the other, with pauses between them, in chunks as a microphone gives them. The
latency is how long the call of ``feed`` takes that brings an answer: what is due is answered within it, and what is
not yet due waits for nothing. Nobody waits for the next chunk either, so that an hour is fed in less. The real-time
factor is the seconds in ``feed`` for a second of audio. Memory is the largest of the process, after a minute and at
the end. OUT/bench_stream.json holds all figures.
"""

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import soxr
import typer

import humpcat
from humpcat.audio import SAMPLING_RATE, Waveform, load
from humpcat.benchmarks.joined import PAUSES, CorpusName, DataDir, EncoderPlace, ModelName, groups_of
from humpcat.benchmarks.timing import machine_line, save_figures
from humpcat.cli import reporting_errors
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.run_folder import require_writable


def chunks(corpus: str, data_dir: str | None, seconds: float, chunk: float, rate: int) -> Iterator[Waveform]:
    """Yield clips and pauses in chunks, without an end."""
    paths = [path for labels in groups_of(corpus, data_dir).values() for some in labels.values() for path in some]
    rng, left, fed = np.random.default_rng(0), np.zeros(0, dtype=np.float32), 0
    size = round(chunk * rate)
    while fed < seconds * rate:
        clip = soxr.resample(load(str(rng.choice(paths))), SAMPLING_RATE, rate)
        pause = np.zeros(int(rng.uniform(*PAUSES) * rate), dtype=np.float32)
        left = np.concatenate([left, clip, pause]).astype(np.float32)
        for start in range(0, len(left) - size + 1, size):
            yield left[start : start + size]
            fed += size
        left = left[len(left) // size * size :]


def memory() -> float:
    """Return the largest memory of the process until now, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


@reporting_errors
def main(
    corpus: CorpusName,
    data_dir: DataDir = None,
    model: ModelName = None,
    encoder: EncoderPlace = None,
    minutes: Annotated[float, typer.Option(help="Audio that is fed.")] = 60.0,
    every: Annotated[float, typer.Option(help="Seconds from an answer to the next.")] = 1.0,
    window: Annotated[float, typer.Option(help="Seconds that an answer is of.")] = 3.0,
    chunk: Annotated[float, typer.Option(help="Seconds of a chunk.")] = 0.02,
    rate: Annotated[int, typer.Option(help="Sampling rate of the stream in Hz.")] = SAMPLING_RATE,
    out: Annotated[Path, typer.Option(help="Folder of the figures.")] = Path("runs/bench_stream"),
) -> None:
    require_writable(out)
    classify = humpcat.pipeline(model, encoder=encoder)
    stream = classify.stream(rate, every=every, window=window)
    took, latencies, early = 0.0, list[float](), 0.0
    for part in chunks(corpus, data_dir, 60 * minutes, chunk, rate):
        began = time.perf_counter()
        answers = stream.feed(part)
        seconds = time.perf_counter() - began
        took += seconds
        if answers:
            latencies.append(seconds)
        if not early and stream.seconds >= 60:
            early = memory()
    # The first answer finds nothing loaded.
    middle, most, longest = (float(found) for found in np.percentile(latencies[1:], (50, 95, 100)))
    figures = {
        "answers": len(latencies),
        "latency, median": middle,
        "latency, 95 %": most,
        "latency, longest": longest,
        "real-time factor": took / stream.seconds,
        "memory after a minute, GB": early,
        "memory at the end, GB": memory(),
    }
    print(machine_line())
    print(f"{stream.seconds / 60:.0f} min of {corpus} at {rate} Hz, every {every:g} s, windows of {window:g} s")
    print("\n".join(markdown_table([[*figures], [f"{value:.3g}" for value in figures.values()]])))
    settings = {"corpus": corpus, "model": model, "every": every, "window": window, "chunk": chunk, "rate": rate}
    save_figures(out, "bench_stream", settings | figures)


if __name__ == "__main__":
    typer.run(main)
