"""Cross-validation of the adapter: what its folds can tell, and how few clips a learning curve begins with."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from humpcat.protocols import Split
from humpcat.protocols.draws import sessions_of
from humpcat.protocols.rows import clips
from humpcat.training.data.prepared_corpus import PreparedCorpus

FEW_SPEAKERS = 4
"""Speakers below which leaving one out takes so much away that the figures are low."""

DRAWS = 5
"""Draws of the clips of each amount of the learning curve."""

_NEARLY_ALL = 0.8
"""Amounts above this share of the training clips would tell the same as all of them."""


def what_folds_tell(prepared: PreparedCorpus) -> list[str]:
    """Return what is to be said of folds of labelled clips: how many speakers there are, and whether they are known.

    Args:
        prepared: the labelled clips.
    """
    found = clips(list(prepared.rows.values()), prepared.classes)
    groups = sessions_of(found)
    if len(groups) > 1:
        notes = [_few_speakers(len(groups))] if len(groups) < FEW_SPEAKERS else []
        if all(len({prepared.classes[clip.id] for clip in group}) == 1 for group in groups):
            notes.append(
                "every speaker's clips are of one class, so that each fold tests a class that it learnt little of: "
                "check what names the speakers, or add clips of other classes by the same ones."
            )
        return notes
    if groups:
        note = "all clips are of one speaker, so that what is expected is expected of this voice only"
    else:
        unknown = sum(clip.speaker is None for clip in found)
        note = f"who speaks is not known of {unknown} of {len(found)} clips, so that the same voices test"
    return [f"{note}: clips of several speakers, named, would tell what to expect of others."]


def _few_speakers(speakers: int) -> str:
    others = "the other one" if speakers == 2 else f"the other {speakers - 1}"
    return (
        f"the clips are of {speakers} speakers, and each fold learns from {others}: what is expected is rough: "
        "clips of more speakers would tell it better."
    )


def learning_amounts(folds: Sequence[Split], classes: Mapping[str, str]) -> dict[int, float]:
    """Return clips a class that a learning curve is measured at, each with the mean number of clips of all classes.

    Args:
        folds: the folds.
        classes: class of each clip by id.
    """
    whole = float(np.mean([len(fold.train) for fold in folds]))

    def amounts() -> Iterator[tuple[int, float]]:
        shots = 1
        while True:
            clips_learnt = float(np.mean([_count(fold.train, classes, shots) for fold in folds]))
            if clips_learnt > _NEARLY_ALL * whole:
                return
            yield shots, clips_learnt
            shots *= 2

    return dict(amounts())


def few(ids: Sequence[str], classes: Mapping[str, str], shots: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Draw clips of each class, all where there are fewer.

    Args:
        ids: the clips.
        classes: class of each clip by id.
        shots: clips a class.
        rng: the draw.
    """
    taken: dict[str, int] = {}
    drawn = []
    for clip_id in rng.permutation(sorted(ids)).tolist():
        name = classes[clip_id]
        taken[name] = taken.get(name, 0) + 1
        if taken[name] <= shots:
            drawn.append(clip_id)
    return tuple(sorted(drawn))


def _count(ids: Sequence[str], classes: Mapping[str, str], shots: int) -> int:
    names = [classes[clip_id] for clip_id in ids]
    return sum(min(shots, names.count(name)) for name in set(names))
