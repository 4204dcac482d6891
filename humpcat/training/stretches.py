"""Stretches of clips that are learnt from beside whole clips, so that a short clip is no stranger."""

import math

import numpy as np
import numpy.typing as npt

from humpcat.audio import SAMPLING_RATE
from humpcat.features.base import FRAME_SAMPLES
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.training.data.examples import ClipDataset

SHORTEST_SECONDS = 0.5
"""A word. Clips that are no longer are not cut."""


def stretches(
    part: ClipDataset, config: HumpCatConfig, count: int, seed: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return means of the encoder's layers over stretches of clips, from half a second to the whole clip.

    Lengths are even on a logarithmic scale, and all beginnings alike. The means are of the steps that are stored, so
    that a stretch knows of the clip around it what the encoder's attention saw of it.

    Args:
        part: the clips.
        config: of the network that they are for.
        count: stretches a clip.
        seed: what lengths and beginnings are drawn by.

    Returns:
        Means, standardised, shape (stretches, layers * width); for each its class index and its length in seconds.
    """
    step = config.encoder_group * FRAME_SAMPLES / SAMPLING_RATE
    shortest = math.ceil(SHORTEST_SECONDS / step)
    means, labels, seconds = [], [], []
    for place, (clip_id, label) in enumerate(zip(part.ids, part.labels, strict=True)):
        states = part.features.read(clip_id, "hidden")
        steps = states.shape[-2]
        if steps <= shortest:
            continue
        generator = np.random.default_rng((seed, place))
        mean, spread = part.statistics[part.group_of[clip_id]]["pooled"].numpy()
        for _ in range(count):
            length = round(math.exp(generator.uniform(math.log(shortest), math.log(steps))))
            begin = generator.integers(0, steps - length + 1)
            found = states[:, begin : begin + length].astype(np.float32).mean(axis=1)
            means.append(((found - mean) / spread).reshape(-1))
            labels.append(label)
            seconds.append(length * step)
    width = len(config.encoder_layers) * config.encoder_width
    shaped = np.array(means, np.float32).reshape(-1, width)
    return shaped, np.array(labels, np.int64), np.array(seconds)


def speech_seconds(part: ClipDataset) -> npt.NDArray[np.float64]:
    """Return how long the speech of each clip is, shape (clips,)."""
    return np.array([len(part.features.read(clip_id, "mfcc")) for clip_id in part.ids]) * FRAME_SAMPLES / SAMPLING_RATE
