"""Clips as pictures: their features, and examples of them for the loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from humpcat.features.base import Extractor
from humpcat.features.logmel import LogMel
from humpcat.features.visual_words import Kaze
from humpcat.models.vacnn.feature_extraction import batch_inputs
from humpcat.training.data.examples import Examples
from humpcat.training.data.prepared_corpus import PreparedCorpus


@dataclass(frozen=True)
class PictureDataset(Examples):
    """Pictures of clips with their classes.

    Attributes:
        describe: whether descriptors are read too, for a model with visual words.
    """

    describe: bool

    def __getitem__(self, index: int) -> dict[str, Any]:
        clip_id = self.ids[index]
        names = ("image", "kaze") if self.describe else ("image",)
        return {
            "index": index,
            "label": self.labels[index],
            **{name: self.features.read(clip_id, name) for name in names},
        }

    def collate(self, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Put examples together into the model's inputs.

        Returns:
            ``images`` (batch, 224, 224); where asked for, ``descriptors`` (batch, key points, 64) and ``counts``
            (batch,); ``labels`` (batch,), and ``index``, the examples' indices.
        """
        descriptors = [example["kaze"] for example in examples] if self.describe else None
        return {
            **batch_inputs([example["image"] for example in examples], descriptors),
            "labels": torch.tensor([example["label"] for example in examples]),
            "index": [example["index"] for example in examples],
        }


def picture_extractors(*, describe: bool) -> list[Extractor]:
    """Return the extractors of pictures and, where asked for, of their descriptors."""
    return [LogMel(), Kaze()] if describe else [LogMel()]


def pictures(
    prepared: PreparedCorpus, ids: Sequence[str], classes: Sequence[str], *, describe: bool
) -> PictureDataset:
    """Return clips as pictures."""
    return PictureDataset(
        ids=tuple(ids),
        labels=tuple(classes.index(prepared.classes[clip_id]) for clip_id in ids),
        lengths=tuple(prepared.rows[clip_id]["duration"] for clip_id in ids),
        features=prepared.features,
        describe=describe,
    )
