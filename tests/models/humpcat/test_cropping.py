"""Stretches of longer clips keep the streams in step, and leave shorter clips alone."""

import numpy as np
import torch

from humpcat.features.base import FRAME_SAMPLES
from humpcat.models.humpcat.cropping import cropped

FRAMES = (40, 12)


def batch() -> dict:
    """Return a batch in which every value of a stream says its own time in frames."""
    time = torch.arange(40.0)[None, :, None].expand(2, 40, 3).clone()
    return {
        "hidden": time[:, None, ::4].expand(2, 2, 10, 3).clone(),
        "mfcc": time,
        "prosody": time.clone(),
        "functionals": torch.ones(2, 5),
        "lengths": torch.tensor(FRAMES) * FRAME_SAMPLES,
        "statistics": {},
    }


def test_all_streams_of_a_clip_are_cut_at_the_same_time() -> None:
    found = cropped(batch(), 4, np.random.default_rng(1))
    assert found["hidden"].shape == (2, 2, 4, 3)
    assert found["mfcc"].shape == found["prosody"].shape == (2, 16, 3)
    begin = float(found["mfcc"][0, 0, 0])
    assert begin > 0
    assert found["mfcc"][0, :, 0].tolist() == (begin + np.arange(16)).tolist()
    assert found["hidden"][0, 0, :, 0].tolist() == (begin + 4 * np.arange(4)).tolist()
    assert (found["lengths"] // FRAME_SAMPLES).tolist() == [16, 12]


def test_a_clip_that_is_short_enough_is_whole() -> None:
    given = batch()
    found = cropped(given, 4, np.random.default_rng(1))
    assert torch.equal(found["mfcc"][1, :12], given["mfcc"][1, :12])
    assert torch.equal(found["functionals"], given["functionals"])
    assert cropped(given, 10, np.random.default_rng(1)) is given


def test_stretches_begin_anywhere_and_end_within_the_clip() -> None:
    rng = np.random.default_rng(0)
    begins = {float(cropped(batch(), 4, rng)["mfcc"][0, 0, 0]) for _ in range(200)}
    assert begins == {0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0}
