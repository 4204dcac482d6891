"""Audio decoded once: the speech of many clips as 16 bit samples in one file that is mapped into memory.

Decoding and finding speech take longer than a step of training, and a clip is heard many times. A folder holds
``clips.json``, which is written last, and ``samples.int16``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm.auto import tqdm

from humpcat import audio
from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.cache import kept_in
from humpcat.errors import AudioError
from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.speech import SPEECH_LEVEL, find_speech
from humpcat.files import read_json, replacing, write_json
from humpcat.segment import segment_of

VERSION = 2
"""Raised whenever the same file gives other samples."""

SAMPLES, CLIPS = "samples.int16", "clips.json"

MAX_BAD_SHARE = 0.05
"""Share of unusable clips above which nothing is learnt from a corpus."""

_FULL = 32767.0


@dataclass(frozen=True)
class Clips:
    """Speech of many clips in memory-mapped files.

    Attributes:
        name: of the corpus.
        folder: where the files lie.
        ids: one a clip, in the order of the samples.
        ends: shape (clips + 1,), where each clip begins, and where the last ends, in samples.
    """

    name: str
    folder: Path
    ids: tuple[str, ...]
    ends: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Waveform:
        """Return a clip, shape (samples,), float32 at 16 kHz, at the level of :func:`find_speech`."""
        return self.part(index, 0, self.length(index))

    def length(self, index: int) -> int:
        """Return how many samples a clip has."""
        return int(self.ends[index + 1] - self.ends[index])

    def part(self, index: int, start: int, length: int) -> Waveform:
        """Return some samples of a clip, and fewer where it ends.

        Args:
            index: which clip.
            start: first sample within it.
            length: how many.
        """
        first = int(self.ends[index]) + start
        found = self._samples[first : min(first + length, int(self.ends[index + 1]))]
        return np.asarray(found, dtype=np.float32) / np.float32(_FULL)

    @property
    def seconds(self) -> float:
        """Length of all clips together."""
        return float(self.ends[-1]) / SAMPLING_RATE

    @cached_property
    def _samples(self) -> npt.NDArray[np.int16]:
        samples: npt.NDArray[np.int16] = np.memmap(self.folder / SAMPLES, np.int16, "r")
        return samples


def decoded(name: str, paths: Mapping[str, str], cache: Path) -> Clips:
    """Return the speech of audio files; it is decoded where the cache does not hold it.

    Args:
        name: of the corpus.
        paths: clip id to its audio file.
        cache: folder of decoded audio.

    Returns:
        The usable clips.

    Raises:
        AudioError: more than ``MAX_BAD_SHARE`` of the files are unusable.
        WritingError: the cache cannot be written.
    """
    content = {clip_id: _stamp(path) for clip_id, path in sorted(paths.items())}
    bad: list[str] = []

    def waveforms() -> Iterator[tuple[str, Waveform]]:
        for clip_id in tqdm(content, desc=f"decoding {name}", unit="clip", disable=None):
            try:
                yield clip_id, audio.load(paths[clip_id])
            except AudioError as error:
                bad.append(str(error))
        if len(bad) > MAX_BAD_SHARE * len(paths):
            raise AudioError(
                f"{name}: {len(bad)} of {len(paths)} clips are unusable, at most {MAX_BAD_SHARE:.0%} may be: mend or "
                f"remove them; the first: {bad[0]}"
            )

    return kept(name, {"files": content}, waveforms(), cache)


def kept(name: str, identity: Mapping[str, object], waveforms: Iterable[tuple[str, Waveform]], cache: Path) -> Clips:
    """Return the speech of clips from the cache, where it is put first if need be.

    Args:
        name: of the corpus.
        identity: what the samples depend on; the folder is named by its hash.
        waveforms: id and waveform of each clip, shape (samples,), float32 at 16 kHz; not asked for where all is kept.
        cache: folder of decoded audio.

    Raises:
        AudioError: no clip is as long as a frame.
        WritingError: the cache cannot be written.
    """
    whole = {"version": VERSION, "level": SPEECH_LEVEL, **identity}
    digest = blake2b(json.dumps(whole, sort_keys=True).encode(), digest_size=8).hexdigest()
    folder = cache / f"{Path(name).name}-{digest}"
    with kept_in(cache, "--cache"):
        if not (folder / CLIPS).is_file():
            _write(folder, name, waveforms)
    found = read_json(folder / CLIPS, AudioError)
    return Clips(name, folder, tuple(found["ids"]), np.cumsum([0, *found["lengths"]], dtype=np.int64))


def _write(folder: Path, name: str, waveforms: Iterable[tuple[str, Waveform]]) -> None:
    ids, lengths = [], []
    with replacing(folder / SAMPLES) as draft:
        with draft.open("wb") as file:
            for clip_id, waveform in waveforms:
                speech = find_speech(waveform).waveform
                if len(speech) >= FRAME_SAMPLES and speech.any():
                    file.write((speech.clip(-1, 1) * _FULL).round().astype("<i2").tobytes())
                    ids.append(clip_id)
                    lengths.append(len(speech))
        if not ids:
            raise AudioError(f"{name}: no clip has a frame of sound: nothing can be learnt from it.")
    write_json(folder / CLIPS, {"ids": ids, "lengths": lengths})


def _stamp(path: str) -> str:
    """Return what tells a file from another that takes its place, without reading it."""
    part = segment_of(path)
    found = Path(path if part is None else part.path).stat()
    return f"{found.st_size} {found.st_mtime_ns} {part and (part.start, part.end)}"
