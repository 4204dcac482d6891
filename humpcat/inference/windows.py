"""Long recordings window by window, so that memory grows with their length and not with its square.

A window is what a model hears at once. Attention, and with it memory, grows with the square of what is heard at once,
and models are trained on clips of seconds: a recording longer than :data:`WINDOW_SECONDS` is cut into the fewest equal
windows, each is answered like a clip, and the recording's answer is the mean of its windows' probabilities, each
counting by its length. A shorter clip is one window, and answered as it always was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.features.base import FRAME_SAMPLES, frame_count

WINDOW_SECONDS = 29
"""Longest stretch that a model hears at once: what an encoder takes at most, and the silence it hears around it."""

BATCH_SECONDS = 60
"""Longest stretch of windows of long recordings in one batch: it bounds memory whatever ``batch_size`` says."""


@dataclass(frozen=True)
class Window:
    """A stretch of a clip.

    Attributes:
        clip: place of the clip in its call.
        start: first sample of the stretch within the clip, at ``SAMPLING_RATE``.
        waveform: what is heard, shape (samples,).
    """

    clip: int
    start: int
    waveform: Waveform

    @property
    def seconds(self) -> tuple[float, float]:
        """Where the stretch begins and ends within the clip."""
        return self.start / SAMPLING_RATE, (self.start + len(self.waveform)) / SAMPLING_RATE


def cut(clip: int, waveform: Waveform) -> list[Window]:
    """Cut a clip into the fewest equal windows, in whole frames; the last holds what is left over.

    Args:
        clip: place of the clip in its call.
        waveform: shape (samples,).

    Example:
        >>> import numpy as np
        >>> [window.seconds for window in cut(0, np.zeros(100 * 16_000, dtype=np.float32))]
        [(0.0, 25.0), (25.0, 50.0), (50.0, 75.0), (75.0, 100.0)]
    """
    frames = frame_count(len(waveform))
    count = max(1, -(-frames // (WINDOW_SECONDS * SAMPLING_RATE // FRAME_SAMPLES)))
    step = -(-frames // count) * FRAME_SAMPLES
    starts = range(0, step * count, step)
    return [
        Window(clip, start, waveform[start:] if start == starts[-1] else waveform[start : start + step])
        for start in starts
    ]


def batches(windows: Sequence[Window], batch_size: int) -> Iterator[list[Window]]:
    """Yield windows of about one length together.

    Args:
        windows: windows of any clips.
        batch_size: most windows a batch; fewer where they are long.
    """
    batch: list[Window] = []
    for window in sorted(windows, key=lambda window: len(window.waveform)):
        # Whole clips keep together as they always did; only those that were cut are many and long.
        too_long = window.start > 0 and len(window.waveform) * (len(batch) + 1) > BATCH_SECONDS * SAMPLING_RATE
        if batch and (len(batch) == batch_size or too_long):
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def joined(answered: Sequence[tuple[Window, Tensor]], classes: int) -> Tensor:
    """Return the logits of a clip from those of its windows.

    Args:
        answered: windows of the clip with their logits, each of shape (classes,), in any order.
        classes: number of classes.

    Returns:
        Those of the only window as they are; otherwise logarithms of the windows' mean probabilities, shape
        (classes,). Zeros, which make all classes alike, where nothing was answered: the clip holds no speech.
    """
    if not answered:
        return torch.zeros(classes)
    if len(answered) == 1:
        return answered[0][1]
    # In the order of time, so that a sum does not depend on what else was in the call.
    ordered = sorted(answered, key=lambda pair: pair[0].start)
    lengths = torch.tensor([float(len(window.waveform)) for window, _ in ordered])
    probabilities = torch.stack([logits for _, logits in ordered]).softmax(-1)
    mean = (probabilities * (lengths / lengths.sum())[:, None]).sum(0)
    # A class that no window allows for has no logarithm.
    return mean.clamp(min=torch.finfo(torch.float32).tiny).log() if probabilities.isfinite().all() else mean.log()
