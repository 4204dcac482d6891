"""Cut long clips into windows that an encoder can take, and put windows of similar length into batches."""

from collections.abc import Iterator

from torch import Tensor

from humpcat.features.base import FRAME_SAMPLES, frame_count

WINDOW_FRAMES = 30 * 50
"""Longest stretch an encoder sees at once; longer clips are cut into equal windows of at most 30 s."""

BATCH_FRAMES = 100 * 50
"""Padded frames of one forward pass: bounds memory whatever the clips' lengths."""


def windows(waveform: Tensor) -> Iterator[tuple[int, int]]:
    """Cut a clip into the fewest equal windows that an encoder can take, in whole frames.

    Args:
        waveform: the clip.

    Yields:
        First sample of each window, and the one after its last.
    """
    frames = frame_count(len(waveform))
    count = -(-frames // WINDOW_FRAMES)
    step = -(-frames // max(count, 1))
    for start in range(0, frames, step):
        end = len(waveform) if start + step >= frames else (start + step) * FRAME_SAMPLES
        yield start * FRAME_SAMPLES, end


def batches(frames: list[int], *, alone: bool = False) -> Iterator[list[int]]:
    """Group windows of similar length so that a padded batch stays within ``BATCH_FRAMES``.

    Args:
        frames: frames of each window.
        alone: whether each window is a batch of its own. A processor computes padding as slowly as it does speech,
            and gains nothing by doing several windows at once.

    Yields:
        The places of the windows of a batch.

    Example:
        >>> list(batches([2000, 100, 2000, 2000]))
        [[1, 0], [2, 3]]
    """
    batch: list[int] = []
    for index in sorted(range(len(frames)), key=lambda index: (frames[index], index)):
        if batch and (alone or frames[index] * (len(batch) + 1) > BATCH_FRAMES):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
