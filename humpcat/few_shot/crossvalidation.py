"""What to expect of new speakers: the whole procedure again without each fold, and with fewer clips."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from humpcat.few_shot.procedure import Floats, Procedure, weigh
from humpcat.protocols import Split, clip_folds, speaker_folds
from humpcat.protocols.draws import sessions_of
from humpcat.protocols.rows import clips
from humpcat.training.data.prepared_corpus import PreparedCorpus

FOLDS = 5
"""Most folds; fewer where there are fewer speakers."""

FEW_SPEAKERS = 4
"""Speakers below which leaving one out takes so much away that the figures are low."""

DRAWS = 5
"""Draws of the clips of each amount of the learning curve."""

_NEARLY_ALL = 0.8
"""Amounts above this share of the training clips would tell the same as all of them."""

Told = Callable[[], object]


@dataclass(frozen=True)
class LeftOut:
    """Logits of each clip by models that did not hear it, nor its speaker where speakers are known.

    Attributes:
        ids: the clips, fold after fold.
        fold: number of the fold of each clip, from 1.
        fusion: logits of shape (clips, classes).
        summary: the same of the summary.
        labels: class indices, shape (clips,).
        hashes: hash of the weights of each fold's model.
    """

    ids: tuple[str, ...]
    fold: npt.NDArray[np.int64]
    fusion: Floats
    summary: Floats
    labels: npt.NDArray[np.int64]
    hashes: tuple[str, ...]

    def probabilities(self) -> Floats:
        """Return probabilities of shape (clips, classes); the scale of a fold's is chosen on the others."""
        found = np.empty_like(self.fusion)
        for fold in np.unique(self.fold):
            own = self.fold == fold
            fusion, summary = weigh(self.fusion[~own], self.summary[~own], self.labels[~own])
            found[own] = softmax(fusion * self.fusion[own] + summary * self.summary[own], axis=1)
        return found

    def right(self) -> npt.NDArray[np.bool_]:
        """Return whether each clip is answered right."""
        return self.probabilities().argmax(axis=1) == self.labels


def folds_of(prepared: PreparedCorpus, seed: int) -> tuple[list[Split], list[str]]:
    """Deal clips over folds, by speaker if all speakers are known and there are several.

    Args:
        prepared: the labelled clips.
        seed: the draw.

    Returns:
        The folds, and what is to be said of them.
    """
    rows = list(prepared.rows.values())
    found = clips(rows, prepared.classes)
    groups = sessions_of(found)
    if len(groups) > 1:
        folds = speaker_folds(rows, prepared.classes, min(FOLDS, len(groups)), seed=seed, valid_share=0)
        notes = [_few_speakers(len(groups))] if len(groups) < FEW_SPEAKERS else []
        if all(len({prepared.classes[clip.id] for clip in group}) == 1 for group in groups):
            notes.append(
                "every speaker's clips are of one class, so that each fold tests a class that it learnt little of: "
                "check what names the speakers, or add clips of other classes by the same ones."
            )
        return folds, notes
    folds = clip_folds(rows, prepared.classes, min(FOLDS, len(found)), seed=seed, valid_share=0)
    if groups:
        note = "all clips are of one speaker, so that what is expected is expected of this voice only"
    else:
        unknown = sum(clip.speaker is None for clip in found)
        note = f"who speaks is not known of {unknown} of {len(found)} clips, so that the same voices test"
    return folds, [f"{note}: clips of several speakers, named, would tell what to expect of others."]


def _few_speakers(speakers: int) -> str:
    others = "the other one" if speakers == 2 else f"the other {speakers - 1}"
    return (
        f"the clips are of {speakers} speakers, and each fold learns from {others}: what is expected is rough: "
        "clips of more speakers would tell it better."
    )


def cross_validate(
    procedure: Procedure, folds: Sequence[Split], told: Told, rng: np.random.Generator | None = None, shots: int = 0
) -> LeftOut:
    """Fit without each fold and answer its clips.

    Args:
        procedure: how to fit.
        folds: the folds.
        told: called after each fit.
        rng: draws the clips that are learnt from, where these are not all.
        shots: clips a class to learn from; 0 for all.
    """
    fusion, summary, hashes = [], [], []
    for fold in folds:
        learnt = fold.train if rng is None else few(fold.train, procedure.prepared.classes, shots, rng)
        statistics = procedure.fit(learnt)
        logits = procedure.answers(fold.test, statistics)
        fusion.append(logits[0])
        summary.append(logits[1])
        hashes.append(procedure.model.weights_hash())
        told()
    ids = tuple(clip_id for fold in folds for clip_id in fold.test)
    return LeftOut(
        ids,
        np.repeat(np.arange(1, len(folds) + 1), [len(fold.test) for fold in folds]),
        np.concatenate(fusion),
        np.concatenate(summary),
        procedure.labels(ids),
        tuple(hashes),
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
