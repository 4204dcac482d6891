"""The values of clips that the summary, the linear branch, reads: as they are, and standardised."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.registries import STREAMS
from humpcat.models.humpcat.standardization import statistics_shapes, summary_names, utterance_values
from humpcat.self_training.speakers import BOUND
from humpcat.training.data.examples import ClipDataset

FURTHER = (0.0, 2.0, 3.0)
"""Factors of what is not of the encoder, MFCC and prosody, in each of the regressions that adapt together. The first,
which reads the encoder alone, is what a source answers strangers by: how MFCC and prosody are spread is as much of the
recording as of the emotion."""


def views(config: HumpCatConfig, further: Sequence[float] = FURTHER) -> list[npt.NDArray[np.float64]]:
    """Return the factors of the summary's values in each of the regressions that adapt together, shape (values,) each.

    Where the summary reads the encoder alone, or not at all, there is one, of all values as they are.

    Args:
        config: of the network.
        further: factor of what is not of the encoder, in each regression.
    """
    encoder = of_encoder(config)
    if encoder.all() or not encoder.any():
        return [np.ones(len(encoder))]
    return [np.where(encoder, 1.0, factor) for factor in further]


def of_encoder(config: HumpCatConfig) -> npt.NDArray[np.bool_]:
    """Return which of the summary's values are the encoder's, shape (values,)."""
    shapes, names = statistics_shapes(config), summary_names(config)
    return np.repeat(
        [name in STREAMS["hidden"].summary for name in names], [math.prod(shapes[name][1:]) for name in names]
    )


def bounded(config: HumpCatConfig, part: ClipDataset) -> npt.NDArray[np.float32]:
    """Return standardised values of whole clips within bounds, shape (clips, values)."""
    return within_bound(pooled(part, summary_names(config)))


def within_bound(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return values within bounds."""
    # A least-squares fit, other than a logistic one, bends to values far out.
    return np.clip(values, -BOUND, BOUND)


def pooled(part: ClipDataset, names: Sequence[str] = ("pooled",)) -> npt.NDArray[np.float32]:
    """Return standardised values of whole clips, shape (clips, values)."""
    return np.concatenate([_standardised(part, name, _as_they_are(part, name)) for name in names], axis=1)


def raw_and_own(config: HumpCatConfig, part: ClipDataset) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return values of whole clips as they are, and standardised within bounds, shape (clips, values) each."""
    raw = {name: _as_they_are(part, name) for name in summary_names(config)}
    own = [_standardised(part, name, rows) for name, rows in raw.items()]
    return (
        np.concatenate([rows.reshape(len(rows), -1) for rows in raw.values()], axis=1),
        within_bound(np.concatenate(own, axis=1)),
    )


def _as_they_are(part: ClipDataset, name: str) -> npt.NDArray[np.float32]:
    rows = np.stack([utterance_values(partial(part.features.read, clip_id), name) for clip_id in part.ids])
    return rows.astype(np.result_type(rows, np.float32), copy=False)


def _standardised(part: ClipDataset, name: str, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    rows = rows.copy()
    group_of = np.array([part.group_of[clip_id] for clip_id in part.ids])
    for group in np.unique(group_of):
        mean, spread = part.statistics[group][name].numpy()
        own = group_of == group
        rows[own] = (rows[own] - mean) / spread
    return rows.reshape(len(rows), -1)
