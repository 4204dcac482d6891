"""From one clip to why it was answered as it was."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.channels import EACH
from humpcat.errors import AudioError, CheckpointError, SettingsError
from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.condensing import condense
from humpcat.features.prosody import FUNCTIONALS
from humpcat.features.speech import Speech, at_level
from humpcat.features.voice_figures import Usual, Voice, beside, usual_of, voice_of
from humpcat.inference.answers import ClipClassifier
from humpcat.inference.listener import Listener
from humpcat.inference.sources import Clip, clips_of, undecoded
from humpcat.inference.why.explanation import Explanation, Stretch
from humpcat.inference.windows import WINDOW_SECONDS, cut
from humpcat.models.humpcat.attended import attention_of
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.terms import BIAS, shares_of_frames, terms_of

STEP_FRAMES = 5
"""Frames of a stretch of the curve over time: 0.1 s."""

_OF_FUNCTIONALS = {
    "f0_median_semitones": "f0_p50",
    "syllables_per_second": "speech_rate",
    "voiced_share": "voiced_share",
}
"""Figures that are functionals, too, of which a listener knows what is usual."""


class Explainable(ClipClassifier, Protocol):
    """What explaining needs of the pipeline.

    Attributes:
        feature_extractor: makes the model's inputs.
        device: where it computes.
    """

    feature_extractor: Any
    device: Any


@dataclass(frozen=True)
class _Heard:
    """A clip, and the recording that it was found in."""

    clip: Clip
    recording: Waveform
    speech: Speech

    @property
    def voice(self) -> Voice:
        """The clip's prosody, its pauses as long as they are."""
        recorded = self.recording[self.speech.start : self.speech.end]
        return voice_of(at_level(recorded) if self.speech.left_out else self.clip.waveform, recorded)


def explain(
    classifier: Explainable, source: Any, reference: Any = None, channel: str | int | None = None
) -> Explanation:
    """Say why a clip is answered as it is.

    Args:
        classifier: the pipeline.
        source: one clip, as for the pipeline.
        reference: clips of the same speaker as for the pipeline, or the speaker's listener; what is usual for the
            speaker changes the prosody that is told, and not the answer.
        channel: of the clip and the reference: "left", "right" or a number from 0; the mean of all by default.

    Raises:
        AudioError: the clip or a clip of the reference cannot be used or holds no speech, or the clip is so long that
            it is heard in windows.
        CheckpointError: the model is not HuMP-CAT, or damaged.
        SettingsError: there are several clips or channels, or no reference clips.
    """
    model = classifier.model
    if not isinstance(model, HumpCatForAudioClassification):
        raise CheckpointError(
            f"a model of the class {type(model).__name__} has no streams whose contributions add up: an explanation "
            "needs a HuMP-CAT model."
        )
    if channel == EACH:
        raise SettingsError("channel 'each': one clip is explained at a time: choose a channel.")
    if not classifier.is_single(source):
        raise SettingsError(f"{type(source).__name__} of clips: one clip is explained at a time: pass one.")
    heard = _heard(classifier, source, channel)
    if len(cut(0, heard.clip.waveform)) > 1:
        raise AudioError(
            f"{_name(source)}: has {len(heard.clip.waveform) / SAMPLING_RATE:.0f} s of speech, which are heard in "
            f"windows whose probabilities are averaged, and those do not add up: explain a part of at most "
            f"{WINDOW_SECONDS} s, such as call.wav#t=0,20, or ask for segments."
        )
    usual = {} if reference is None else _usual(classifier, reference, channel)
    with torch.no_grad():
        inputs, states = _inputs(classifier, heard.clip.waveform)
        logits, terms = terms_of(model, inputs)
        shares = shares_of_frames(model, inputs, states)
        attention = attention_of(model, inputs)
    # As a call answers, with its check of the weights; of one clip the logits are its only window's.
    post = classifier.postprocessing(function_to_apply="softmax", top_k=model.config.num_labels)
    (answer,) = classifier.answers([logits[0].float()], [heard.clip], post)
    scores = {row["label"]: row["score"] for row in answer}
    label = next(iter(scores))
    names = [model.config.id2label[place] for place in range(model.config.num_labels)]
    start = heard.speech.start / SAMPLING_RATE
    voice = heard.voice
    return Explanation(
        label=label,
        scores=scores,
        contributions={
            term: dict(zip(names, _centred(values[0]).tolist(), strict=True)) for term, values in terms.items()
        },
        over_time=list(_stretches(shares, names.index(label), heard.speech)),
        timed=tuple(shares),
        attention={name: list(_steps(read, model, heard.speech)) for name, read in attention.items()},
        prosody=voice.figures,
        against_speaker=beside(voice.figures, usual),
        f0=[(start + time, hertz) for time, hertz in voice.f0],
        flags=heard.clip.flags,
        notes=tuple(_notes(terms, shares)),
    )


