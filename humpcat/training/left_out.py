"""Answers to labelled clips by models that have not learnt from them: the adapter fitted again without each fold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from humpcat.models.humpcat.standardization import Statistics
from humpcat.protocols import Split
from humpcat.self_training.branch_weights import Floats, likeliest_factor, likeliest_scale
from humpcat.training.data.examples import ClipDataset, joined


class Fitted(Protocol):
    """What can be fitted to labelled clips and asked: the adapter."""

    def fit(self, ids: Sequence[str]) -> Statistics:
        """Fit to labelled clips and return what clips are to be standardised by."""

    def clips(self, ids: Sequence[str], statistics: Statistics) -> ClipDataset:
        """Return labelled clips, standardised."""

    def summary(self, clips: ClipDataset) -> Floats:
        """Return the logits of the summary that was fitted last, shape (clips, classes)."""

    def fusion(self, clips: ClipDataset) -> Floats:
        """Return the logits of the fusion, which no fit changes, shape (clips, classes)."""

    def labels(self, ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return class indices, shape (clips,)."""

    def weights_hash(self) -> str:
        """Return the hash of the weights that were fitted last."""

    @property
    def doubted(self) -> bool:
        """Whether self-training was not believed in the last fit."""


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
        doubted: whether self-training was not believed, of each fold's model.
    """

    ids: tuple[str, ...]
    fold: npt.NDArray[np.int64]
    fusion: Floats
    summary: Floats
    labels: npt.NDArray[np.int64]
    hashes: tuple[str, ...]
    doubted: tuple[bool, ...]

    def weights(self) -> Floats:
        """Return the weights of fusion and summary that :func:`likeliest_scale` chooses by these answers."""
        return likeliest_scale(self.fusion, self.summary, self.labels)

    def factor(self) -> float:
        """Return the factor of the summary that :func:`likeliest_factor` chooses by these answers."""
        return likeliest_factor(self.summary, self.labels)

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


def left_out_answers(
    adapter: Fitted,
    folds: Sequence[Split],
    learnt: Callable[[Sequence[str]], Sequence[str]] = tuple,
    done: Callable[[], object] = lambda: None,
) -> LeftOut:
    """Fit without each fold and answer its clips.

    ``learnt`` picks those to learn from of the clips that do not test; ``done`` is called after each fit.
    """
    parts, summary, hashes, doubted = [], [], [], []
    for fold in folds:
        parts.append(adapter.clips(fold.test, adapter.fit(learnt(fold.train))))
        summary.append(adapter.summary(parts[-1]))
        hashes.append(adapter.weights_hash())
        doubted.append(adapter.doubted)
        done()
    ids = tuple(clip_id for fold in folds for clip_id in fold.test)
    return LeftOut(
        ids,
        np.repeat(np.arange(1, len(folds) + 1), [len(fold.test) for fold in folds]),
        # All folds at once: the network is as fast with forty clips as with five.
        adapter.fusion(joined(parts)),
        np.concatenate(summary),
        adapter.labels(ids),
        tuple(hashes),
        tuple(doubted),
    )
