"""Answers to labelled clips by models that have not learnt from them: the adapter fitted again without each fold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from humpcat.models.humpcat.standardization import Statistics
from humpcat.protocols import Split, clip_folds, speaker_folds
from humpcat.protocols.draws import sessions_of
from humpcat.protocols.rows import clips
from humpcat.self_training.branch_weights import Floats, likeliest_scale
from humpcat.training.data.prepared_corpus import PreparedCorpus

FOLDS = 5
"""Most folds; fewer where there are fewer speakers."""


class Fitted(Protocol):
    """What can be fitted to labelled clips and asked: the adapter."""

    def fit(self, ids: Sequence[str]) -> Statistics:
        """Fit to labelled clips and return what clips are to be standardised by."""

    def answers(self, ids: Sequence[str], statistics: Statistics) -> tuple[Floats, Floats]:
        """Return the logits of fusion and summary, each of shape (clips, classes)."""

    def labels(self, ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return class indices, shape (clips,)."""

    def weights_hash(self) -> str:
        """Return the hash of the weights that were fitted last."""


@dataclass(frozen=True)
class LeftOut:
    """Logits of each clip by models that did not learn from it, nor from its speaker where speakers are known.

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

    def weights(self) -> Floats:
        """Return the weights of fusion and summary that :func:`likeliest_scale` chooses by these answers."""
        return likeliest_scale(self.fusion, self.summary, self.labels)

    def probabilities(self) -> Floats:
        """Return probabilities of shape (clips, classes); the scale of a fold's is chosen on the others."""
        answers = np.empty_like(self.fusion)
        for fold in np.unique(self.fold):
            own = self.fold == fold
            fusion, summary = likeliest_scale(self.fusion[~own], self.summary[~own], self.labels[~own])
            answers[own] = softmax(fusion * self.fusion[own] + summary * self.summary[own], axis=1)
        return answers

    def right(self) -> npt.NDArray[np.bool_]:
        """Return whether each clip is answered right."""
        return self.probabilities().argmax(axis=1) == self.labels


def folds_of(prepared: PreparedCorpus, ids: Sequence[str], seed: int = 0) -> list[Split]:
    """Deal labelled clips over folds, by speaker if all speakers are known and there are several.

    Who is dealt where depends on what the recordings hold, and not on what clips, speakers or corpus are called, so
    that the same clips give the same folds however they were named.

    Args:
        prepared: the clips.
        ids: which of them to deal, at least two.
        seed: the draw.

    Returns:
        The folds, whose ``train`` is learnt from and whose ``test`` is answered.
    """
    named = _by_content(prepared, ids)
    # Protocols sort by id. Gender is left out, for not every way of naming clips says it.
    rows = [
        {"id": name} | {column: prepared.rows[clip_id].get(column) for column in ("corpus", "speaker", "session")}
        for clip_id, name in named.items()
    ]
    classes = {name: prepared.classes[clip_id] for clip_id, name in named.items()}
    groups = sessions_of(clips(rows, classes))
    if len(groups) > 1:
        folds = speaker_folds(rows, classes, min(FOLDS, len(groups)), seed=seed, valid_share=0)
    else:
        folds = clip_folds(rows, classes, min(FOLDS, len(rows)), seed=seed, valid_share=0)
    back = {name: clip_id for clip_id, name in named.items()}

    def ids_of(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(back[name] for name in names)

    return [replace(fold, train=ids_of(fold.train), test=ids_of(fold.test)) for fold in folds]


def left_out_answers(
    adapter: Fitted,
    folds: Sequence[Split],
    learnt: Callable[[Sequence[str]], Sequence[str]] = tuple,
    done: Callable[[], object] = lambda: None,
) -> LeftOut:
    """Fit without each fold and answer its clips.

    Args:
        adapter: what is fitted.
        folds: the folds, one or more.
        learnt: picks those to learn from of the clips that do not test; all of them by default.
        done: called after each fit.
    """
    fusion, summary, hashes = [], [], []
    for fold in folds:
        logits = adapter.answers(fold.test, adapter.fit(learnt(fold.train)))
        fusion.append(logits[0])
        summary.append(logits[1])
        hashes.append(adapter.weights_hash())
        done()
    ids = tuple(clip_id for fold in folds for clip_id in fold.test)
    return LeftOut(
        ids,
        np.repeat(np.arange(1, len(folds) + 1), [len(fold.test) for fold in folds]),
        np.concatenate(fusion),
        np.concatenate(summary),
        adapter.labels(ids),
        tuple(hashes),
    )


def _by_content(prepared: PreparedCorpus, ids: Sequence[str]) -> dict[str, str]:
    """Return a name for each clip that comes from its audio; copies of one recording are numbered."""
    alike: dict[str, list[str]] = {}
    for clip_id in sorted(ids):
        alike.setdefault(prepared.features.fingerprints[clip_id], []).append(clip_id)
    return {
        clip_id: f"{fingerprint} {number}" for fingerprint, own in alike.items() for number, clip_id in enumerate(own)
    }
