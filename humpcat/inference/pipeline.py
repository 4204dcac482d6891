"""The pipeline: audio in any form to labels and scores, the same alone or in a batch."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    FEATURE_EXTRACTOR_MAPPING,
    MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING,
    AudioClassificationPipeline,
    AutoConfig,
)
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.utils import FEATURE_EXTRACTOR_NAME

from humpcat import audio
from humpcat.device import default_device
from humpcat.errors import AudioError, CheckpointError, EncoderError
from humpcat.features.extraction import BATCH_CLIPS
from humpcat.hub import CONFIGURATION
from humpcat.inference.answers import Answer
from humpcat.inference.listener import Listener
from humpcat.models.base import AudioClassifier, locate_model
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.pretrained import pretrained
from humpcat.safe_checkpoint import refuse_unsafe


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
        super().__init__(*args, **kwargs)
        if not isinstance(self.model, AudioClassifier):
            raise CheckpointError(
                f"a model of the class {type(self.model).__name__} is none of humpcat's: use it by "
                'transformers.pipeline("audio-classification", ...).'
            )
        if isinstance(self.model, HumpCatForAudioClassification):
            self.model.load_encoder()

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        """Classify one clip, a list, or anything that can be iterated over.

        Args:
            inputs: a path, the bytes of a file, a mapping with ``array`` and ``sampling_rate``; or several.
            **kwargs: ``top_k`` labels to return (all by default); ``batch_size`` clips at once (8); or as for
                the pipeline of transformers.

        Returns:
            For one clip a list of ``{"score": probability, "label": class}``, most probable first; for a list a
            list of these; for another iterable an iterator over these.

        Raises:
            AudioError: a clip cannot be used; the message names it.
        """
        batch_size = kwargs.pop("batch_size", None) or self._batch_size or 8
        post = self.postprocessing(**kwargs)
        if self.is_single(inputs):
            return self._classify([inputs], batch_size, post)[0]
        if isinstance(inputs, list | tuple):
            return self._classify(list(inputs), batch_size, post)
        return self._stream(iter(inputs), batch_size, post)

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
        return isinstance(inputs, str | Path | bytes | np.ndarray | torch.Tensor | Mapping) or hasattr(inputs, "read")

    def batches(self, sources: list[Any], batch_size: int) -> Iterator[tuple[list[int], dict[str, torch.Tensor]]]:
        """Yield the places in ``sources`` of clips of about one length, and the model's inputs for them.

        Args:
            sources: clips in any form; all are decoded before the first batch.
            batch_size: clips a batch.

        Raises:
            AudioError: a clip cannot be used; the message names it.
        """
        waveforms = [audio.load(_as_numpy(source)) for source in sources]
        order = sorted(range(len(waveforms)), key=lambda index: len(waveforms[index]))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            inputs = self.feature_extractor([waveforms[index] for index in batch], sampling_rate=audio.SAMPLING_RATE)
            yield batch, dict(inputs.to(self.device))

    def postprocessing(self, **kwargs: Any) -> dict[str, Any]:
        """Return what :meth:`answers` is told: all labels by default.

        Args:
            **kwargs: as for the pipeline of transformers, such as ``top_k``.
        """
        chosen: dict[str, Any] = self._sanitize_parameters(**({"top_k": None} | kwargs))[2]
        return self._postprocess_params | chosen

    def answers(self, logits: torch.Tensor, post: Mapping[str, Any]) -> list[Answer]:
        """Turn logits into labels and scores.

        Args:
            logits: shape (clips, classes).
            post: as :meth:`postprocessing` gives.
        """
        rows = logits.float().cpu()
        return [self.postprocess(SequenceClassifierOutput(logits=row[None]), **post) for row in rows]

    def _stream(self, inputs: Iterator[Any], batch_size: int, post: dict[str, Any]) -> Iterator[Answer]:
        while part := list(islice(inputs, BATCH_CLIPS)):
            yield from self._classify(part, batch_size, post)

    def _classify(self, sources: list[Any], batch_size: int, post: dict[str, Any]) -> list[Answer]:
        answers: dict[int, Answer] = {}
        for places, inputs in self.batches(sources, batch_size):
            with torch.no_grad():
                answers |= zip(places, self.answers(self.model(**inputs).logits, post), strict=True)
        return [answers[place] for place in range(len(sources))]


def pipeline(
    model: str | Path | None = None,
    *,
    encoder: str | Path | None = None,
    device: str | int | torch.device | None = None,
) -> HumpCatPipeline:
    """Load a model for use.

    Args:
        model: folder or hub name of a model of humpcat; the one that comes with humpcat by default.
        encoder: where the encoder lies now, if it is no longer where the model was trained.
        device: where to compute; a GPU if there is one.

    Returns:
        A callable: a path, array with rate, or a list of these in, labels and scores out.

    Raises:
        CheckpointError: the model is missing or damaged.
        EncoderError: its encoder is missing or another one, or it has none and one is given.
    """
    model = pretrained() if model is None else model
    place = locate_model(str(model), files=(*CONFIGURATION, FEATURE_EXTRACTOR_NAME))
    refuse_unsafe(place, CheckpointError)
    loaded = _class_of(place).from_pretrained(place)
    if encoder is not None:
        if not hasattr(loaded.config, "encoder"):
            raise EncoderError(f"{model}: has no encoder, {encoder} was given as one: leave it out.")
        loaded.load_encoder(encoder)
    try:
        extractor = FEATURE_EXTRACTOR_MAPPING[type(loaded.config)].from_pretrained(place)
    except OSError:
        raise CheckpointError(
            f"{model}: {FEATURE_EXTRACTOR_NAME} is missing or damaged: save or copy the model again."
        ) from None
    return HumpCatPipeline(
        model=loaded, feature_extractor=extractor, device=default_device() if device is None else device
    )


def _class_of(place: str) -> Any:
    """Return the class that a checkpoint's configuration names; HuMP-CAT's, which says what is wrong, for no other."""
    try:
        kind = MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING[type(AutoConfig.from_pretrained(place, trust_remote_code=False))]
    except (OSError, ValueError, KeyError):
        return HumpCatForAudioClassification
    return kind if issubclass(kind, AudioClassifier) else HumpCatForAudioClassification


def predict(paths: Iterable[str | Path], classifier: HumpCatPipeline) -> Iterator[tuple[str, Answer | str]]:
    """Classify files in batches; a bad one gives its error sentence, and the others go on.

    Args:
        paths: audio files.
        classifier: as :func:`pipeline` gives.

    Yields:
        The path, and its labels and scores or the sentence that says why there are none.
    """
    waiting = iter(paths)
    while part := [str(path) for path in islice(waiting, BATCH_CLIPS)]:
        loaded = {path: _load(path) for path in part}
        usable = [path for path, found in loaded.items() if not isinstance(found, str)]
        answers = dict(zip(usable, classifier([loaded[path] for path in usable]), strict=True))
        yield from ((path, answers.get(path, loaded[path])) for path in part)


def predict_speaker(paths: Iterable[str | Path], listener: Listener) -> Iterator[tuple[str, Answer | str]]:
    """Classify files of one speaker, all of which are heard before the first is answered; a bad one is left out.

    Args:
        paths: audio files; their order makes no difference.
        listener: as ``HumpCatPipeline.listener`` gives.

    Yields:
        As :func:`predict` does.
    """
    loaded = [(str(path), _load(str(path))) for path in paths]
    answers = iter(listener([found for _, found in loaded if not isinstance(found, str)]))
    yield from ((path, found if isinstance(found, str) else next(answers)) for path, found in loaded)


def _load(path: str) -> dict[str, Any] | str:
    """Return a waveform with its rate, or the sentence that says why there is none."""
    try:
        return {"array": audio.load(path), "sampling_rate": audio.SAMPLING_RATE}
    except AudioError as error:
        return str(error)


def _as_numpy(source: Any) -> Any:
    return source.detach().cpu().numpy() if isinstance(source, torch.Tensor) else source
