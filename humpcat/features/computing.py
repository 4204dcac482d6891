"""Compute features of many clips with all cores: an encoder in threads or batches, Praat in processes."""

from collections import ChainMap, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
from joblib.executor import get_memmapping_executor

from humpcat import audio
from humpcat.device import cores, one_core_a_thread
from humpcat.errors import AudioError, HumpcatError
from humpcat.features.base import BATCH_CLIPS, Arrays, Extractor
from humpcat.features.distorted_file import DistortedFile
from humpcat.features.speech import find_speech

File = str | DistortedFile
"""What a clip is read from: a path, or a file that is distorted."""

Reasons = dict[str, str]
"""Hash of a clip to the sentence that says why it has no features."""

PROCESS_CLIPS = 8
"""Clips that a process is given at a time."""

FEW_CLIPS = 64
"""Clips that are not worth starting processes for."""

POOL_SECONDS = 300
"""Seconds for which processes wait for more work."""

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Todo:
    """A clip of which features are missing.

    Attributes:
        file: what it is read from.
        fingerprint: hash of its audio.
        missing: places of the extractors, among those of the same pass, that have not computed it.
    """

    file: File
    fingerprint: str
    missing: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Part:
    """What was computed of some clips.

    Attributes:
        clips: how many there were.
        arrays: place of an extractor and hash of a clip to the clip's arrays.
        reasons: hash of a clip to the sentence that says why it has none.
    """

    clips: int
    arrays: dict[tuple[int, str], Arrays]
    reasons: Reasons


def passes(extractors: Sequence[Extractor]) -> list[list[Extractor]]:
    """Return which extractors are computed together: those in processes, so that a clip is read once for all of them.

    Args:
        extractors: all that are computed.
    """
    together = [extractor for extractor in extractors if extractor.in_processes]
    alone = [[extractor] for extractor in extractors if not extractor.in_processes]
    return [*alone, together] if together else alone


def compute(extractors: Sequence[Extractor], todo: list[Todo]) -> Iterator[Part]:
    """Compute the features of clips in the way that is fastest for their extractors.

    Args:
        extractors: one of the :func:`passes`.
        todo: the clips.

    Yields:
        What was computed of some clips, in any order.
    """
    if extractors[0].in_processes:
        yield from _in_processes(extractors, todo)
    elif extractors[0].in_threads:
        yield from _in_threads(extractors, todo)
    else:
        yield from _in_batches(extractors[0], todo)


def heard(extractor: Extractor, recording: audio.Waveform) -> audio.Waveform:
    """Return what an extractor computes its features of: the speech of a recording, or all of it.

    Args:
        extractor: the extractor.
        recording: shape (samples,), 16 kHz.
    """
    return find_speech(recording).waveform if extractor.hears_speech else recording


def _in_batches(extractor: Extractor, todo: list[Todo]) -> Iterator[Part]:
    """Compute batches of clips of like length, while those of the next batch are read in threads."""
    batches = deque(_chunks(_by_length(todo), BATCH_CLIPS))
    reading: deque[list[tuple[Todo, Future[audio.Waveform | None]]]] = deque()
    with ThreadPoolExecutor(cores()) as threads:
        try:
            while batches or reading:
                while batches and len(reading) < 2:
                    reading.append([(clip, threads.submit(_hear, extractor, clip.file)) for clip in batches.popleft()])
                batch = [(clip, future.result()) for clip, future in reading.popleft()]
                arrays, reasons = _compute(extractor, [(clip, sound) for clip, sound in batch if sound is not None])
                yield Part(len(batch), {(0, fingerprint): found for fingerprint, found in arrays.items()}, reasons)
        finally:
            for batch_read in reading:
                for _, future in batch_read:
                    future.cancel()


def _hear(extractor: Extractor, file: File) -> audio.Waveform | None:
    """Return what an extractor hears of a file, None where it cannot be used."""
    recording = _load(file)
    return None if recording is None else heard(extractor, recording)


def _in_threads(extractors: Sequence[Extractor], todo: list[Todo]) -> Iterator[Part]:
    with one_core_a_thread() as on_one_core:
        jobs = (joblib.delayed(on_one_core(_one_by_one))(extractors, [clip]) for clip in todo)
        workers = joblib.Parallel(n_jobs=cores(), backend="threading", return_as="generator_unordered")
        yield from workers(jobs)


