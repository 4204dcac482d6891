#!/usr/bin/env python
"""Measure segments of long recordings: clips of a corpus joined in a known order, with pauses between them.

    python recipes/bench_segments.py emodb --data-dir DATA --model cremad-whisper-base --change 0 --change 4
    python recipes/bench_segments.py ravdess --data-dir DATA --minutes 600

An emotion lasts for some clips of one speaker. Reported are the F1 of the times at which it changes (within a second),
the share of the speech found that has the right label, processor time and memory; beside them one label for all, and
windows that are answered one by one (--change 0).
"""

import resource
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import soundfile
import typer

import humpcat
from humpcat.audio import SAMPLING_RATE, load
from humpcat.cli import reporting_errors
from humpcat.corpora import FOUR, load_corpus
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.inference.over_time.segmenting import EmotionSegment
from humpcat.inference.over_time.smoothing import CHANGE
from humpcat.protocols import labelled

WITHIN = 1.0
"""Seconds by which a change may be missed."""

PAUSES = (0.3, 1.0)
CLIPS = (2, 6)
"""Shortest and longest pause between clips in seconds; fewest and most clips that an emotion lasts."""


@dataclass(frozen=True)
class Said:
    """A clip within the recording."""

    start: float
    end: float
    label: str


def joined(corpus: str, data_dir: str | None, minutes: float, seed: int, out: Path) -> list[Said]:
    """Write clips of a corpus one after the other, and return what was said when."""
    rows = load_corpus(corpus, data_dir).rows
    classes, _ = labelled(rows, FOUR)
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["id"] in classes:
            groups.setdefault((str(row["speaker"]), classes[row["id"]]), []).append(row["path"])
    rng, said, at = np.random.default_rng(seed), [], 0.0
    keys = sorted(groups)
    with soundfile.SoundFile(out, "w", SAMPLING_RATE, 1) as file:
        before = None
        while at < 60 * minutes:
            key = keys[rng.integers(len(keys))]
            if key[1] == before:
                continue
            before = key[1]
            for path in rng.choice(groups[key], rng.integers(CLIPS[0], CLIPS[1] + 1)):
                clip, pause = load(str(path)), np.zeros(int(rng.uniform(*PAUSES) * SAMPLING_RATE))
                file.write(clip)
                file.write(pause)
                said.append(Said(at, at + len(clip) / SAMPLING_RATE, key[1]))
                at += (len(clip) + len(pause)) / SAMPLING_RATE
    return said


def change_f1(segments: list[EmotionSegment], said: list[Said]) -> float:
    """Return the F1 of changes of emotion, each found at most once; a change lies in the pause before a clip."""
    true = [(one.end, two.start) for one, two in pairwise(said) if one.label != two.label]
    found = [(one.end + two.start) / 2 for one, two in pairwise(segments) if one.label != two.label]
    free, hits = list(found), 0
    for first, last in true:
        near = [at for at in free if first - WITHIN <= at <= last + WITHIN]
        if near:
            free.remove(near[0])
            hits += 1
    return 2 * hits / (len(true) + len(found)) if true or found else 1.0


def right_share(segments: list[EmotionSegment], said: list[Said]) -> float:
    """Return the share of the speech that was found within clips that has the right label.

    Clips of some corpora hold more silence than speech, of which nothing is said.
    """
    right, found = 0.0, 0.0
    for clip in said:
        for each in segments:
            shared = max(0.0, min(clip.end, each.end) - max(clip.start, each.start))
            found += shared
            right += shared * (each.label == clip.label)
    return right / found if found else 0.0


@reporting_errors
def main(
    corpus: Annotated[str, typer.Argument(help="A registered corpus with the four classes.")],
    data_dir: Annotated[str | None, typer.Option(help="Folder that holds the corpora.")] = None,
    model: Annotated[str | None, typer.Option(help="The model; mini by default.")] = None,
    encoder: Annotated[str | None, typer.Option(help="Where its encoder lies.")] = None,
    minutes: Annotated[float, typer.Option(help="Length of the recording.")] = 20.0,
    change: Annotated[list[float] | None, typer.Option(help="Costs of a change to measure.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the order.")] = 0,
) -> None:
    classify = humpcat.pipeline(model, encoder=encoder)
    rows = [["change", "segments", "F1 of changes", "speech rightly labelled %", "x real time", "peak memory, GB"]]
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "joined.wav"
        said = joined(corpus, data_dir, minutes, seed, recording)
        for cost in change or (0.0, CHANGE):
            began = time.process_time()
            found = classify.segments(recording, change=cost)
            taken = time.process_time() - began
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            figures = [f"{change_f1(found, said):.2f}", f"{100 * right_share(found, said):.1f}"]
            costs = [f"{taken / said[-1].end:.3f}", f"{memory:.2f}"]
            rows.append([f"{cost:g}", str(len(found)), *figures, *costs])
        labels = [clip.label for clip in said]
        most = max(set(labels), key=lambda label: sum(c.end - c.start for c in said if c.label == label))
        constant = [replace(each, label=most, probabilities={most: 1.0}) for each in found]
        rows.append(
            ["one label", "", f"{change_f1(constant, said):.2f}", f"{100 * right_share(constant, said):.1f}", "", ""]
        )
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    typer.run(main)
