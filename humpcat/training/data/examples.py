"""Clips as training examples: read, standardised and padded."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.extraction import StoredFeatures
from humpcat.models.humpcat.registries import STREAMS
from humpcat.models.humpcat.standardization import Statistics


@dataclass(frozen=True)
class Examples(Dataset[dict[str, Any]], ABC):
    """What the loop learns from and what is predicted: clips that index to mappings, and a way to batch these.

    Attributes:
        ids: clip ids; an example's index is its place here.
        labels: class index of each clip.
        lengths: length of each clip in seconds.
        features: the clips' features.
    """

    ids: Sequence[str]
    labels: Sequence[int]
    lengths: Sequence[float]
    features: StoredFeatures

    def __len__(self) -> int:
        return len(self.ids)

    @abstractmethod
    def collate(self, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Put examples together into the model's inputs, ``labels``, and ``index``, the examples' indices."""


@dataclass(frozen=True)
class ClipDataset(Examples):
    """Clips of one or several corpora with their classes.

    Attributes:
        statistics: what each group of clips is standardised by.
        group_of: clip id to its group.
    """

    statistics: Mapping[str, Mapping[str, Tensor]]
    group_of: Mapping[str, str]

    def __getitem__(self, index: int) -> dict[str, Any]:
        clip_id = self.ids[index]
        return {"index": index, "label": self.labels[index], "group": self.group_of[clip_id], **self.features[clip_id]}

    def join(self, other: "ClipDataset") -> "ClipDataset":
        """Return the examples of both, these first."""
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

        Returns:
            Each stream's arrays, such as ``hidden`` (batch, layers, steps, width) and ``mfcc`` (batch, frames,
            values), ``lengths`` (batch,) in samples, ``labels`` (batch,), ``statistics`` (a row a clip), and
            ``index``, the examples' indices.
        """
        names = [name for name in examples[0] if name not in ("index", "label", "group")]
        # The array of a stream's own name goes over time, which is its last axis but one.
        arrays = {
            name: padded(
                [example[name] for example in examples], axis=examples[0][name].ndim - 2 if name in STREAMS else 0
            )
            for name in names
        }
        return arrays | {
            "lengths": torch.tensor([len(example["mfcc"]) for example in examples]) * FRAME_SAMPLES,
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


def padded(arrays: Sequence[np.ndarray], axis: int) -> Tensor:
    """Stack float32 copies, filled up with zeros along one axis."""
    shape = list(arrays[0].shape)
    shape[axis] = max(array.shape[axis] for array in arrays)
    batch = np.zeros((len(arrays), *shape), dtype=np.float32)
    for row, array in zip(batch, arrays, strict=True):
        row[(slice(None),) * axis + (slice(0, array.shape[axis]),)] = array
    return torch.from_numpy(batch)
