"""From sources to answers: decoded in parts that fit in memory, heard in batches, each answered by itself."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol

import torch
from torch import Tensor

from humpcat.channels import EACH
from humpcat.device import on_all_cores
from humpcat.flags import Flag
from humpcat.inference.answers import Answer
from humpcat.inference.embedding import Vector, mean_over_windows
from humpcat.inference.further import Further
from humpcat.inference.sources import Clip, clips_or_reason, parts_of
from humpcat.inference.windows import Window, joined
from humpcat.models.humpcat.familiarity import unfamiliar


class Answerer(Protocol):
    """What answering needs of the pipeline.

    Attributes:
        model: the model.
    """

    model: Any

    def clips_of(self, source: Any, channel: str | int | None = None) -> list[Clip]:
        """Decode a source: one clip as the model hears it, or one a channel."""

    def batches(
        self, clips: Sequence[Clip], batch_size: int, streams: Collection[str] | None = None
    ) -> Iterator[tuple[list[Window], dict[str, Tensor]]]:
        """Yield windows of about one length, and the model's inputs for them."""

    def heard_streams(self) -> Collection[str] | None:
        """Return the streams that the model's answers depend on; None for a model that has none."""

    def answers(self, logits: Sequence[Tensor], clips: Sequence[Clip], post: Mapping[str, Any]) -> list[Answer]:
        """Turn the logits of each clip into labels and scores."""

    def segments(self, source: Any, *, channel: str | int | None = None) -> Sequence[Any]:
        """Say which emotion is heard when."""


@dataclass(frozen=True)
class _Decoded:
    """A source with its clips, none and the sentence that says why where it cannot be used."""

    source: Any
    clips: list[Clip]
    error: str | None = None


@dataclass(frozen=True)
class _Said:
    """What the model says of a clip: logits, the clip's vector if that is wanted, and what it notes."""

    logits: Tensor
    vector: Vector | None
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class Answering:
    """How the sources of a call are answered.

    Attributes:
        classifier: the pipeline.
        batch_size: windows a batch.
        post: what the pipeline's ``answers`` is told.
        channel: which channel is heard, or "each".
        further: what is asked for beside labels and scores.
    """

    classifier: Answerer
    batch_size: int
    post: Mapping[str, Any]
    channel: str | int | None
    further: Further

    def each(self, sources: Iterable[Any], most: int | None = None) -> Iterator[Any]:
        """Yield the answer of each source.

        Args:
            sources: as for the pipeline.
            most: how many are decoded before they are answered; as many as fit in memory by default.
        """
        for part in parts_of(on_all_cores(self._decode, sources), lambda one: one.clips, most):
            clips = [clip for one in part for clip in one.clips]
            said = self._hear(clips)
            told = [replace(clip, flags=(*clip.flags, *own.flags)) for clip, own in zip(clips, said, strict=True)]
            plain = self.classifier.answers([own.logits for own in said], told, self.post)
            answers = map(self.further.beside, plain, [own.vector for own in said])
            for one in part:
                found = list(islice(answers, len(one.clips)))
                if one.error is not None:
                    yield {"error": one.error}
                elif self.further.segments:
                    segments = self.classifier.segments(one.source, channel=self.channel)
                    yield found[0] | {"segments": [each.to_dict() for each in segments]}
                else:
                    yield found if self.channel == EACH else found[0]

    def _decode(self, source: Any) -> _Decoded:
        if self.further.segments and hasattr(source, "read"):
            # It is decoded twice, and an open file can be read once.
            source = source.read()
        if not self.further.report:
            return _Decoded(source, self.classifier.clips_of(source, self.channel))
        found = clips_or_reason(self.classifier.clips_of, source, self.channel)
        return _Decoded(source, [], found) if isinstance(found, str) else _Decoded(source, found)

    def _hear(self, clips: Sequence[Clip]) -> list[_Said]:
        """Return what the model says of each clip."""
        classifier, model = self.classifier, self.classifier.model
        logits: list[list[tuple[Window, Tensor]]] = [[] for _ in clips]
        means: list[list[tuple[Window, Tensor]]] = [[] for _ in clips]
        distances: list[list[float]] = [[] for _ in clips]
        for windows, inputs in classifier.batches(clips, self.batch_size, classifier.heard_streams()):
            with torch.no_grad():
                found = model(**inputs)
            far = found.get("distance")
            for place, (window, row) in enumerate(zip(windows, found.logits.float().cpu(), strict=True)):
                logits[window.clip].append((window, row))
                if self.further.embeddings:
                    means[window.clip].append((window, inputs["pooled"][place]))
                if far is not None:
                    distances[window.clip].append(float(far[place]))
        farthest = getattr(model.config, "farthest", 0.0)
        return [
            _Said(
                joined(rows, model.config.num_labels),
                mean_over_windows(vectors),
                # A long recording is told where all of it is unlike what was learnt from.
                unfamiliar(min(far), farthest) if far else (),
            )
            for rows, vectors, far in zip(logits, means, distances, strict=True)
        ]
