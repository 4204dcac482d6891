"""Clips of a corpus to measure on: of all its lengths, or of several speakers, in an order that tells nothing."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from humpcat.corpora import CORPORA
from humpcat.errors import CorpusError


def spread_clips(corpus: str, data_dir: str | None, clips: int) -> dict[str, str]:
    """Return some clips of a corpus.

    Args:
        corpus: its name.
        data_dir: folder of the corpora; ``$HUMPCAT_DATA`` if None.
        clips: how many; all if the corpus has no more.

    Returns:
        Clip id to path, the same for the same corpus.

    Raises:
        CorpusError: the corpus is unknown or not there.

    Example:
        >>> spread_clips("emodb", "no/such/folder", 3)
        Traceback (most recent call last):
        humpcat.errors.CorpusError: data folder no/such/folder: ...
    """
    found = CORPORA[corpus]
    rows: list[dict[str, Any]] = list(found.scan(found.find(data_dir)).rows)
    rows.sort(key=lambda row: (row["duration"], row["id"]))
    places = np.linspace(0, len(rows) - 1, min(clips, len(rows)), dtype=int)
    chosen = [rows[place] for place in np.random.default_rng(0).permutation(places)]
    return {row["id"]: row["path"] for row in chosen}


def clips_of_speakers(corpus: str, data_dir: str | None, clips: int) -> list[Mapping[str, Any]]:
    """Return rows of a corpus that have an emotion and a speaker, in random order, the same for the same corpus.

    Args:
        corpus: its name.
        data_dir: folder of the corpora; ``$HUMPCAT_DATA`` if None.
        clips: how many; all if the corpus has no more.

    Raises:
        CorpusError: the corpus is unknown or not there, or the clips are of fewer than two speakers.
    """
    found = CORPORA[corpus]
    rows = [row for row in found.scan(found.find(data_dir)).rows if row["emotion"] and row["speaker"]]
    rows.sort(key=lambda row: row["id"])
    chosen = [rows[place] for place in np.random.default_rng(0).permutation(len(rows))[:clips]]
    if len({row["speaker"] for row in chosen}) < 2:
        raise CorpusError(
            f"corpus '{corpus}': {len(chosen)} clips of fewer than two speakers were drawn: ask for more clips."
        )
    return chosen