def _in_processes(extractors: Sequence[Extractor], todo: list[Todo]) -> Iterator[Part]:
    """Compute in processes, and in this one too until they have begun, which takes seconds."""
    workers = cores()
    left = deque(_chunks(todo, PROCESS_CLIPS))
    if len(todo) <= FEW_CLIPS or workers == 1:
        yield from (_one_by_one(extractors, batch) for batch in left)
        return
    # joblib's own, which it knows of: it would take loky's for one that it made itself, and fail there.
    pool = get_memmapping_executor(workers, timeout=POOL_SECONDS, env=dict.fromkeys(_THREADS, "1"))
    given: deque[Future[Part]] = deque()
    there = False
    try:
        while left or given:
            while left and len(given) < 4 * workers:
                given.append(pool.submit(_one_by_one, extractors, left.popleft()))
            there = there or not left or given[0].done()
            yield given.popleft().result() if there else _one_by_one(extractors, left.pop())
    finally:
        for future in given:
            future.cancel()


def _one_by_one(extractors: Sequence[Extractor], batch: list[Todo]) -> Part:
    """Compute clips one after the other, each of which is read once, and its speech found once, for all extractors."""
    part = Part(len(batch), {}, {})
    for clip in batch:
        recording = _load(clip.file)
        if recording is None:
            continue
        speech = (
            find_speech(recording).waveform if any(extractors[i].hears_speech for i in clip.missing) else recording
        )
        for place in clip.missing:
            sound = speech if extractors[place].hears_speech else recording
            arrays, reasons = _compute(extractors[place], [(clip, sound)])
            part.arrays.update({(place, fingerprint): found for fingerprint, found in arrays.items()})
            part.reasons.update(reasons)
    return part


def _compute(extractor: Extractor, clips: Sequence[tuple[Todo, audio.Waveform]]) -> tuple[dict[str, Arrays], Reasons]:
    """Compute clips together, or one by one where that fails, so that one clip does not take the others down."""
    try:
        computed = extractor.extract([waveform for _, waveform in clips])
    # Praat, NumPy and torch each have errors of their own; what is no fault of a clip fails for all of them.
    except Exception as error:
        if isinstance(error, HumpcatError) and not isinstance(error, AudioError):
            raise
        if len(clips) > 1:
            parts = [_compute(extractor, [clip]) for clip in clips]
            return dict(ChainMap(*(arrays for arrays, _ in parts))), dict(ChainMap(*(reasons for _, reasons in parts)))
        clip, waveform = clips[0]
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        seconds = len(waveform) / audio.SAMPLING_RATE
        said = f"{clip.file}: {extractor.name} of its {seconds:.1f} s cannot be computed ({reason})."
        return {}, {clip.fingerprint: said}
    whole: dict[str, Arrays] = {}
    reasons: Reasons = {}
    for (clip, _), arrays in zip(clips, computed, strict=True):
        finite = [] if extractor.may_be_undefined else list(arrays)
        broken = [name for name in finite if not np.isfinite(arrays[name]).all()]
        if broken:
            reasons[clip.fingerprint] = f"{clip.file}: its {broken[0]} holds NaN or infinity: leave the clip out."
        else:
            whole[clip.fingerprint] = arrays
    return whole, reasons


def _by_length(todo: list[Todo]) -> list[Todo]:
    """Sort by the header's duration, so that batches are of one length; what cannot be read comes first."""

    def duration(clip: Todo) -> float:
        try:
            return audio.probe(clip.file.path if isinstance(clip.file, DistortedFile) else clip.file).duration
        except AudioError:
            return 0.0

    return sorted(todo, key=duration)


def _load(file: File) -> audio.Waveform | None:
    """Return the samples of a file, None where it cannot be used."""
    try:
        return audio.load(_sound(file))
    except AudioError:
        return None


def _sound(file: File) -> Any:
    """Return what :mod:`humpcat.audio` reads a file from."""
    return file.recording() if isinstance(file, DistortedFile) else file


def reason_of(file: File) -> str:
    """Return the sentence that says why a file has no features in the store."""
    try:
        audio.load(_sound(file))
    except AudioError as error:
        return str(error)
    return f"{file}: its features could not be stored: check that the disk is not full."


def _chunks(items: Sequence[Todo], size: int) -> Iterable[list[Todo]]:
    return (list(items[start : start + size]) for start in range(0, len(items), size))
