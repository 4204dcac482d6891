"""A listener: the pipeline for the clips of one speaker, whom it knows better with every clip."""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from humpcat.channels import refuse_each
from humpcat.flags import is_silent
from humpcat.inference.answers import Answer, ClipClassifier
from humpcat.inference.hearing import clip_arrays
from humpcat.inference.profile import read_profile, write_profile
from humpcat.inference.sources import Clip, undecoded
from humpcat.inference.windows import Window, joined
from humpcat.keywords import named_keywords
from humpcat.models.humpcat.running import RunningStatistics
from humpcat.models.humpcat.standardization import Moments


class Listener:
    """Classifies clips of one speaker, standardised by those that were heard of that speaker.

    No labels are needed. A clip is heard first and then answered, so that it counts for its own answer. Of a list
    all clips are heard before any is answered: within a list the order makes no difference. From call to call it
    does, for an answer stands as it was given. Whatever is heard is taken for this speaker's: give each speaker a
    listener. The pipeline itself never changes.

    Speech longer than half a minute is heard in windows, each of which counts as a clip. What holds no speech
    is answered, flagged and not heard: silence is nobody's voice. Threads may share a listener: it hears one call
    after the other.

    :meth:`HumpCatPipeline.listener` makes one.

    Args:
        classifier: the pipeline.
        profile: a file that :meth:`save` wrote; a speaker nobody knows by default.

    Raises:
        CheckpointError: the profile is missing, damaged or of another model.
    """

    def __init__(self, classifier: ClipClassifier, profile: str | Path | None = None) -> None:
        self._classifier = classifier
        self._hearing = Lock()
        self._model_hash = classifier.model.weights_hash()
        self._running = RunningStatistics(classifier.model.standardizer.held())
        if profile is not None:
            self._running = read_profile(profile, self._running, self._model_hash)

    @property
    def clips(self) -> int:
        """Number of clips heard."""
        return self._running.clips

    @property
    def heard(self) -> Mapping[str, Moments]:
        """Moments of each stream over the clips heard; empty before the first."""
        return self._running.heard

    @named_keywords
    def __call__(
        self,
        inputs: Any,
        *,
        top_k: int | None = None,
        batch_size: int = 8,
        channel: str | int | None = None,
        min_confidence: float | None = None,
    ) -> Any:
        """Hear one clip or several, then classify them.

        Args:
            inputs: as for the pipeline; of an iterable all clips are heard before the first is answered.
            top_k: labels to return; all by default.
            batch_size: clips at once; the answers are the same for any number.
            channel: the speaker's channel: "left", "right" or a number from 0; the mean of all by default.
            min_confidence: as for the pipeline.

        Returns:
            As the pipeline does; for anything but a single clip a list.

        Raises:
            AudioError: a clip cannot be used; the message names it, and none of this call's clips counts as heard.
            KeywordError: a keyword is unknown.
            SettingsError: a value is out of range, or ``channel`` is "each": a listener knows one speaker.
        """
        post = self._classifier.postprocessing(top_k=top_k, batch_size=batch_size, min_confidence=min_confidence)
        batch_size = batch_size or 8
        refuse_each(channel)
        if self._classifier.is_single(inputs):
            return self._hear_and_answer(self.clips_of(inputs, channel), batch_size, post)[0]
        clips = [clip for source in undecoded(inputs) for clip in self.clips_of(source, channel)]
        return self._hear_and_answer(clips, batch_size, post)

    def clips_of(self, source: Any, channel: str | int | None = None) -> list[Clip]:
        """Decode a source as the pipeline does.

        Args:
            source: as for the pipeline.
            channel: as for the pipeline.

        Raises:
            AudioError: it cannot be used, or there is no such channel.
        """
        return self._classifier.clips_of(source, channel)

    def save(self, path: str | Path) -> None:
        """Write the speaker's profile: sums over the clips heard, from which none of them can be heard again.

        Args:
            path: the file, safetensors.
        """
        write_profile(path, self._running, self._model_hash)

    def _hear_and_answer(self, clips: list[Clip], batch_size: int, post: Mapping[str, Any]) -> list[Answer]:
        with self._hearing:
            running, logits = self._heard_with(clips, batch_size)
            answers = self._classifier.answers(logits, clips, post)
            # Only now: where a clip could not be used, what was known of the speaker stays as it was.
            self._running = running
        return answers

    def _heard_with(self, clips: list[Clip], batch_size: int) -> tuple[RunningStatistics, list[Tensor]]:
        """Return the speaker's statistics after some clips, and the clips' logits by these."""
        classifier, model, running = self._classifier, self._classifier.model, self._running
        found: dict[int, list[tuple[Window, Tensor]]] = {place: [] for place in range(len(clips))}
        heard: list[tuple[list[Window], dict[str, Tensor]]] = []
        with torch.no_grad():
            for windows, features in classifier.batches(clips, batch_size):
                for row, window in enumerate(windows):
                    if not is_silent(window.waveform):
                        running = running.hear(clip_arrays(features, row, model.config.encoder_group))
                heard.append((windows, features))
            statistics = {name: value[None].to(model.device) for name, value in running.statistics().items()}
            for windows, features in heard:
                rows = model(**features, statistics=statistics).logits.float().cpu()
                for window, row_logits in zip(windows, rows, strict=True):
                    found[window.clip].append((window, row_logits))
        return running, [joined(found[place], model.config.num_labels) for place in range(len(clips))]
