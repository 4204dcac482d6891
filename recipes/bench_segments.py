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
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

import humpcat
from humpcat.benchmarks.joined import (
    CorpusName,
    Costs,
    DataDir,
    EncoderPlace,
    ModelName,
    change_f1,
    groups_of,
    monologue,
    right_share,
)
from humpcat.cli import reporting_errors
from humpcat.evaluation.markdown_table import markdown_table


@reporting_errors
def main(
    corpus: CorpusName,
    data_dir: DataDir = None,
    model: ModelName = None,
    encoder: EncoderPlace = None,
    minutes: Annotated[float, typer.Option(help="Length of the recording.")] = 20.0,
    change: Costs = None,
    seed: Annotated[int, typer.Option(help="Seed of the order.")] = 0,
) -> None:
    classify = humpcat.pipeline(model, encoder=encoder)
    rows = [["change", "segments", "F1 of changes", "speech rightly labelled %", "x real time", "peak memory, GB"]]
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "joined.wav"
        said = monologue(groups_of(corpus, data_dir), minutes, seed, recording)
        for cost in change or (0.0, classify.model.config.change_cost):
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
