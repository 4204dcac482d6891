"""What a classifier of clips answers, and what others ask of it."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from torch import Tensor

Answer = list[dict[str, Any]]
"""Labels of a clip with their scores, most probable first."""


class ClipClassifier(Protocol):
    """What a listener needs of the pipeline.

    Attributes:
        model: a HuMP-CAT model.
    """

    model: Any

    def is_single(self, inputs: Any) -> bool:
        """Return whether this is one clip, not several."""

    def batches(self, sources: list[Any], batch_size: int) -> Iterator[tuple[list[int], dict[str, Tensor]]]:
        """Yield the places in ``sources`` of clips of about one length, and the model's inputs for them."""

    def postprocessing(self, **kwargs: Any) -> dict[str, Any]:
        """Return what :meth:`answers` is given: all labels by default."""

    def answers(self, logits: Tensor, post: Mapping[str, Any]) -> list[Answer]:
        """Turn logits into labels and scores."""
