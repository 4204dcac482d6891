"""Hide stretches of time and of values from the network in training, on the stored features."""

import numpy as np
import torch
from torch import Tensor

from humpcat.models.humpcat.registries import STREAMS

Batch = dict[str, Tensor | dict[str, Tensor]]


def masked(batch: Batch, share: float, rng: np.random.Generator) -> Batch:
    """Return a batch in which each clip's streams lack one stretch of time and one of values, each stream its own.

    After SpecAugment (Park et al. 2019), on hidden states, MFCC and prosody in place of a spectrogram; the length of
    a stretch is uniform between nothing and ``share`` of the clip or of the values. What is hidden is set to the mean
    that the clip is standardised by, so that the network finds zeros. What the summary reads is left alone.

    Args:
        batch: what ``ClipDataset.collate`` gives; not changed.
        share: largest share of a stream's time and of its values that is hidden, 0 to 1.
        rng: says where.
    """
    lengths, statistics = batch["lengths"], batch["statistics"]
    assert isinstance(lengths, Tensor)
    assert isinstance(statistics, dict)
    of_longest = (lengths / lengths.max()).numpy()
    hidden: Batch = {}
    for name in [stream for stream in STREAMS.names() if stream in batch]:
        values = batch[name]
        assert isinstance(values, Tensor)
        clips, steps, width = len(values), *values.shape[-2:]
        time = _stretches(of_longest * steps, steps, share, rng)
        value = _stretches(np.full(clips, width), width, share, rng)
        hide = time[:, :, None] | value[:, None, :]
        # Hidden states have an axis of layers, which are hidden alike.
        hide = hide.view(clips, *[1] * (values.ndim - 3), steps, width)
        hidden[name] = torch.where(hide, statistics[name][:, 0].unsqueeze(-2), values)
    return batch | hidden


def _stretches(extent: np.ndarray, size: int, share: float, rng: np.random.Generator) -> Tensor:
    """Return one True stretch within each row's extent, shape (rows, size)."""
    length = rng.uniform(0, share, len(extent)) * extent
    start = rng.uniform(0, 1, len(extent)) * (extent - length)
    place = np.arange(size)[None]
    return torch.from_numpy((place >= start[:, None]) & (place < (start + length)[:, None]))
