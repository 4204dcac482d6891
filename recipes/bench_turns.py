#!/usr/bin/env python
"""Measure segments of two speakers in turn: clips of a corpus joined to conversations whose emotions are known.

    python recipes/bench_turns.py emodb --data-dir DATA --model cremad-whisper-base --encoder ENCODER

A turn is one to three clips of a speaker with one emotion. Reported is the share of the speech found that has the
right label: without knowing who speaks when; by turns; and by turns with each speaker standardised by all that he
says, as the pipeline does it. Beside them what a change of emotion costs, and processor time.
"""

import tempfile
import time
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
    conversation,
    groups_of,
    right_and_found,
)
from humpcat.cli import reporting_errors
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.inference.over_time.segmenting import segments_of


@reporting_errors
def main(
    corpus: CorpusName,
    data_dir: DataDir = None,
    model: ModelName = None,
    encoder: EncoderPlace = None,
    conversations: Annotated[int, typer.Option(help="Conversations, each of two speakers by chance.")] = 5,
    minutes: Annotated[float, typer.Option(help="Length of each.")] = 3.0,
    change: Costs = None,
) -> None:
    classify = humpcat.pipeline(model, encoder=encoder)
    groups = groups_of(corpus, data_dir)
    rows = [["speakers", "change", "speech rightly labelled %", "of each conversation", "x real time"]]
    with tempfile.TemporaryDirectory() as folder:
        spoken = []
        for seed in range(conversations):
            path = Path(folder, f"{seed}.wav")
            spoken.append((path, *conversation(groups, minutes, seed, path)))
        for name, by_turns, by_own_speech in (
            ("not known", False, False),
            ("by turns", True, False),
            ("by turns, own speech", True, True),
        ):
            for cost in change or (0.0, classify.model.config.change_cost):
                began, seconds = time.process_time(), []
                for path, turns, said in spoken:
                    own = turns if by_turns else None
                    found = segments_of(classify, path, change=cost, turns=own, by_own_speech=by_own_speech)
                    seconds.append(right_and_found(found, said))
                taken = (time.process_time() - began) / sum(said[-1].end for _, _, said in spoken)
                right, all_found = (sum(part) for part in zip(*seconds, strict=True))
                each = " ".join(f"{100 * one / whole:.0f}" for one, whole in seconds)
                rows.append([name, f"{cost:g}", f"{100 * right / all_found:.1f}", each, f"{taken:.3f}"])
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    typer.run(main)