def _heard(classifier: Explainable, source: Any, channel: str | int | None, what: str = "") -> _Heard:
    """Return the speech of a recording; refuse one without."""
    found: list[tuple[Waveform, Speech]] = []

    def hear(recording: Waveform) -> Speech:
        found.append((recording, classifier.feature_extractor.heard(recording)))
        return found[-1][1]

    (clip,) = clips_of(source, hear, channel)
    if not clip.speech:
        raise AudioError(f"{what}{_name(source)}: no speech was found in it, so that there is nothing to explain.")
    # A clip that was decoded before is all that is left of its recording.
    recording, speech = found[0] if found else (clip.waveform, Speech(clip.waveform, 0, len(clip.waveform), True))
    return _Heard(clip, recording, speech)


def _usual(classifier: Explainable, reference: Any, channel: str | int | None) -> Usual:
    """Return what is usual for a speaker, of clips or of what a listener has heard."""
    if isinstance(reference, Listener):
        if reference.clips == 0:
            raise SettingsError("reference: the listener has heard no speech: let it hear clips of the speaker first.")
        moments = reference.heard["functionals"]
        places = {figure: FUNCTIONALS.index(name) for figure, name in _OF_FUNCTIONALS.items()}
        spread = np.sqrt(moments.deviations / max(1, moments.clips - 1))
        return {
            name: (float(moments.mean[place]), float(spread[place]), moments.clips) for name, place in places.items()
        }
    sources = [reference] if classifier.is_single(reference) else undecoded(reference)
    figures = [_heard(classifier, each, channel, "reference ").voice.figures for each in sources]
    if not figures:
        raise SettingsError("reference: holds no clips: pass clips of the speaker, or leave it out.")
    return usual_of(figures)


def _inputs(classifier: Explainable, waveform: Waveform) -> tuple[dict[str, Tensor], Tensor]:
    """Return the model's inputs of a clip, and the hidden states of its layers at every frame."""
    model = classifier.model
    extracted = classifier.feature_extractor.inputs_of([waveform], model.heard_streams())
    inputs = {name: values.to(classifier.device) for name, values in extracted.items()}
    speech = inputs.pop("input_values")[0]
    (states,) = model.load_encoder().encode_speech([speech], model.config.encoder_layers)
    hidden, pooled = condense(states, model.config.encoder_group)
    return inputs | {"hidden": hidden[None], "pooled": pooled[None]}, states


def _stretches(shares: Mapping[str, Tensor], place: int, speech: Speech) -> Iterator[Stretch]:
    """Yield what stretches said for a class, all terms together."""
    if not shares:
        return
    curve = _centred(torch.stack(list(shares.values())).sum(0))[:, place]
    seconds = FRAME_SAMPLES / SAMPLING_RATE
    for first in range(0, len(curve), STEP_FRAMES):
        part = curve[first : first + STEP_FRAMES]
        begins, ends = speech.in_recording(first * seconds), speech.in_recording((first + len(part)) * seconds)
        yield Stretch(begins, ends, float(part.sum()))


def _steps(read: Tensor, model: HumpCatForAudioClassification, speech: Speech) -> Iterator[Stretch]:
    """Yield how much the steps of a stream are read."""
    seconds = model.config.encoder_group * FRAME_SAMPLES / SAMPLING_RATE
    for place, value in enumerate(read.tolist()):
        yield Stretch(speech.in_recording(place * seconds), speech.in_recording((place + 1) * seconds), value)


def _notes(terms: Mapping[str, Tensor], shares: Mapping[str, Tensor]) -> Iterator[str]:
    """Yield what the curve over time leaves out, where that has a say."""
    whole = [name for name in terms if name not in shares and name != BIAS]
    if whole:
        told = f"The curve over time is of {' and '.join(shares)} alone" if shares else "There is no curve over time"
        yield f"{told}: {' and '.join(whole)} cannot be divided into shares of frames."


def _centred(values: Tensor) -> Tensor:
    """Return values less their mean over classes, the last axis."""
    return values - values.mean(-1, keepdim=True)


def _name(source: Any) -> str:
    return str(source) if isinstance(source, str | Path) else "the clip"
