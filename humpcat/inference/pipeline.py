"""The pipeline: audio in any form to labels and scores, the same alone or in a batch."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import (
    MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING,
    AudioClassificationPipeline,
    AutoConfig,
)
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.utils import FEATURE_EXTRACTOR_NAME

from humpcat.channels import EACH, channel_index
from humpcat.device import default_device
from humpcat.errors import CheckpointError, EncoderError, SettingsError
from humpcat.features.computing import BATCH_CLIPS
from humpcat.hub import CONFIGURATION
from humpcat.inference.answers import Answer, doubted, flagged
from humpcat.inference.files import predict as predict
from humpcat.inference.files import predict_speaker as predict_speaker
from humpcat.inference.listener import Listener
from humpcat.inference.over_time.segmenting import EmotionSegment, segments_of
from humpcat.inference.over_time.smoothing import CHANGE
from humpcat.inference.over_time.turns import Turns
from humpcat.inference.sources import Clip, clips_of, is_list, is_single, parts_of, undecoded
from humpcat.inference.windows import Window, batches, cut, joined
from humpcat.keywords import named_keywords, refuse_unknown
from humpcat.models.base import AudioClassifier, locate_model
from humpcat.models.extractor import extractor_of
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.pretrained import place_of
from humpcat.safe_checkpoint import refuse_unsafe

_KEYWORDS = ("batch_size", "channel", "function_to_apply", "min_confidence", "top_k")


class HumpCatPipeline(AudioClassificationPipeline):
    """Audio classification by a model of humpcat.

    ``transformers.pipeline("speech-emotion-recognition")`` gives this class once humpcat is imported, and
    ``transformers.pipeline("audio-classification", model=...)`` does where the model is humpcat's. Audio comes in
    through :mod:`humpcat.audio`: no ffmpeg is needed, an array must say its sampling rate, and many clips are sorted
    by length into padded batches.

    Args:
        *args: as for the pipelines of transformers.
        **kwargs: as for the pipelines of transformers.

    Raises:
        CheckpointError: the model is none of humpcat's.
        EncoderError: the model's encoder is missing or another one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
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
            batch_size: clips at once; what the pipeline was made with, 8 by default.
            channel: "left", "right" or a number from 0, for recordings with a speaker a channel; "each" for an answer
                a channel; the mean of all channels by default.
            min_confidence: probability of the most probable class below which an answer has the flag "abstain"; with
                the model "mini" confidence is what answers to strangers are worth (its card says how nearly).
            **unknown: refused.

        Returns:
            For one clip a list of ``{"score": probability, "label": class}``, most probable first; for a list a
            list of these; for another iterable an iterator over these. Where something keeps an answer from being
            believed, such as silence, clipping or a dead channel, each dict has ``flags`` too, a list of
            ``{"name": ..., "reason": ...}``. With ``channel="each"`` a clip's answer is a list, an answer a channel.

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
        batch_size = batch_size or self._batch_size or 8
        if self.is_single(inputs):
            return next(self._answer([inputs], batch_size, post, channel))
        if isinstance(inputs, list | tuple):
            return list(self._answer(inputs, batch_size, post, channel))
        stream = self._answer(undecoded(inputs), batch_size, post, channel, BATCH_CLIPS)
        return list(stream) if is_list(inputs) else stream

    @named_keywords
    def segments(
        self,
        source: Any,
        *,
        channel: str | int | None = None,
        change: float = CHANGE,
        turns: Turns | None = None,
    ) -> list[EmotionSegment]:
        """Say which emotion is heard when in a recording of any length, and of whom where that is known.

        Each speaker of ``turns`` or ``channel="each"`` is heard first, and then answered by himself: standardised by
        all that he says in the recording, in windows that lie within his turns.

        Args:
            source: as for a call, one recording; a file is read by parts, so that memory does not grow with its
                length.
            channel: "left", "right" or a number from 0, or "each" for a speaker a channel, called "channel 0" and so
                on; the mean of all by default.
            change: what a change of emotion costs, in nats: more gives fewer and longer segments.
            turns: who speaks when: a file, RTTM or a table (.csv, .tsv) with the columns start, end and speaker, or
                (start, end, speaker) of each turn, times in seconds. Turns of different speakers may overlap; both are
                then answered from what is heard there.

        Returns:
            Segments in the order of time, with start and end in seconds; nothing where there is no speech.

        Raises:
            AudioError: the recording cannot be used.
            CheckpointError: the model hears whole recordings, not the speech in them.
            CorpusError: a table of turns cannot be read.
            SettingsError: ``change`` is below 0, the turns cannot be used, or channels say who speaks, too.
        """
        if not self.feature_extractor.hears_speech:
            raise CheckpointError(
                f"a model of the class {type(self.model).__name__} hears clips as they are, and looks for no speech: "
                "segments need a HuMP-CAT model."
            )
        if not change >= 0:
            raise SettingsError(f"change {change!r}: expected 0 or more.")
        if channel == EACH and turns is not None:
            raise SettingsError("channel 'each' beside turns: both say who speaks, expected one: leave one out.")
        return segments_of(self, source, channel, change, turns)

    @named_keywords
    def listener(self, profile: str | Path | None = None) -> Listener:
        """Return a listener for the clips of one speaker, whom it standardises by; the pipeline stays as it is.

        Args:
            profile: what an earlier listener saved of the speaker; nothing by default.

        Raises:
            CheckpointError: the profile is missing, damaged or of another model; or the model is not HuMP-CAT.
        """
        if not isinstance(self.model, HumpCatForAudioClassification):
            raise CheckpointError(
                f"a model of the class {type(self.model).__name__} standardises no speaker: a listener needs a "
                "HuMP-CAT model."
            )
        return Listener(self, profile)

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
        for batch in batches(cuts, batch_size):
            inputs = self.feature_extractor.inputs_of([window.waveform for window in batch], streams)
            yield batch, {name: values.to(self.device) for name, values in inputs.items()}

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
        refuse_unknown("pipeline", kwargs, _KEYWORDS)
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

    def _answer(
        self,
        sources: Iterable[Any],
        batch_size: int,
        post: dict[str, Any],
        channel: str | int | None,
        most: int | None = None,
    ) -> Iterator[Any]:
        """Yield the answer of each source, of which at most so many are decoded before they are answered."""
        decoded = (self.clips_of(source, channel) for source in sources)
        for heard in parts_of(decoded, list, most):
            clips = [clip for own in heard for clip in own]
            answers = iter(self.answers(self._logits(clips, batch_size), clips, post))
            for own in heard:
                found = list(islice(answers, len(own)))
                yield found if channel == EACH else found[0]

    def _logits(self, clips: list[Clip], batch_size: int) -> list[torch.Tensor]:
        """Return the logits of each clip, shape (classes,)."""
        found: dict[int, list[tuple[Window, torch.Tensor]]] = {place: [] for place in range(len(clips))}
        for windows, inputs in self.batches(clips, batch_size, self.heard_streams()):
            with torch.no_grad():
                rows = self.model(**inputs).logits.float().cpu()
            for window, row in zip(windows, rows, strict=True):
                found[window.clip].append((window, row))
        return [joined(found[place], self.model.config.num_labels) for place in range(len(clips))]


