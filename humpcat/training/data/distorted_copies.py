"""Distorted copies of training clips: that what a recording does to a clip does not matter can be learnt."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from humpcat.distortions import generator_of
from humpcat.features.distorted_file import DistortedFile
from humpcat.features.extraction import StoredFeatures
from humpcat.training.data.examples import ClipDataset


def with_copies(
    part: ClipDataset,
    rows: Mapping[str, Mapping[str, Any]],
    names: Sequence[str],
    copies: int,
    seed: int,
    extracted: Callable[[Mapping[str, DistortedFile]], StoredFeatures],
) -> ClipDataset:
    """Return training clips, and behind them distorted copies, which are standardised as the clips themselves.

    Args:
        part: the clips.
        rows: clip id to its row.
        names: distortions, of which each clip's copies have different ones; at least as many as copies.
        copies: copies of each clip.
        seed: of what is drawn.
        extracted: gives the features of copies by their ids; copies that cannot be used are left out of them.
    """
    files: dict[str, DistortedFile] = {}
    original: dict[str, int] = {}
    for place, clip_id in enumerate(part.ids):
        for drawn in generator_of(seed, "copies", clip_id).permutation(len(names))[:copies]:
            file = DistortedFile(rows[clip_id]["path"], names[drawn], seed)
            files[f"{clip_id} ({file.distortion})"] = file
            original[f"{clip_id} ({file.distortion})"] = place
    features = extracted(files)
    ids = [copy for copy in files if copy in features]
    places = [original[copy] for copy in ids]
    copied = ClipDataset(
        ids=tuple(ids),
        labels=tuple(part.labels[place] for place in places),
        lengths=tuple(part.lengths[place] for place in places),
        features=features,
        statistics=part.statistics,
        group_of={copy: part.group_of[part.ids[place]] for copy, place in zip(ids, places, strict=True)},
    )
    return part.join(copied)
