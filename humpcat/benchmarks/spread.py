"""Clips of a corpus to measure on: of all its lengths, in an order that tells nothing of length."""

from typing import Any

import numpy as np

from humpcat.corpora import CORPORA


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
