"""Short stretches of longer clips, for gradient steps that cost what a short clip costs."""

import numpy as np
import torch
from torch import Tensor

from humpcat.features.base import FRAME_SAMPLES
from humpcat.models.humpcat.configuration import GROUP
from humpcat.models.humpcat.masking import Batch
from humpcat.models.humpcat.registries import STREAMS


def cropped(batch: Batch, steps: int, rng: np.random.Generator) -> Batch:
    """Return a batch in which longer clips are stretches of so many steps, drawn anew for each clip.

    What is known of a clip as a whole, such as functionals and the means of layers, is left alone.

    Args:
        batch: what ``ClipDataset.collate`` gives; not changed.
        steps: most steps of ``GROUP`` frames that a clip keeps.
        rng: says where a stretch begins.
    """
    lengths = batch["lengths"]
    assert isinstance(lengths, Tensor)
    frames = lengths // FRAME_SAMPLES
    longest, most = int(frames.max()), steps * GROUP
    # Stretches begin where a step does, so that all streams keep the same time.
    begins = rng.integers(0, np.maximum(frames.numpy() - most, 0) // GROUP + 1)
    if longest <= most:
        return batch
    parts: Batch = {"lengths": frames.clamp(max=most) * FRAME_SAMPLES}
    for name in [stream for stream in STREAMS.names() if stream in batch]:
        values = batch[name]
        assert isinstance(values, Tensor)
        # Hidden states may be steps already; all others are frames.
        per_step = GROUP if values.shape[-2] > -(-longest // GROUP) else 1
        pieces = [
            _piece(clip, int(begin) * per_step, steps * per_step) for clip, begin in zip(values, begins, strict=True)
        ]
        parts[name] = torch.stack(pieces)
    return batch | parts


def _piece(values: Tensor, begin: int, size: int) -> Tensor:
    piece = values[..., begin : begin + size, :]
    return torch.nn.functional.pad(piece, (0, 0, 0, size - piece.shape[-2]))
