"""Predict over files: a bad one gives its sentence, and the others go on."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from humpcat.channels import EACH, channel_index, refuse_each
from humpcat.device import on_all_cores
from humpcat.features.base import BATCH_CLIPS
from humpcat.inference.answers import Answer
from humpcat.inference.sources import Clip, clips_or_reason, parts_of
from humpcat.keywords import named_keywords

Loaded = tuple[str, list[Clip] | str]
"""A path, and its clips or the sentence that says why there are none."""

FileAnswer = tuple[str, Answer | list[Answer] | str]
"""A path, and its labels and scores, or those of each of its channels, or the sentence that says why there are none;
see :func:`predict`."""


class Classifier(Protocol):
    """The pipeline, or a listener."""

    def __call__(self, inputs: Any, *, min_confidence: float | None = None) -> Any:
        """Answer clips."""

    def clips_of(self, source: Any, channel: str | int | None = None) -> list[Clip]:
        """Decode a source: one clip as the model hears it, or one a channel."""


@named_keywords
def predict(
    paths: Iterable[str | Path],
    classifier: Classifier,
    *,
    channel: str | int | None = None,
    min_confidence: float | None = None,
) -> Iterator[FileAnswer]:
    """Classify files in batches.

    Args:
        paths: audio files.
        classifier: as :func:`humpcat.pipeline` gives.
        channel: as for the pipeline; with "each" the answer of a file is a list, an answer a channel.
        min_confidence: as for the pipeline.

    Yields:
        What is answered of each file, in order.

    Raises:
        SettingsError: ``channel`` is none of these.
    """
    _check(channel)
    for part in parts_of(_loaded(paths, classifier, channel), _clips, BATCH_CLIPS):
        yield from _answered(part, classifier, channel, min_confidence)


@named_keywords
def predict_speaker(
    paths: Iterable[str | Path],
    listener: Classifier,
    *,
    channel: str | int | None = None,
    min_confidence: float | None = None,
) -> Iterator[FileAnswer]:
    """Classify files of one speaker, all of which are heard before the first is answered; a bad one is left out.

    Args:
        paths: audio files; their order makes no difference.
        listener: as ``HumpCatPipeline.listener`` gives.
        channel: the speaker's channel; the mean of all by default.
        min_confidence: as for the pipeline.

    Yields:
        As :func:`predict` does.

    Raises:
        SettingsError: ``channel`` is none of these, or "each".
    """
    refuse_each(channel)
    _check(channel)
    yield from _answered(list(_loaded(paths, listener, channel)), listener, channel, min_confidence)


def _loaded(paths: Iterable[str | Path], classify: Classifier, channel: str | int | None) -> Iterator[Loaded]:
    return on_all_cores(
        lambda path: (str(path), clips_or_reason(classify.clips_of, str(path), channel)),
        paths,
    )


def _answered(
    loaded: Sequence[Loaded], classify: Classifier, channel: str | int | None, min_confidence: float | None
) -> Iterator[FileAnswer]:
    clips = [clip for each in loaded for clip in _clips(each)]
    answers = iter(classify(clips, min_confidence=min_confidence))
    for path, found in loaded:
        if isinstance(found, str):
            yield path, found
        else:
            own = [next(answers) for _ in found]
            yield path, own if channel == EACH else own[0]


def _clips(loaded: Loaded) -> list[Clip]:
    return [] if isinstance(loaded[1], str) else loaded[1]


def _check(channel: str | int | None) -> None:
    if channel not in (None, EACH):
        channel_index(channel)
