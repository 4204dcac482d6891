"""Emotions of audio that is still coming in: chunks in, an answer of the last seconds out whenever one is due."""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from humpcat.audio import SAMPLING_RATE, Waveform, as_array
from humpcat.decoding.limits import refuse_rate
from humpcat.decoding.sentences import MIN_SECONDS
from humpcat.errors import AudioError, SettingsError
from humpcat.flags import NO_SPEECH, Flag
from humpcat.inference.answers import Answer
from humpcat.keywords import named_keywords
from humpcat.levels import as_floats, refuse_scale
from humpcat.setting_ranges import Range

WINDOW = Range(0.5, 30)
"""Seconds that one answer may be of: less is no utterance, more is not heard at once."""

EVERY = Range(0.1, 30)
"""Seconds from one answer to the next."""


class ClipClassifier(Protocol):
    """What a stream needs of the pipeline."""

    def __call__(self, inputs: Any, *, min_confidence: float | None = None) -> Any:
        """Answer one clip."""


@dataclass(frozen=True)
class EmotionWindow:
    """What is heard in the last seconds of a stream.

    Attributes:
        start: where the window begins, in seconds since the stream began.
        end: where it ends.
        label: the most probable class; None where no speech was found, so that no class is more probable.
        probabilities: class to probability, most probable first.
        flags: what keeps the answer from being believed, such as "no speech" or "silent".
    """

    start: float
    end: float
    label: str | None
    probabilities: dict[str, float]
    flags: tuple[Flag, ...] = ()

    @property
    def score(self) -> float:
        """Probability of the most probable class."""
        return max(self.probabilities.values())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: start, end, label, score, probabilities, flags."""
        return {
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "label": self.label,
            "score": self.score,
            "probabilities": self.probabilities,
            "flags": [{"name": flag.name, "reason": flag.reason} for flag in self.flags],
        }


@named_keywords
class EmotionStream:
    """Answers audio as it comes in, every so many seconds, each time the seconds that came last.

    An answer is due at every multiple of ``every``, from half a second on, and is what the pipeline says of the
    ``window`` seconds before it, or of all there is where that is less. How the audio is cut into chunks makes no
    difference.

    Latency: an answer is there as soon as the sample at its end has been fed and its window is computed. Nothing that
    comes later is waited for: each window is resampled by itself, for a resampler that goes on from chunk to chunk
    would hold back its last 40 to 120 ms. What the caller adds is the length of a chunk.

    Memory is that of two windows at the stream's rate, however long it lasts. What is known of a stream lies on it
    alone: any number of streams, in any threads, may share a pipeline. One thread at a time feeds a stream.

    :meth:`HumpCatPipeline.stream` makes one.

    Args:
        classifier: the pipeline.
        sampling_rate: of what will be fed, in Hz.
        every: seconds from an answer to the next, 0.1 to ``window``.
        window: seconds that an answer is of, 0.5 to 30.
        min_confidence: as for the pipeline.

    Raises:
        AudioError: the sampling rate is none.
        SettingsError: a value is out of range.

    Example:
        >>> from humpcat.inference.pipeline import pipeline
        >>> stream = pipeline(device="cpu").stream(16_000, every=0.5, window=1.0)
        >>> for chunk in np.zeros((4, 8_000), dtype=np.float32):
        ...     for heard in stream.feed(chunk):
        ...         print(heard.start, heard.end, heard.label, heard.flags[-1].name)
        0.0 0.5 None no speech
        0.0 1.0 None no speech
        0.5 1.5 None no speech
        1.0 2.0 None no speech
    """

    def __init__(
        self,
        classifier: ClipClassifier,
        sampling_rate: int = SAMPLING_RATE,
        *,
        every: float = 1.0,
        window: float = 3.0,
        min_confidence: float | None = None,
    ) -> None:
        refuse_rate("stream", sampling_rate)
        WINDOW.require("window", window)
        EVERY.require("every", every)
        if every > window:
            raise SettingsError(
                f"every {every}: is longer than the window of {window} s, so that audio between two windows would "
                "never be heard: expected at most as long."
            )
        self._classifier = classifier
        self._rate = int(sampling_rate)
        self._every = every
        self._length = round(window * self._rate)
        self._least = min_confidence
        # Twice as long as the window, so that it is moved once a window and not once a chunk.
        self._held = np.empty(2 * self._length, dtype=np.float32)
        self._filled = 0
        self._fed = 0
        self._answered = 0
        self._turn = math.ceil(WINDOW.least / every - 1e-9)
        self._finished = False

    @property
    def seconds(self) -> float:
        """Seconds that were fed."""
        return self._fed / self._rate

    def feed(self, chunk: Any) -> list[EmotionWindow]:
        """Take what came next, and answer what is due by it.

        Args:
            chunk: shape (samples,), any number of them: an array or tensor of floats within -1 to 1, or of int16.

        Returns:
            An answer for each time that was reached, in their order; most often none or one.

        Raises:
            AudioError: the chunk cannot be used, and nothing of it was taken; or the stream is finished.
            CheckpointError: the model's weights are damaged, so that its answer is not a number.
        """
        if self._finished:
            raise AudioError(f"stream: was finished after {self.seconds:.3f} s: make another one for what comes now.")
        samples = _samples_of(chunk)
        found = []
        while len(samples) >= (missing := self._due() - self._fed):
            self._hold(samples[:missing])
            samples = samples[missing:]
            self._turn += 1
            found.append(self._answer())
        self._hold(samples)
        return found

    def finish(self) -> list[EmotionWindow]:
        """End the stream, and answer what came since the last answer.

        Returns:
            One answer, of the last ``window`` seconds; none where nothing came since the last one, or all that came is
            shorter than 0.025 s.

        Raises:
            CheckpointError: as for :meth:`feed`.
        """
        self._finished = True
        if self._answered == self._fed or self._fed < MIN_SECONDS * self._rate:
            return []
        return [self._answer()]

    def _due(self) -> int:
        """Return how many samples must have been fed for the next answer."""
        return round(self._turn * self._every * self._rate)

    def _hold(self, samples: Waveform) -> None:
        """Keep samples as long as a window needs them."""
        self._fed += len(samples)
        samples = samples[-self._length :]
        if self._filled + len(samples) > len(self._held):
            kept = self._length - len(samples)
            self._held[:kept] = self._held[self._filled - kept : self._filled]
            self._filled = kept
        self._held[self._filled : self._filled + len(samples)] = samples
        self._filled += len(samples)

    def _answer(self) -> EmotionWindow:
        """Answer the window that ends with the last sample."""
        samples = self._held[max(0, self._filled - self._length) : self._filled]
        answer: Answer = self._classifier({"array": samples, "sampling_rate": self._rate}, min_confidence=self._least)
        self._answered = self._fed
        flags = tuple(Flag(**flag) for flag in answer[0].get("flags", []))
        return EmotionWindow(
            (self._fed - len(samples)) / self._rate,
            self.seconds,
            None if any(flag.name == NO_SPEECH for flag in flags) else answer[0]["label"],
            {row["label"]: row["score"] for row in answer},
            flags,
        )


def _samples_of(chunk: Any) -> Waveform:
    """Return a chunk as floats, shape (samples,)."""
    samples = as_array(chunk)
    if samples.dtype.kind != "f" and samples.dtype != np.int16:
        raise AudioError(
            f"chunk of type {samples.dtype}: expected floats within -1 to 1, or int16: convert it before it is fed."
        )
    if samples.ndim != 1:
        raise AudioError(
            f"chunk of shape {samples.shape}: expected one channel, shape (samples,): choose one, or feed each to a "
            "stream of its own."
        )
    bad = len(samples) - int(np.isfinite(samples).sum())
    if bad:
        raise AudioError(f"chunk: {bad} of {len(samples)} samples are NaN or infinite: leave it out.")
    samples = as_floats("chunk", samples)
    refuse_scale("chunk", samples)
    return samples.astype(np.float32)
