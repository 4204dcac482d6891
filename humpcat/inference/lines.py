"""An answer as one line of text or one JSON object."""

from collections.abc import Iterator
from typing import Any

from humpcat.channels import EACH
from humpcat.inference.answers import Answer
from humpcat.inference.over_time.streaming import EmotionWindow
from humpcat.shown import one_line


def channels_of(answer: Any, channel: str | None) -> Iterator[tuple[int | None, Answer]]:
    """Yield the answers of a file with their channels; one without a channel unless there is one a channel.

    Args:
        answer: what was answered of the file.
        channel: which channel was asked for.
    """
    if channel == EACH:
        yield from enumerate(answer)
    else:
        yield None, answer


def as_record(path: str, answer: Answer, channel: int | None = None) -> dict[str, Any]:
    """Return an answer as an object of JSON.

    Args:
        path: the file.
        answer: labels and scores.
        channel: the channel, where each is answered.

    Example:
        >>> as_record("a.wav", [{"score": 0.75, "label": "anger"}, {"score": 0.25, "label": "neutral"}])
        {'file': 'a.wav', 'scores': {'anger': 0.75, 'neutral': 0.25}, 'flags': []}
    """
    where = {} if channel is None else {"channel": channel}
    flags = answer[0].get("flags", [])
    return {"file": path, **where, "scores": {row["label"]: row["score"] for row in answer}, "flags": flags}


def as_line(path: str, answer: Answer, channel: int | None = None) -> str:
    """Return an answer as cells between tabs: the file, its channel, labels, and what keeps them from being believed.

    Args:
        path: the file.
        answer: labels and scores.
        channel: the channel, where each is answered.

    Example:
        >>> as_line("a.wav", [{"score": 0.75, "label": "anger"}], 1).expandtabs(10)
        'a.wav     channel 1 anger 0.750'
    """
    where = [] if channel is None else [f"channel {channel}"]
    scores = [f"{row['label']} {row['score']:.3f}" for row in answer]
    told = [f"! {flag['name']}: {flag['reason']}" for flag in answer[0].get("flags", [])]
    return "\t".join([one_line(path), *where, *scores, *told])


def as_heard(heard: EmotionWindow) -> str:
    """Return an answer of a stream as cells between tabs: beginning, end, labels, what keeps them from being believed.

    Args:
        heard: the answer; without speech it has no labels to show.

    Example:
        >>> as_heard(EmotionWindow(1.0, 4.0, "anger", {"anger": 0.75, "neutral": 0.25})).expandtabs(6)
        '1.00  4.00  anger 0.750 neutral 0.250'
    """
    scores = [f"{label} {score:.3f}" for label, score in heard.probabilities.items()] if heard.label else []
    told = [f"! {flag.name}: {flag.reason}" for flag in heard.flags]
    return "\t".join([f"{heard.start:.2f}", f"{heard.end:.2f}", *scores, *told])
