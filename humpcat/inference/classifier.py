"""The pipeline's class: audio in any form to labels and scores, the same alone or in a batch."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import torch
from transformers import AudioClassificationPipeline
from transformers.modeling_outputs import SequenceClassifierOutput

from humpcat.channels import EACH, channel_index
from humpcat.errors import CheckpointError, SettingsError
from humpcat.features.base import BATCH_CLIPS
from humpcat.inference.answering import Answering
from humpcat.inference.answers import Answer, doubted, flagged
from humpcat.inference.beyond_labels import BeyondLabels
from humpcat.inference.further import RAISE, Further, reports
from humpcat.inference.hearing import inputs_of
from humpcat.inference.sources import Clip, clips_of, is_list, is_single, undecoded
from humpcat.inference.windows import Window, batches, cut
from humpcat.keywords import refuse_unknown
from humpcat.models.base import AudioClassifier
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification

_KEPT = ("batch_size", "function_to_apply", "min_confidence", "top_k")
"""Keywords that the pipeline may be made with, and a call may change."""

_OF_CALLS = ("channel", "on_error", "return_embeddings", "return_timestamps")
"""Keywords of a call."""


class HumpCatPipeline(BeyondLabels, AudioClassificationPipeline):
    """Audio classification by a model of humpcat.

    ``transformers.pipeline("speech-emotion-recognition")`` gives this class once humpcat is imported, and
    ``transformers.pipeline("audio-classification", model=...)`` does where the model is humpcat's. Audio comes in
    through :mod:`humpcat.audio`: no ffmpeg is needed, and an array must say its sampling rate. A processor computes
    each of many clips by itself, on as many cores as ``torch.get_num_threads()`` says; other devices compute padded
    batches of clips of about one length.

    Args:
        *args: as for the pipelines of transformers.
        **kwargs: as for the pipelines of transformers.

    Raises:
        CheckpointError: the model is none of humpcat's.
        EncoderError: the model's encoder is missing or another one.
        SettingsError: a keyword is one of a call.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        for name in _OF_CALLS:
            if name in kwargs:
                raise SettingsError(f"{name}: is told with each call, not when the pipeline is made: move it there.")
        # All labels unless a number is asked for, where transformers' own class gives five.
        super().__init__(*args, **({"top_k": None} | kwargs))
        if not isinstance(self.model, AudioClassifier):
            raise CheckpointError(
                f"a model of the class {type(self.model).__name__} is none of humpcat's: use it by "
                'transformers.pipeline("audio-classification", ...).'
            )
        if isinstance(self.model, HumpCatForAudioClassification):
            self.model.load_encoder()

    def __call__(
        self,
        inputs: Any,
        *,
        top_k: int | None = None,
        function_to_apply: str | None = None,
        batch_size: int | None = None,
        channel: str | int | None = None,
        min_confidence: float | None = None,
        return_embeddings: bool = False,
        return_timestamps: bool = False,
        on_error: str = RAISE,
        **unknown: Any,
    ) -> Any:
        """Classify one clip, a list, or anything that can be iterated over.

        Speech longer than half a minute is heard in windows (:mod:`humpcat.inference.windows`), and answered by
        the mean of their probabilities.

        Args:
            inputs: a path, the bytes of a file, a mapping with ``array`` and ``sampling_rate``, a decoder object; or
                several, such as a column of ``datasets`` or transformers' ``KeyDataset``, which need no torchcodec.
            top_k: labels to return; what the pipeline was made with, all by default.
            function_to_apply: "softmax", "sigmoid" or "none", as for the pipeline of transformers.
            batch_size: clips that are classified at once, and encoded where that is not done by a processor; what the
                pipeline was made with, 8 by default. No answer depends on it.
            channel: "left", "right" or a number from 0, for recordings with a speaker a channel; "each" for an answer
                a channel; the mean of all channels by default.
            min_confidence: probability of the most probable class below which an answer has the flag "abstain"; with
                the model "mini" confidence is what answers to strangers are worth (its card says how nearly).
            return_embeddings: whether the vector of each clip is returned, too, see :meth:`embed`; None for a clip
                without speech.
            return_timestamps: whether its segments are returned, too, see :meth:`segments`, as dicts.
            on_error: what happens to a clip that cannot be used: "raise", or "report", and the others go on.
            **unknown: refused.

        Returns:
            For one clip a list of ``{"score": probability, "label": class}``, most probable first; for a list a
            list of these; for another iterable an iterator over these. Where something keeps an answer from being
            believed, such as silence, clipping or a dead channel, each dict has ``flags`` too, a list of
            ``{"name": ..., "reason": ...}``. With ``channel="each"`` a clip's answer is a list, an answer a channel.
            Where embeddings or time stamps are asked for, a clip's answer is a dict: that list as ``answer``, and
            ``embedding`` and ``segments``. With ``on_error="report"`` a clip that cannot be used has
            ``{"error": sentence}`` in place of its answer.

        Raises:
            AudioError: a clip cannot be used, or lacks the channel; the message names it.
            CheckpointError: the model's weights are damaged, so that its answer is not a number.
            KeywordError: a keyword is unknown; the message names the nearest that is known.
            SettingsError: a value is none of these.
        """
        post = self.postprocessing(
            **{"top_k": top_k, "function_to_apply": function_to_apply, "batch_size": batch_size, "channel": channel},
            **{"min_confidence": min_confidence},
            **unknown,
        )
        if channel not in (None, EACH):
            channel_index(channel)
        more = Further(embeddings=return_embeddings, segments=return_timestamps, report=reports(on_error))
        more.require(self.model, self.feature_extractor, channel)
        batch_size = batch_size or self._batch_size or 8
        answering = Answering(self, batch_size, post, channel, more)
        if self.is_single(inputs):
            return next(answering.each([inputs]))
        if isinstance(inputs, list | tuple):
            return list(answering.each(inputs))
        stream = answering.each(undecoded(inputs), BATCH_CLIPS)
        return list(stream) if is_list(inputs) else stream

    @staticmethod
    def is_single(inputs: Any) -> bool:
        """Return whether this is one clip, not several."""
        return is_single(inputs)

    def clips_of(self, source: Any, channel: str | int | None = None) -> list[Clip]:
        """Decode a source: one clip as the model hears it, or one a channel.

        Args:
            source: as for a call.
            channel: as for a call.

        Raises:
            AudioError: it cannot be used, or there is no such channel.
        """
        return clips_of(source, self.feature_extractor.heard, channel)

    def batches(
        self, clips: Sequence[Clip], batch_size: int, streams: Collection[str] | None = None
    ) -> Iterator[tuple[list[Window], dict[str, torch.Tensor]]]:
        """Yield windows of about one length, and the model's inputs for them; a short clip is one window.

        Args:
            clips: decoded clips, whose places in this list the windows name; those without speech have none.
            batch_size: windows a batch.
            streams: those that are needed; all by default.
        """
        cuts = [window for place, clip in enumerate(clips) if clip.speech for window in cut(place, clip.waveform)]
        together = list(batches(cuts, batch_size))
        yield from zip(
            together, inputs_of(self, [[each.waveform for each in batch] for batch in together], streams), strict=True
        )

    def heard_streams(self) -> Collection[str] | None:
        """Return the streams that the model's answers depend on; None for a model that has none."""
        return self.model.heard_streams() if isinstance(self.model, HumpCatForAudioClassification) else None

    def postprocessing(self, **kwargs: Any) -> dict[str, Any]:
        """Return what :meth:`answers` is told: all labels by default.

        Args:
            **kwargs: as for a call; what is None is as the pipeline was made.

        Raises:
            KeywordError: a keyword is unknown.
            SettingsError: a value is out of range.
        """
        chosen: dict[str, Any] = self._sanitize_parameters(**kwargs)[2]
        if kwargs.get("top_k") is None:
            chosen.pop("top_k")
        return self._postprocess_params | chosen

    def answers(self, logits: Sequence[torch.Tensor], clips: Sequence[Clip], post: Mapping[str, Any]) -> list[Answer]:
        """Turn logits into labels and scores, with what keeps them from being believed.

        Args:
            logits: of each clip, shape (classes,).
            clips: the clips.
            post: as :meth:`postprocessing` gives.

        Raises:
            CheckpointError: a logit is not a number.
        """
        if not all(row.isfinite().all() for row in logits):
            raise CheckpointError(
                f"{self.model.name_or_path or 'the model'}: its answer is not a number: its weights are damaged; save "
                "or copy it again."
            )
        post = dict(post)
        least = post.pop("min_confidence", None)
        answers = [self.postprocess(SequenceClassifierOutput(logits=row[None]), **post) for row in logits]
        pairs = zip(answers, clips, strict=True)
        return [flagged(answer, (*clip.flags, *doubted(answer, least))) for answer, clip in pairs]

    def _sanitize_parameters(self, **kwargs: Any) -> Any:
        """Sort keywords of the constructor and of a call, as transformers asks for it; refuse what is unknown."""
        refuse_unknown("pipeline", kwargs, (*_KEPT, *_OF_CALLS))
        for name in ("top_k", "batch_size"):
            value = kwargs.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise SettingsError(f"{name} {value!r}: expected a number from 1.")
        least = kwargs.get("min_confidence")
        if least is not None and not (isinstance(least, int | float) and 0 <= least <= 1):
            raise SettingsError(f"min_confidence {least!r}: expected a probability, 0 to 1.")
        function = kwargs.get("function_to_apply")
        if function not in (None, "softmax", "sigmoid", "none"):
            raise SettingsError(f"function_to_apply {function!r}: expected softmax, sigmoid or none.")
        before, forward, after = super()._sanitize_parameters(top_k=kwargs.get("top_k"), function_to_apply=function)
        return before, forward, after | ({} if least is None else {"min_confidence": least})
