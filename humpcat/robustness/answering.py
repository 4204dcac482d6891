"""What a model answers to clips as they are and under each distortion; a clip that fails is counted, not fatal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from humpcat import audio
from humpcat.distortions import Distortion, generator_of
from humpcat.features.base import BATCH_CLIPS
from humpcat.inference.answers import Answer
from humpcat.inference.files import Classifier
from humpcat.inference.sources import Clip, parts_of
from humpcat.robustness.clips import CheckedClip
from humpcat.robustness.trying import tried

CLEAN = "as it is"
"""How a clip to which nothing was done is called."""


@dataclass(frozen=True)
class Read:
    """A clip that was read.

    Attributes:
        recording: what distortions are done to, shape (samples,), 16 kHz.
        heard: what the model hears of it.
    """

    recording: audio.Waveform
    heard: Clip


@dataclass(frozen=True)
class Heard:
    """What was answered to one clip under one distortion.

    Attributes:
        clip: the clip.
        system: name of the distortion, or ``CLEAN``.
        scores: probability of each class; empty where it failed.
        flags: names of what keeps the answer from being believed.
        failure: the sentence that says why there is no answer; None where there is one.
    """

    clip: CheckedClip
    system: str
    scores: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    failure: str | None = None


def heard(
    classify: Classifier,
    clips: Sequence[CheckedClip],
    distortions: Sequence[Distortion],
    seed: int,
    progress: Callable[[int], Any] = lambda count: None,
) -> Iterator[Heard]:
    """Yield what is answered to each clip as it is, and under each distortion; the latter not where the former failed.

    Distortions are done to the recording, and the model hears what it hears of any recording. Clips are read in parts
    that fit in memory.

    Args:
        classify: the pipeline.
        clips: what is asked about.
        distortions: what is done to them.
        seed: of what the distortions draw at random; each clip and distortion has draws of its own.
        progress: called with a number of answers whenever some have come.
    """
    decoded = ((clip, tried(partial(_read, classify, clip.path))) for clip in clips)
    for part in parts_of(
        decoded, lambda item: [] if isinstance(item[1], str) else [Clip(item[1].recording)], BATCH_CLIPS
    ):
        answered = list(_answered(classify, CLEAN, [(clip, _heard(read)) for clip, read in part]))
        progress(len(part))
        yield from answered
        failed = {one.clip.id for one in answered if one.failure is not None}
        sound = [(clip, read) for clip, read in part if clip.id not in failed and not isinstance(read, str)]
        for distortion in distortions:
            yield from _answered(classify, distortion.name, _distorted(classify, sound, distortion, seed))
            progress(len(part))


def _read(classify: Classifier, path: str) -> Read:
    return Read(audio.load(path), classify.clips_of(path)[0])


def _heard(read: Read | str) -> Clip | str:
    return read if isinstance(read, str) else read.heard


def _distorted(
    classify: Classifier, clips: Sequence[tuple[CheckedClip, Read]], distortion: Distortion, seed: int
) -> list[tuple[CheckedClip, Clip | str]]:
    def changed(clip: CheckedClip, read: Read) -> Clip:
        waveform = distortion(read.recording, generator_of(seed, distortion.name, clip.id))
        # Through the door, as any recording comes.
        return classify.clips_of({"array": waveform, "sampling_rate": distortion.sampling_rate})[0]

    return [(clip, tried(partial(changed, clip, read))) for clip, read in clips]


def _answered(classify: Classifier, system: str, clips: Sequence[tuple[CheckedClip, Clip | str]]) -> Iterator[Heard]:
    made = [clip for _, clip in clips if not isinstance(clip, str)]
    answers = iter(_answers(classify, made))
    for clip, found in clips:
        answer = found if isinstance(found, str) else next(answers)
        if isinstance(answer, str):
            yield Heard(clip, system, failure=answer)
        else:
            flags = tuple(flag["name"] for flag in answer[0].get("flags", ()))
            yield Heard(clip, system, {row["label"]: row["score"] for row in answer}, flags)


def _answers(classify: Classifier, clips: list[Clip]) -> list[Answer | str]:
    if not clips:
        return []
    try:
        return list(classify(clips))
    # One clip of them is at fault, or all do not fit at once: which, each by itself tells.
    except Exception:
        return [tried(partial(_alone, classify, clip)) for clip in clips]


def _alone(classify: Classifier, clip: Clip) -> Answer:
    return classify([clip])[0]
