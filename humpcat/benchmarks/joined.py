"""Recordings whose emotions are known: clips of a corpus joined, and how far segments of them are right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import soundfile
import typer

from humpcat.audio import SAMPLING_RATE, Waveform, load
from humpcat.corpora import FOUR, load_corpus
from humpcat.inference.over_time.segmenting import EmotionSegment
from humpcat.protocols import labelled

WITHIN = 1.0
"""Seconds by which a change may be missed."""

PAUSES = (0.3, 1.0)
CLIPS = (2, 6)
"""Shortest and longest pause between clips in seconds; fewest and most clips that an emotion lasts."""

TURN_PAUSE, BETWEEN_TURNS = 0.3, (0.1, 0.8)
"""Seconds of the pauses within turns, and shortest and longest between them."""

TURN_CLIPS = 3
"""Most clips of a turn."""

Groups = dict[str, dict[str, list[str]]]
"""Speaker to emotion to the paths of his clips."""

Turn = tuple[float, float, str]
"""Beginning and end in seconds, and who speaks."""

CorpusName = Annotated[str, typer.Argument(help="A registered corpus with the four classes.")]
DataDir = Annotated[str | None, typer.Option(help="Folder that holds the corpora.")]
ModelName = Annotated[str | None, typer.Option(help="The model; mini by default.")]
EncoderPlace = Annotated[str | None, typer.Option(help="Where its encoder lies.")]
Costs = Annotated[list[float] | None, typer.Option(help="Costs of a change to measure; 0 and the model's by default.")]


@dataclass(frozen=True)
class Said:
    """A clip within a recording.

    Attributes:
        start: where it begins, in seconds.
        end: where it ends.
        label: its class.
        speaker: who speaks.
    """

    start: float
    end: float
    label: str
    speaker: str


def groups_of(corpus: str, data_dir: str | None) -> Groups:
    """Return the clips of the four classes by speaker and emotion.

    Args:
        corpus: its name.
        data_dir: folder of the corpora; ``$HUMPCAT_DATA`` if None.

    Raises:
        CorpusError: the corpus is unknown or not there.
    """
    rows = load_corpus(corpus, data_dir).rows
    classes, _ = labelled(rows, FOUR)
    groups: Groups = {}
    for row in rows:
        if row["id"] in classes:
            groups.setdefault(str(row["speaker"]), {}).setdefault(classes[row["id"]], []).append(row["path"])
    return groups


def monologue(groups: Groups, minutes: float, seed: int, out: Path) -> list[Said]:
    """Write clips one after the other, each emotion for some clips of one speaker, and return what was said when.

    Args:
        groups: the clips.
        minutes: length of the recording, at least.
        seed: of their order.
        out: the file, any format of libsndfile that its name says.
    """
    rng, said = np.random.default_rng(seed), list[Said]()
    keys = sorted((speaker, label) for speaker, labels in groups.items() for label in labels)
    before = None
    with soundfile.SoundFile(out, "w", SAMPLING_RATE, 1) as file:
        write, at = _writer(file), 0.0
        while at < 60 * minutes:
            speaker, label = keys[rng.integers(len(keys))]
            if label == before:
                continue
            before = label
            for path in rng.choice(groups[speaker][label], rng.integers(CLIPS[0], CLIPS[1] + 1)):
                end = write(load(str(path)))
                said.append(Said(at, end, label, speaker))
                at = write(_silence(rng.uniform(*PAUSES)))
    return said


def conversation(groups: Groups, minutes: float, seed: int, out: Path) -> tuple[list[Turn], list[Said]]:
    """Write a conversation of two speakers, and return its turns and what was said when.

    Args:
        groups: the clips.
        minutes: length of the recording, at least.
        seed: of speakers and clips.
        out: the file.
    """
    rng, at = np.random.default_rng(seed), 0.0
    speakers = rng.choice(sorted(groups), 2, replace=False).tolist()
    turns, said = list[Turn](), list[Said]()
    with soundfile.SoundFile(out, "w", SAMPLING_RATE, 1) as file:
        write = _writer(file)
        while at < 60 * minutes:
            speaker = speakers[len(turns) % 2]
            label = str(rng.choice(sorted(groups[speaker])))
            first = at
            for number, path in enumerate(rng.choice(groups[speaker][label], rng.integers(1, TURN_CLIPS + 1))):
                start = write(_silence(TURN_PAUSE)) if number else at
                at = write(load(str(path)))
                said.append(Said(start, at, label, speaker))
            turns.append((first, at, speaker))
            at = write(_silence(rng.uniform(*BETWEEN_TURNS)))
    return turns, said


def change_f1(segments: Sequence[EmotionSegment], said: Sequence[Said]) -> float:
    """Return the F1 of changes of emotion, each found at most once; a change lies in the pause before a clip.

    Args:
        segments: in the order of time.
        said: what was said when.

    Example:
        >>> said = [Said(0, 2, "anger", "ann"), Said(2.5, 4, "neutral", "ann")]
        >>> found = [EmotionSegment(0, 3, "anger", {}), EmotionSegment(3, 3.5, "neutral", {})]
        >>> change_f1(found, said), change_f1(found[:1], said)
        (1.0, 0.0)
    """
    true = [(one.end, two.start) for one, two in pairwise(said) if one.label != two.label]
    found = [(one.end + two.start) / 2 for one, two in pairwise(segments) if one.label != two.label]
    free, hits = list(found), 0
    for first, last in true:
        near = [at for at in free if first - WITHIN <= at <= last + WITHIN]
        if near:
            free.remove(near[0])
            hits += 1
    return 2 * hits / (len(true) + len(found)) if true or found else 1.0


def right_and_found(segments: Sequence[EmotionSegment], said: Sequence[Said]) -> tuple[float, float]:
    """Return the seconds of speech found within clips that have the right label, and all of them.

    Clips of some corpora hold more silence than speech, of which nothing is said.

    Args:
        segments: of one speaker count for his clips only.
        said: what was said when.

    Example:
        >>> said = [Said(0, 2, "anger", "ann"), Said(3, 5, "neutral", "ann")]
        >>> right_and_found([EmotionSegment(1, 4, "anger", {})], said)
        (1.0, 2.0)
    """
    right, found = 0.0, 0.0
    for clip in said:
        for each in segments:
            if each.speaker in (None, clip.speaker):
                shared = max(0.0, min(clip.end, each.end) - max(clip.start, each.start))
                found += shared
                right += shared * (each.label == clip.label)
    return right, found


def right_share(segments: Sequence[EmotionSegment], said: Sequence[Said]) -> float:
    """Return the share of the speech found within clips that has the right label; 0 where none was found.

    Args:
        segments: as for :func:`right_and_found`.
        said: as for :func:`right_and_found`.
    """
    right, found = right_and_found(segments, said)
    return right / found if found else 0.0


def _writer(file: soundfile.SoundFile) -> Callable[[Waveform], float]:
    """Return a function that writes samples, and returns where they end in seconds."""

    def write(samples: Waveform) -> float:
        file.write(samples)
        return float(file.tell() / SAMPLING_RATE)

    return write


def _silence(seconds: float) -> Waveform:
    return np.zeros(int(seconds * SAMPLING_RATE), dtype=np.float32)
