"""What a classifier of clips answers, and what others ask of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor

from humpcat.flags import Flag
from humpcat.inference.sources import Clip
from humpcat.inference.windows import Window

Answer = list[dict[str, Any]]
"""Labels of a clip with their scores, most probable first; what keeps them from being believed, beside each."""


class ClipClassifier(Protocol):
    """What a listener needs of the pipeline.

    Attributes:
        model: a HuMP-CAT model.
    """

    model: Any

    def is_single(self, inputs: Any) -> bool:
        """Return whether this is one clip, not several."""

    def clips_of(self, source: Any, channel: str | int | None = None) -> list[Clip]:
        """Decode a source: one clip as the model hears it, or one a channel."""

    def batches(self, clips: Sequence[Clip], batch_size: int) -> Iterator[tuple[list[Window], dict[str, Tensor]]]:
        """Yield windows of about one length, and the model's inputs for them."""

    def postprocessing(self, **kwargs: Any) -> dict[str, Any]:
        """Return what :meth:`answers` is given: all labels by default."""

    def answers(self, logits: Sequence[Tensor], clips: Sequence[Clip], post: Mapping[str, Any]) -> list[Answer]:
        """Turn the logits of each clip into labels and scores."""


ABSTAIN = "abstain"
"""Name of the flag of an answer that is less sure than was asked for."""


def doubted(answer: Answer, least: float | None) -> tuple[Flag, ...]:
    """Return the flag of an answer whose most probable class has less than was asked for; nothing for any other.

    Args:
        answer: labels and scores, most probable first.
        least: probability from which an answer is given, None for any.

    Example:
        >>> doubted([{"score": 0.4, "label": "sadness"}], 0.5)[0].reason
        'the most probable class, sadness, has 0.40, and 0.50 was asked for'
        >>> doubted([{"score": 0.6, "label": "sadness"}], 0.5)
        ()
    """
    if least is None or answer[0]["score"] >= least:
        return ()
    first = answer[0]
    return (
        Flag(
            ABSTAIN,
            f"the most probable class, {first['label']}, has {first['score']:.2f}, and {least:.2f} was asked for",
        ),
    )


def flagged(answer: Answer, flags: Sequence[Flag]) -> Answer:
    """Return an answer with what keeps it from being believed; as it is where there is nothing.

    Args:
        answer: labels and scores.
        flags: what was found.

    Example:
        >>> flagged([{"score": 0.9, "label": "sadness"}], [Flag("silent", "holds no sound")])
        [{'score': 0.9, 'label': 'sadness', 'flags': [{'name': 'silent', 'reason': 'holds no sound'}]}]
    """
    if not flags:
        return answer
    told = [{"name": flag.name, "reason": flag.reason} for flag in flags]
    return [row | {"flags": told} for row in answer]
