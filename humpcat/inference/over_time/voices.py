"""Whose speech is where in a recording: one voice that nobody knows, one for each speaker, or one a channel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from humpcat.channels import EACH
from humpcat.inference.over_time.blocks import Recording
from humpcat.inference.over_time.speech import SHORTEST_SECONDS, Span, speech_of
from humpcat.inference.over_time.turns import Turns, speakers_of


@dataclass(frozen=True)
class Voice:
    """What is answered as one sequence.

    Attributes:
        speaker: who it is, None where that is not known.
        recording: what is heard.
        turns: the stretches of speech of each turn, in seconds and in the order of time; where turns are not known all
            speech is one.
    """

    speaker: str | None
    recording: Recording
    turns: list[list[Span]]


def voices_of(source: Any, channel: str | int | None = None, turns: Turns | None = None) -> Iterator[Voice]:
    """Yield the voices of a recording.

    Args:
        source: as for :func:`humpcat.audio.load`.
        channel: "left", "right", a number from 0, or "each" for a voice a channel; the mean of all by default.
        turns: who speaks when; then there is a voice a speaker.

    Raises:
        AudioError: it cannot be decoded.
        SettingsError: the turns cannot be used.
    """
    if channel == EACH:
        for place, recording in enumerate(Recording.each(source)):
            yield Voice(f"channel {place}", recording, [speech_of(recording)])
        return
    recording = Recording.of(source, channel)
    if turns is None:
        yield Voice(None, recording, [speech_of(recording)])
        return
    # Before anything is heard, for hearing takes long.
    speakers = speakers_of(turns, source, recording.seconds)
    spans = speech_of(recording)
    for speaker in speakers:
        yield Voice(speaker.name, recording, [within(turn, spans) for turn in speaker.turns])


def within(turn: Span, speech: Sequence[Span]) -> list[Span]:
    """Return the stretches of speech within a turn, without what is too short to be any.

    Args:
        turn: where it begins and ends, in seconds.
        speech: where speech is, in the order of time.

    Example:
        >>> within((1.0, 5.0), [(0.0, 2.0), (3.0, 4.0), (4.9, 8.0)])
        [(1.0, 2.0), (3.0, 4.0)]
    """
    shared = [(max(turn[0], start), min(turn[1], end)) for start, end in speech]
    return [(start, end) for start, end in shared if end - start >= SHORTEST_SECONDS]
