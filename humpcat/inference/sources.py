"""What may be handed to the pipeline: one clip in any form, or several, the columns of ``datasets`` among them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from humpcat import audio
from humpcat.channels import EACH
from humpcat.errors import AudioError
from humpcat.features.speech import Speech
from humpcat.flags import NO_SPEECH, SILENT, Flag, flags_of, is_silent
from humpcat.speech_flags import flags_of_speech

PART_SECONDS = 1800
"""Audio that is decoded before it is answered: half an hour is 115 MB."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Clip:
    """One clip as the model hears it.

    Attributes:
        waveform: shape (samples,), 16 kHz.
        flags: what keeps its answer from being believed.
        channel: which channel it is, where each is a clip of its own.
        speech: whether there is speech, without which there is nothing to answer.
    """

    waveform: audio.Waveform
    flags: tuple[Flag, ...] = ()
    channel: int | None = None
    speech: bool = True


def is_single(inputs: Any) -> bool:
    """Return whether this is one clip, not several.

    Args:
        inputs: what the pipeline was given.
    """
    kinds = str | Path | bytes | bytearray | memoryview | np.ndarray | torch.Tensor | Mapping | Clip | None
    several = hasattr(inputs, "__iter__") or hasattr(inputs, "__getitem__")
    # What is neither is told at the door.
    return isinstance(inputs, kinds) or hasattr(inputs, "read") or audio.is_decoder(inputs) or not several


def clips_of(source: Any, hear: Callable[[audio.Waveform], Speech], channel: str | int | None = None) -> list[Clip]:
    """Decode a source: one clip, or one a channel.

    Args:
        source: as for :func:`humpcat.audio.load`; a clip is returned as it is.
        hear: gives what a model hears of a recording.
        channel: "left", "right", a number from 0, or "each"; the mean of all channels by default.

    Raises:
        AudioError: it cannot be used, or there is no such channel.
        SettingsError: ``channel`` is none of these.
    """
    if isinstance(source, Clip):
        return [source]
    recording = audio.read(source)
    if channel != EACH:
        waveform = recording.waveform(channel=channel)
        samples = recording.samples if channel is None else waveform
        return [_clip(waveform, hear(waveform), flags_of(samples, waveform))]
    waveforms = [recording.waveform(channel=place) for place in range(recording.channels)]
    return [
        _clip(waveform, hear(waveform), flags_of(waveform, waveform), place)
        for place, waveform in enumerate(waveforms)
    ]


def clips_or_reason(
    decode: Callable[[Any, str | int | None], list[Clip]], source: Any, channel: str | int | None
) -> list[Clip] | str:
    """Return the clips of a source, or the sentence that says why there are none.

    Args:
        decode: gives the clips of a source's channel.
        source: as for :func:`clips_of`.
        channel: as for :func:`clips_of`.
    """
    try:
        return decode(source, channel)
    except AudioError as error:
        return str(error)


def _clip(waveform: audio.Waveform, heard: Speech, flags: tuple[Flag, ...], channel: int | None = None) -> Clip:
    if heard.found and not is_silent(waveform[heard.start : heard.end]):
        # However much silence there is around it; speech that is itself too quiet to be heard stays silent.
        flags = (*(flag for flag in flags if flag.name != SILENT), *flags_of_speech(heard.waveform))
    elif heard.found is False:
        flags = (*flags, Flag(NO_SPEECH, "no speech was found in it, so that no class is more probable than another"))
    return Clip(heard.waveform, flags, channel, heard.found is not False)


def parts_of(items: Iterable[Item], clips: Callable[[Item], Sequence[Clip]], most: int | None) -> Iterator[list[Item]]:
    """Yield what is decoded in parts that fit in memory, however many long recordings there are.

    Args:
        items: what was decoded, source by source.
        clips: gives the clips of one of them.
        most: items a part.
    """
    part: list[Item] = []
    samples = 0
    for item in items:
        part.append(item)
        samples += sum(len(clip.waveform) for clip in clips(item))
        if len(part) == most or samples >= PART_SECONDS * audio.SAMPLING_RATE:
            yield part
            part, samples = [], 0
    if part:
        yield part


def undecoded(inputs: Any) -> Any:
    """Return several clips so that reading them decodes nothing: all decoding is done at our own door.

    ``datasets`` decodes the audio of a row when it is read, by torchcodec, which need not be installed. A column of a
    dataset, as ``dataset["audio"]`` and transformers' ``KeyDataset`` are, is read as paths and bytes in its place;
    so is a dataset with one column of audio.

    Args:
        inputs: anything that can be iterated over.
    """
    dataset, column = (inputs, "") if hasattr(inputs, "cast_column") else _column(inputs)
    # Whoever holds a dataset has imported the package.
    if dataset is None or not hasattr(dataset, "cast_column"):
        return inputs
    from datasets import Audio

    column = column or _only_audio(dataset, Audio)
    if not isinstance((dataset.features or {}).get(column), Audio):
        return inputs
    plain = dataset.cast_column(column, Audio(decode=False))
    if hasattr(plain, "select_columns"):
        plain = plain.select_columns([column])
    return (row[column] for row in plain)


def _column(inputs: Any) -> tuple[Any, str]:
    """Return the dataset and the name of the column that inputs are, None for anything else."""
    for dataset, column in (("source", "column_name"), ("dataset", "key")):
        if hasattr(inputs, dataset) and isinstance(getattr(inputs, column, None), str):
            return getattr(inputs, dataset), getattr(inputs, column)
    return None, ""


def _only_audio(dataset: Any, audio_type: type) -> str:
    """Return the name of a dataset's only column of audio, empty where there is none or more than one."""
    names = [name for name, feature in (dataset.features or {}).items() if isinstance(feature, audio_type)]
    return names[0] if len(names) == 1 else ""


def is_list(inputs: Iterable[Any]) -> bool:
    """Return whether several clips are answered by a list, not one by one as they are asked for.

    Args:
        inputs: several clips.
    """
    # A column of a dataset was a list, before it learnt to be read row by row.
    return isinstance(inputs, list | tuple) or (hasattr(inputs, "column_name") and hasattr(inputs, "__len__"))