@named_keywords
def pipeline(
    model: str | Path | None = None,
    *,
    encoder: str | Path | None = None,
    device: str | int | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
) -> HumpCatPipeline:
    """Load a model for use.

    Args:
        model: folder or hub name of a model of humpcat; "mini", which comes with humpcat and needs no network, by
            default; "cremad-whisper-base" comes with it, too, and reads an encoder of the hub.
        encoder: where the encoder lies now, if it is no longer where the model was trained.
        device: where to compute; a GPU if there is one.
        dtype: float16 or bfloat16 for the products of the encoder, which is where the time goes: half the memory, and
            faster where the device has it; probabilities change by less than 0.02. Single precision by default.

    Returns:
        A callable: a path, array with rate, or a list of these in, labels and scores out.

    Raises:
        CheckpointError: the model is missing or damaged.
        EncoderError: its encoder is missing or another one, or it has none and one is given.
        KeywordError: a keyword is unknown.
        SettingsError: ``dtype`` is no type of floats.
    """
    place = locate_model(place_of(model), files=(*CONFIGURATION, FEATURE_EXTRACTOR_NAME))
    refuse_unsafe(place, CheckpointError)
    loaded = _class_of(place).from_pretrained(place, dtype=dtype)
    if encoder is not None:
        if not hasattr(loaded.config, "encoder"):
            raise EncoderError(f"{model}: has no encoder, {encoder} was given as one: leave it out.")
        loaded.load_encoder(encoder)
    return HumpCatPipeline(
        model=loaded,
        feature_extractor=extractor_of(loaded, place),
        device=default_device() if device is None else device,
    )


def _class_of(place: str) -> Any:
    """Return the class that a checkpoint's configuration names; HuMP-CAT's, which says what is wrong, for no other."""
    try:
        kind = MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING[type(AutoConfig.from_pretrained(place, trust_remote_code=False))]
    # Whatever is wrong with it is said where it is loaded.
    except Exception:
        return HumpCatForAudioClassification
    return kind if issubclass(kind, AudioClassifier) else HumpCatForAudioClassification
