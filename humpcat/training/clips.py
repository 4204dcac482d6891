"""Clips as training examples: read, standardise and pad; and the order in which they come."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.extraction import StoredFeatures
from humpcat.models.humpcat.standardization import Statistics

POOL_BATCHES = 20
"""Batches that are drawn at once and sorted by length among themselves, so that little is padded."""

Batches = list[list[int]]


class Examples(Dataset[dict[str, Any]], ABC):
    """What the loop learns from and what is predicted: clips that index to mappings, and a way to batch these.

    Attributes:
        ids: clip ids; an example's index is its place here.
        labels: class index of each clip.
        lengths: length of each clip in seconds.
    """

    ids: Sequence[str]
    labels: Sequence[int]
    lengths: Sequence[float]

    def __len__(self) -> int:
        return len(self.ids)

    @abstractmethod
    def collate(self, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Put examples together into the model's inputs, ``labels``, and ``index``, the examples' indices."""


@dataclass(frozen=True)
class ClipDataset(Examples):
    """Clips of one or several corpora with their classes.

    Attributes:
        ids: clip ids; an example's index is its place here.
        labels: class index of each clip.
        lengths: length of each clip in seconds.
        features: the clips' features.
        statistics: what each group of clips is standardised by.
        group_of: clip id to its group.
    """

    ids: Sequence[str]
    labels: Sequence[int]
    lengths: Sequence[float]
    features: StoredFeatures
    statistics: Mapping[str, Statistics]
    group_of: Mapping[str, str]

    def __getitem__(self, index: int) -> dict[str, Any]:
        clip_id = self.ids[index]
        return {"index": index, "label": self.labels[index], "group": self.group_of[clip_id], **self.features[clip_id]}

    def join(self, other: "ClipDataset") -> "ClipDataset":
        """Return the examples of both, these first.

        Args:
            other: clips of another corpus.
        """
        mine = {clip_id: f"0 {group}" for clip_id, group in self.group_of.items()}
        theirs = {clip_id: f"1 {group}" for clip_id, group in other.group_of.items()}
        return ClipDataset(
            ids=(*self.ids, *other.ids),
            labels=(*self.labels, *other.labels),
            lengths=(*self.lengths, *other.lengths),
            features=self.features.merge(other.features),
            statistics={f"0 {name}": value for name, value in self.statistics.items()}
            | {f"1 {name}": value for name, value in other.statistics.items()},
            group_of=mine | theirs,
        )

    def collate(self, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Pad examples into the model's inputs.

        Args:
            examples: what indexing gives.

        Returns:
            ``hidden`` (batch, layers, steps, width), ``pooled`` (batch, layers, 2 * width), ``mfcc`` and
            ``prosody`` (batch, frames, values), ``functionals`` (batch, values), ``lengths`` (batch,) in
            samples, ``labels`` (batch,), ``statistics`` (a row a clip), and ``index``, the examples' indices.
        """
        frames = [len(example["mfcc"]) for example in examples]
        return {
            "hidden": padded([example["hidden"] for example in examples], axis=1),
            "mfcc": padded([example["mfcc"] for example in examples], axis=0),
            "prosody": padded([example["prosody"] for example in examples], axis=0),
            "functionals": padded([example["functionals"] for example in examples], axis=0),
            "pooled": padded([example["pooled"] for example in examples], axis=0),
            "lengths": torch.tensor(frames) * FRAME_SAMPLES,
            "labels": torch.tensor([example["label"] for example in examples]),
            "statistics": self._statistics([example["group"] for example in examples]),
            "index": [example["index"] for example in examples],
        }

    def _statistics(self, groups: Sequence[str]) -> Statistics:
        """Return each array's statistics, a row a clip; those that a checkpoint holds are of what it reads only."""
        rows = [self.statistics[group] for group in groups]
        names = [name for name in rows[0] if all(name in row for row in rows)]
        return {name: torch.stack([row[name] for row in rows]) for name in names}


def joined(parts: Sequence[ClipDataset]) -> ClipDataset:
    """Return the examples of one or several parts together."""
    return reduce(ClipDataset.join, parts)


def alike(sizes: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return a weight for each clip by which every part weighs as much as the largest one.

    Args:
        sizes: number of clips of each part.

    Example:
        >>> alike([1, 2]).tolist()
        [2.0, 1.0, 1.0]
    """
    return np.concatenate([np.full(size, max(sizes) / size) for size in sizes])


def shuffled_by_length(
    lengths: Sequence[float], batch_size: int, sizes: Sequence[int] | None = None
) -> Callable[[np.random.Generator], Batches]:
    """Return a plan in which every clip comes once an epoch, beside clips of about its length.

    Clips of several corpora are mixed. Those of a smaller one come again, until they are as many as those of the
    largest.

    Args:
        lengths: length of each clip, in any unit.
        batch_size: clips a batch.
        sizes: number of clips of each corpus, in the order of the lengths; all are of one by default.

    Example:
        >>> plan = shuffled_by_length([5, 1, 4, 2], batch_size=2)
        >>> sorted(sorted(batch) for batch in plan(np.random.default_rng(0)))
        [[0, 2], [1, 3]]
    """

    def plan(rng: np.random.Generator) -> Batches:
        clips = _as_often(sizes or [len(lengths)], rng)
        order = clips[rng.permutation(len(clips))]
        batches: Batches = []
        for start in range(0, len(order), batch_size * POOL_BATCHES):
            pool = sorted(order[start : start + batch_size * POOL_BATCHES].tolist(), key=lambda index: lengths[index])
            batches += [pool[place : place + batch_size] for place in range(0, len(pool), batch_size)]
        return [batches[place] for place in rng.permutation(len(batches))]

    return plan


def balanced_mix(
    target_labels: Sequence[int],
    source_labels: Sequence[Sequence[int]],
    *,
    target: int,
    source: int,
    batches: int,
    balanced: bool = True,
) -> Callable[[np.random.Generator], Batches]:
    """Return a plan of batches of target and source clips, each drawn apart.

    Examples 0 to ``len(target_labels)`` are the target's, those after them the source's. Of several source corpora
    each is as likely as the others.

    Args:
        target_labels: class of each target clip.
        source_labels: for each source corpus the class of each clip.
        target: target clips a batch.
        source: source clips a batch; 0 leaves the source out.
        batches: batches an epoch.
        balanced: whether every class is as likely as the others; otherwise every clip is.
    """

    def plan(rng: np.random.Generator) -> Batches:
        ours = _chances(target_labels, balanced)
        theirs = (
            np.concatenate([_chances(own, balanced) for own in source_labels]) / len(source_labels) if source else None
        )
        result = []
        for _ in range(batches):
            batch = rng.choice(len(ours), min(target, len(ours)), replace=False, p=ours).tolist()
            if theirs is not None:
                batch += (len(ours) + rng.choice(len(theirs), source, p=theirs)).tolist()
            result.append(batch)
        return result

    return plan


def _as_often(sizes: Sequence[int], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the indices of the clips of each corpus, repeated until they are as many as those of the largest."""
    chosen, first = [], 0
    for size in sizes:
        times, rest = divmod(max(sizes), size)
        chosen.append(first + np.tile(np.arange(size), times))
        if rest:
            chosen.append(first + rng.choice(size, rest, replace=False))
        first += size
    return np.concatenate(chosen)


def _chances(labels: Sequence[int], balanced: bool) -> np.ndarray:
    """Return a probability for each clip, the same for all or the same in sum for all classes."""
    values = np.asarray(labels)
    weights = 1.0 / np.bincount(values)[values] if balanced else np.ones(len(values))
    return weights / weights.sum()


def padded(arrays: Sequence[np.ndarray], axis: int) -> Tensor:
    """Stack float32 copies, filled up with zeros along one axis.

    Args:
        arrays: equal in shape but for that axis.
        axis: the axis.
    """
    shape = list(arrays[0].shape)
    shape[axis] = max(array.shape[axis] for array in arrays)
    batch = np.zeros((len(arrays), *shape), dtype=np.float32)
    for row, array in zip(batch, arrays, strict=True):
        row[(slice(None),) * axis + (slice(0, array.shape[axis]),)] = array
    return torch.from_numpy(batch)
