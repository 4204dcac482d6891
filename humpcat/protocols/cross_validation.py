"""Cross-validation of the adapter: what its folds can tell, and how few clips a learning curve begins with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from humpcat.protocols.draws import sessions_of
from humpcat.protocols.folds import clip_folds, speaker_folds
from humpcat.protocols.rows import Rows, clips
from humpcat.protocols.split import Split

FEW_SPEAKERS = 4
"""Speakers below which leaving one out takes so much away that the figures are low."""

DRAWS = 5
"""Draws of the clips of each amount of the learning curve."""

_NEARLY_ALL = 0.8
"""Amounts above this share of the training clips would tell the same as all of them."""


FOLDS = 5
"""Most folds; fewer where there are fewer speakers."""


def folds_by_content(
    rows: Rows, classes: Mapping[str, str], fingerprints: Mapping[str, str], ids: Sequence[str], seed: int = 0
) -> list[Split]:
    """Deal labelled clips over folds, by speaker if all speakers are known and there are several.

    Who is dealt where depends on what the recordings hold, and not on what clips, speakers or corpus are called, so
    that the same clips give the same folds however they were named.

    Returns:
        The folds, whose ``train`` is learnt from and whose ``test`` is answered.
    """
    named, own = _by_content(fingerprints, ids), {row["id"]: row for row in rows}
    # Protocols sort by id. Gender is left out, for not every way of naming clips says it.
    renamed = [
        {"id": name} | {column: own[clip_id].get(column) for column in ("corpus", "speaker", "session")}
        for clip_id, name in named.items()
    ]
    said = {name: classes[clip_id] for clip_id, name in named.items()}
    groups = sessions_of(clips(renamed, said))
    if len(groups) > 1:
        folds = speaker_folds(renamed, said, min(FOLDS, len(groups)), seed=seed, valid_share=0)
    else:
        folds = clip_folds(renamed, said, min(FOLDS, len(renamed)), seed=seed, valid_share=0)
    back = {name: clip_id for clip_id, name in named.items()}

    def ids_of(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(back[name] for name in names)

    return [replace(fold, train=ids_of(fold.train), test=ids_of(fold.test)) for fold in folds]


def what_folds_tell(rows: Rows, classes: Mapping[str, str]) -> list[str]:
    """Return what is to be said of folds of labelled clips: how many speakers there are, and if they are known."""
    found = clips(rows, classes)
    groups = sessions_of(found)
    if len(groups) > 1:
        notes = [_few_speakers(len(groups))] if len(groups) < FEW_SPEAKERS else []
        if all(len({classes[clip.id] for clip in group}) == 1 for group in groups):
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
    """Return clips a class that a learning curve is measured at, each with the mean number of clips of all classes."""
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
    """Draw clips of each class, all where there are fewer."""
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


def _by_content(fingerprints: Mapping[str, str], ids: Sequence[str]) -> dict[str, str]:
    """Return a name for each clip that comes from its audio; copies of one recording are numbered."""
    alike: dict[str, list[str]] = {}
    for clip_id in sorted(ids):
        alike.setdefault(fingerprints[clip_id], []).append(clip_id)
    return {
        clip_id: f"{fingerprint} {number}" for fingerprint, own in alike.items() for number, clip_id in enumerate(own)
    }
