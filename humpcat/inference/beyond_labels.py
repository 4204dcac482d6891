"""What a pipeline tells of audio beside labels and scores: vectors, segments, streams, speakers, and why."""

from pathlib import Path
from typing import Any

import numpy as np

from humpcat.audio import SAMPLING_RATE
from humpcat.channels import EACH
from humpcat.errors import AudioError, CheckpointError, SettingsError
from humpcat.inference.embedding import NO_EMBEDDING, Vector, embed_each
from humpcat.inference.further import require_speech
from humpcat.inference.listener import Listener
from humpcat.inference.over_time.segmenting import EmotionSegment, segments_of
from humpcat.inference.over_time.streaming import EmotionStream
from humpcat.inference.over_time.turns import Turns
from humpcat.inference.sources import is_single, undecoded
from humpcat.inference.why.explaining import explain as explain_clip
from humpcat.inference.why.explanation import Explanation
from humpcat.keywords import named_keywords
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification


class BeyondLabels:
    """What :class:`humpcat.inference.classifier.HumpCatPipeline` can do beside answering a call; no class by itself.

    Attributes:
        model: the model.
        feature_extractor: makes its inputs.
    """

    model: Any
    feature_extractor: Any
    _batch_size: int | None

    @property
    def _pipeline(self) -> Any:
        """The pipeline that this is a part of."""
        return self

    @named_keywords
    def embed(self, inputs: Any, *, batch_size: int | None = None, channel: str | int | None = None) -> Vector:
        """Return clips as vectors: the means of the encoder's hidden states over the speech of each.

        Layer after layer of those that the model reads (``model.config.encoder_layers``), neither standardised nor
        scaled. A clip has the same vector alone and in any company. For more clips than fit in memory use
        ``humpcat embed``, or :func:`humpcat.inference.embedding.embed_each`.

        Args:
            inputs: as for a call.
            batch_size: clips at once; what the pipeline was made with, 8 by default.
            channel: "left", "right" or a number from 0; the mean of all by default.

        Returns:
            Shape (layers x width,) for one clip, otherwise (clips, layers x width).

        Raises:
            AudioError: a clip cannot be used, or holds no speech; the message names it.
            CheckpointError: the model reads no encoder.
            SettingsError: ``channel`` is none of these.
        """
        single = is_single(inputs)
        sources = [inputs] if single else list(undecoded(inputs))
        found = embed_each(sources, self._pipeline, batch_size=batch_size or self._batch_size or 8, channel=channel)
        vectors = []
        for place, vector in enumerate(found):
            if isinstance(vector, str):
                raise AudioError(vector if vector != NO_EMBEDDING else f"clip {place}: {vector}")
            vectors.append(vector)
        return vectors[0] if single else np.stack(vectors)

    @named_keywords
    def segments(
        self,
        source: Any,
        *,
        channel: str | int | None = None,
        change: float | None = None,
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
            change: what a change of emotion costs, in nats: more gives fewer and longer segments; what was chosen for
                the model (``model.config.change_cost``) by default.
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
        require_speech(self.model, self.feature_extractor)
        if change is not None and not change >= 0:
            raise SettingsError(f"change {change!r}: expected 0 or more.")
        if channel == EACH and turns is not None:
            raise SettingsError("channel 'each' beside turns: both say who speaks, expected one: leave one out.")
        return segments_of(self._pipeline, source, channel, change, turns)

    @named_keywords
    def stream(
        self,
        sampling_rate: int = SAMPLING_RATE,
        *,
        every: float = 1.0,
        window: float = 3.0,
        min_confidence: float | None = None,
    ) -> EmotionStream:
        """Return a stream, which answers audio as it comes in: ``feed(chunk)``, ``finish()``.

        Args:
            sampling_rate: of what will be fed, in Hz.
            every: seconds from an answer to the next, 0.1 to ``window``.
            window: seconds that an answer is of, 0.5 to 30.
            min_confidence: as for a call.

        Raises:
            AudioError: the sampling rate is none.
            KeywordError: a keyword is unknown.
            SettingsError: a value is out of range.
        """
        self._pipeline.postprocessing(min_confidence=min_confidence)
        return EmotionStream(self._pipeline, sampling_rate, every=every, window=window, min_confidence=min_confidence)

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
        return Listener(self._pipeline, profile)

    @named_keywords
    def explain(self, clip: Any, *, reference: Any = None, channel: str | int | None = None) -> Explanation:
        """Say why a clip is answered as it is: what each stream contributed, when, and how it was said.

        Args:
            clip: as for a call, one clip, of at most 29 s of speech.
            reference: further clips of the speaker, or the speaker's listener, to tell what is unusual for the voice;
                the answer stays as it is.
            channel: "left", "right" or a number from 0; the mean of all by default.

        Returns:
            Contributions that add up to the logits, a curve over time that adds up to those of streams, and the
            prosody in plain figures.

        Raises:
            AudioError: the clip or one of the reference cannot be used or holds no speech, or the clip is too long.
            CheckpointError: the model is not HuMP-CAT, or damaged.
            SettingsError: there are several clips or channels, or the reference is empty.
        """
        return explain_clip(self._pipeline, clip, reference, channel)
