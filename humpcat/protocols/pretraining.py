"""Who is pretrained on where some speakers are kept out for a test."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from humpcat.protocols.folds import clip_folds
from humpcat.protocols.guard import check_split
from humpcat.protocols.rows import Rows
from humpcat.protocols.source import source_split
from humpcat.protocols.split import Split

UNKNOWN_SPEAKER = "?"

SPLIT_SPEAKERS = 3
"""Speakers whom a split by speaker takes at least: one each to train, validate and test."""


def pretraining_split(
    rows: Rows, classes: Mapping[str, str], fingerprints: Mapping[str, str], kept_out: Collection[str], *, seed: int
) -> Split:
    """Return who is pretrained on.

    Args:
        rows: rows of the clips of all corpora.
        classes: class of each clip by id.
        fingerprints: hash of the audio of each clip by id.
        kept_out: speakers (``corpus/speaker``) of whom nothing is learnt, the others being split by speaker; a corpus
            that has fewer than three of them left, as TESS, only trains. Where there is none of ``kept_out`` in the
            material it is the paper's split: 80 % of the clips, whoever speaks them, stamped SPEAKER-DEPENDENT, so
            that folds and protocols share one pretraining where that is safe.
        seed: the draw.
    """
    speakers = {row["id"]: speaker_of(row) for row in rows}
    if set(speakers.values()).isdisjoint(kept_out):
        split = clip_folds(rows, classes, k=5, seed=seed)[0]
        return check_split(rows, split, fingerprints, allow_leakage=True)
    left = {clip_id: speaker for clip_id, speaker in speakers.items() if speaker not in kept_out}
    # A speaker's name begins with that of the corpus.
    count = Counter(speaker.partition("/")[0] for speaker in set(left.values()))
    parts: dict[bool, list[str]] = {True: [], False: []}
    for clip_id, speaker in left.items():
        parts[count[speaker.partition("/")[0]] >= SPLIT_SPEAKERS].append(clip_id)
    split = source_split(rows, seed=seed, ids=parts[True])
    split = replace(split, train=(*split.train, *parts[False]))
    return check_split(rows, split, fingerprints)


def speaker_of(row: Mapping[str, Any]) -> str:
    """Return a name for who speaks, unique among corpora; unknown speakers share one.

    Example:
        >>> speaker_of({"corpus": "emodb", "speaker": "03"}), speaker_of({"corpus": "emodb", "speaker": None})
        ('emodb/03', 'emodb/?')
    """
    return f"{row['corpus']}/{row['speaker'] or UNKNOWN_SPEAKER}"
