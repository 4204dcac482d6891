#!/usr/bin/env python
"""Measure segments of two speakers in turn: clips of a corpus joined to conversations whose emotions are known.

    python recipes/bench_turns.py emodb --data-dir DATA --model cremad-whisper-base --encoder ENCODER

A turn is one to three clips of a speaker with one emotion. Reported is the share of the speech found that has the
right label: without knowing who speaks when; by turns; and by turns with each speaker standardised by all that he
says, as the pipeline does it. Beside them what a change of emotion costs, and processor time.
"""

import tempfile
import time
from dataclasses import dataclass
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
from humpcat.inference.over_time.segmenting import EmotionSegment, segments_of
from humpcat.inference.over_time.smoothing import CHANGE
from humpcat.protocols import labelled

WITHIN, BETWEEN = 0.3, (0.1, 0.8)
"""Seconds of the pauses within turns, and shortest and longest between them."""

CLIPS = 3
"""Most clips of a turn."""

Groups = dict[str, dict[str, list[str]]]
"""Speaker to emotion to the paths of his clips."""


@dataclass(frozen=True)
class Said:
    """A clip within the conversation."""

    start: float
    end: float
    label: str
    speaker: str


def groups_of(corpus: str, data_dir: str | None) -> Groups:
    """Return the clips of the four classes by speaker and emotion."""
    rows = load_corpus(corpus, data_dir).rows
    classes, _ = labelled(rows, FOUR)
    groups: Groups = {}
    for row in rows:
        if row["id"] in classes:
            groups.setdefault(str(row["speaker"]), {}).setdefault(classes[row["id"]], []).append(row["path"])
    return groups


def conversation(
    groups: Groups, minutes: float, seed: int, out: Path
) -> tuple[list[tuple[float, float, str]], list[Said]]:
    """Write a conversation of two speakers, and return its turns and what was said when."""
    rng, at = np.random.default_rng(seed), 0.0
    speakers = rng.choice(sorted(groups), 2, replace=False).tolist()
    turns, said = [], []
    with soundfile.SoundFile(out, "w", SAMPLING_RATE, 1) as file:

        def write(samples: np.ndarray) -> float:
            file.write(samples)
            return file.tell() / SAMPLING_RATE

        while at < 60 * minutes:
            speaker = speakers[len(turns) % 2]
            label = str(rng.choice(sorted(groups[speaker])))
            first = at
            for number, path in enumerate(rng.choice(groups[speaker][label], rng.integers(1, CLIPS + 1))):
                start = write(np.zeros(int(WITHIN * SAMPLING_RATE))) if number else at
                at = write(load(str(path)))
                said.append(Said(start, at, label, speaker))
            turns.append((first, at, speaker))
            at = write(np.zeros(int(rng.uniform(*BETWEEN) * SAMPLING_RATE)))
    return turns, said


def right_and_found(segments: list[EmotionSegment], said: list[Said]) -> tuple[float, float]:
    """Return the seconds of speech found within clips that have the right label, and all of them."""
    right, found = 0.0, 0.0
    for clip in said:
        for each in segments:
            if each.speaker in (None, clip.speaker):
                shared = max(0.0, min(clip.end, each.end) - max(clip.start, each.start))
                found += shared
                right += shared * (each.label == clip.label)
    return right, found


@reporting_errors
def main(
    corpus: Annotated[str, typer.Argument(help="A registered corpus with the four classes.")],
    data_dir: Annotated[str | None, typer.Option(help="Folder that holds the corpora.")] = None,
    model: Annotated[str | None, typer.Option(help="The model; mini by default.")] = None,
    encoder: Annotated[str | None, typer.Option(help="Where its encoder lies.")] = None,
    conversations: Annotated[int, typer.Option(help="Conversations, each of two speakers by chance.")] = 5,
    minutes: Annotated[float, typer.Option(help="Length of each.")] = 3.0,
    change: Annotated[list[float] | None, typer.Option(help="Costs of a change to measure.")] = None,
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
            for cost in change or (0.0, CHANGE):
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
