#!/usr/bin/env python
"""Measure how far a clip's answer moves when it is stored otherwise: other rates, two channels, m4a.

    python recipes/bench_copies.py --data-dir DATA
    python recipes/bench_copies.py --data-dir DATA --model cremad-whisper-base --encoder WHISPER

Each clip is written at 16 kHz in one channel, and again in every other way, as files of 16 bits; the pipeline is asked
about the files. A clip moves as far as the one of its probabilities that moves most; reported are the mean over clips,
what 19 of 20 stay within, and the largest. OUT/bench_copies.json holds all figures.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

import humpcat
from humpcat.audio import SAMPLING_RATE, Waveform, load
from humpcat.benchmarks.spread import spread_clips
from humpcat.benchmarks.timing import save_figures
from humpcat.cli import reporting_errors
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.inference.pipeline import HumpCatPipeline
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, number_in

BIT_RATE = 64_000
"""Bits a second of AAC in one channel: half of what telephones record at."""


@dataclass(frozen=True)
class Copy:
    """A way to store a clip.

    Attributes:
        ending: of the file's name.
        write: writes a waveform of 16 kHz to a path.
    """

    ending: str
    write: Callable[[Waveform, Path], None]


def as_wave(waveform: Waveform, path: Path, rate: int = SAMPLING_RATE, channels: int = 1) -> None:
    resampled = soxr.resample(waveform, SAMPLING_RATE, rate)
    soundfile.write(path, np.stack([resampled] * channels, axis=1), rate, subtype="PCM_16")


def as_m4a(waveform: Waveform, path: Path, rate: int, channels: int = 1) -> None:
    layout = "mono" if channels == 1 else "stereo"
    resampled = soxr.resample(waveform, SAMPLING_RATE, rate).astype(np.float32)
    with av.open(str(path), "w", format="ipod") as out:
        stream = out.add_stream("aac", rate=rate, layout=layout)
        stream.bit_rate = channels * BIT_RATE
        frame = av.AudioFrame.from_ndarray(np.stack([resampled] * channels), format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


COPIES: Mapping[str, Copy] = {
    "stereo": Copy(".wav", partial(as_wave, channels=2)),
    "8 kHz": Copy(".wav", partial(as_wave, rate=8_000)),
    "44.1 kHz": Copy(".wav", partial(as_wave, rate=44_100)),
    "48 kHz": Copy(".wav", partial(as_wave, rate=48_000)),
    "44.1 kHz, stereo": Copy(".wav", partial(as_wave, rate=44_100, channels=2)),
    "m4a, 16 kHz": Copy(".m4a", partial(as_m4a, rate=SAMPLING_RATE)),
    "m4a, 44.1 kHz": Copy(".m4a", partial(as_m4a, rate=44_100)),
    "m4a, 48 kHz, stereo": Copy(".m4a", partial(as_m4a, rate=48_000, channels=2)),
}


def probabilities(classify: HumpCatPipeline, paths: list[Path]) -> np.ndarray:
    """Return what is said of files, shape (files, classes)."""
    labels = sorted(classify.model.config.label2id)
    said = [{row["label"]: row["score"] for row in answer} for answer in classify(paths)]
    return np.array([[scores[label] for label in labels] for scores in said])


def moves(before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    """Return how far the answers of clips move, and the share that changes."""
    moved = np.abs(after - before).max(axis=1)
    changed = before.argmax(axis=1) != after.argmax(axis=1)
    middle, within, largest = float(moved.mean()), float(np.quantile(moved, 0.95)), float(moved.max())
    return {"mean": middle, "19 of 20 within": within, "largest": largest, "changed": float(changed.mean())}


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", nargs="+", default=["cremad", "emodb", "mesd", "ravdess"], help="whose clips")
    parser.add_argument("--data-dir", help="folder that holds the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--clips", type=number_in(COUNTS), default=60, help="clips of each corpus, of all lengths")
    parser.add_argument("--model", help="the model; mini by default")
    parser.add_argument("--encoder", help="where its encoder lies")
    parser.add_argument("--out", type=Path, default=Path("runs/bench_copies"), help="folder of the figures")
    arguments = parser.parse_args()
    require_writable(arguments.out)
    classify = humpcat.pipeline(arguments.model, encoder=arguments.encoder)
    clips = [
        load(path)
        for corpus in arguments.corpora
        for path in spread_clips(corpus, arguments.data_dir, arguments.clips).values()
    ]

    def answered(copy: Copy) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, f"{place}{copy.ending}") for place in range(len(clips))]
            for waveform, path in zip(clips, paths, strict=True):
                copy.write(waveform, path)
            return probabilities(classify, paths)

    before = answered(Copy(".wav", as_wave))
    found = {name: moves(before, answered(copy)) for name, copy in COPIES.items()}
    rows = [["copy", "mean move of a probability", "19 of 20 within", "largest", "answers changed %"]]
    for name, moved in found.items():
        figures = [f"{moved[figure]:.4f}" for figure in ("mean", "19 of 20 within", "largest")]
        rows.append([name, *figures, f"{100 * moved['changed']:.1f}"])
    print(f"{len(clips)} clips, against themselves at {SAMPLING_RATE // 1000} kHz in one channel")
    print("\n".join(markdown_table(rows, padded=True)))
    save_figures(arguments.out, "bench_copies", {"model": arguments.model, "clips": len(clips), "moves": found})


if __name__ == "__main__":
    main()
