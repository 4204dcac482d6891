"""A clip as one vector: the mean of the encoder's hidden states over its speech, for whoever learns from it.

The hidden states that the model reads, layer after layer, each averaged over the frames of the clip's speech. A long
recording is heard in windows, which count by their lengths, so that its vector is the mean over all of its frames.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from humpcat.channels import refuse_each
from humpcat.device import on_all_cores
from humpcat.errors import CheckpointError
from humpcat.features.base import BATCH_CLIPS
from humpcat.inference.sources import Clip, clips_or_reason, parts_of
from humpcat.inference.windows import Window
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification

Vector = npt.NDArray[np.float32]

NO_EMBEDDING = "no speech was found in it, so that it has no embedding: leave it out."

_BATCH = 8


class ClipReader(Protocol):
    """What embedding needs of the pipeline.

    Attributes:
        model: a HuMP-CAT model.
    """

    model: Any

    def clips_of(self, source: Any, channel: str | int | None = None) -> list[Clip]:
        """Decode a source: one clip as the model hears it, or one a channel."""

    def batches(
        self, clips: Sequence[Clip], batch_size: int, streams: Collection[str] | None = None
    ) -> Iterator[tuple[list[Window], dict[str, Tensor]]]:
        """Yield windows of about one length, and the model's inputs for them."""


def require_encoder(model: Any) -> None:
    """Refuse a model that has no hidden states.

    Raises:
        CheckpointError: it is none of HuMP-CAT.
    """
    if not isinstance(model, HumpCatForAudioClassification):
        raise CheckpointError(
            f"a model of the class {type(model).__name__} reads no encoder: embeddings need a HuMP-CAT model."
        )


def mean_over_windows(found: Sequence[tuple[Window, Tensor]]) -> Vector | None:
    """Return the vector of a clip, shape (layers x width,); None where there is no speech.

    Args:
        found: its windows, in any order, each with its means, shape (layers, width).
    """
    if not found:
        return None
    # In the order of time, so that a sum does not depend on what else was in the call.
    ordered = sorted(found, key=lambda pair: pair[0].start)
    means = np.stack([pooled.float().cpu().numpy().ravel() for _, pooled in ordered])
    vector: Vector = np.average(means, axis=0, weights=[len(window.waveform) for window, _ in ordered])
    return vector.astype(np.float32)


def embeddings_of(reader: ClipReader, clips: Sequence[Clip], batch_size: int = _BATCH) -> list[Vector | None]:
    """Return the vector of each clip; None for one without speech.

    Args:
        reader: the pipeline.
        clips: as it decoded them.
        batch_size: windows a batch.
    """
    found: dict[int, list[tuple[Window, Tensor]]] = {place: [] for place in range(len(clips))}
    for windows, inputs in reader.batches(clips, batch_size, ["hidden"]):
        for window, row in zip(windows, inputs["pooled"], strict=True):
            found[window.clip].append((window, row))
    return [mean_over_windows(found[place]) for place in range(len(clips))]


def embed_each(
    sources: Iterable[Any], reader: ClipReader, *, batch_size: int = _BATCH, channel: str | int | None = None
) -> Iterator[Vector | str]:
    """Yield the vector of each source, or the sentence that says why there is none; memory does not grow.

    Args:
        sources: as for the pipeline.
        reader: the pipeline.
        batch_size: windows a batch.
        channel: which channel is heard; the mean of all by default.

    Raises:
        CheckpointError: the model reads no encoder.
        SettingsError: ``channel`` is none of these, or "each".
    """
    require_encoder(reader.model)
    refuse_each(channel)
    decoded = on_all_cores(lambda source: clips_or_reason(reader.clips_of, source, channel), sources)
    for part in parts_of(decoded, lambda found: [] if isinstance(found, str) else found, BATCH_CLIPS):
        clips = [clip for found in part if not isinstance(found, str) for clip in found]
        vectors = iter(embeddings_of(reader, clips, batch_size))
        for found in part:
            if isinstance(found, str):
                yield found
            else:
                vector = next(vectors)
                yield NO_EMBEDDING if vector is None else vector


def as_row(record: Mapping[str, Any], *, columns: bool) -> dict[str, Any]:
    """Return a file and its vector as a row of a table.

    Args:
        record: ``file`` and ``embedding``, a list of numbers.
        columns: whether each number has a column of its own, as in text; otherwise the vector is one value.

    Example:
        >>> as_row({"file": "a.wav", "embedding": [0.5, 2.0]}, columns=True)
        {'file': 'a.wav', 'e0': 0.5, 'e1': 2.0}
    """
    if not columns:
        return {"file": record["file"], "embedding": np.asarray(record["embedding"], np.float32)}
    return {"file": record["file"], **{f"e{place}": value for place, value in enumerate(record["embedding"])}}
