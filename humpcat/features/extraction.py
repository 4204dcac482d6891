"""Fill the feature store for many clips: what is missing only, encoder in threads or batches, Praat in processes."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
from tqdm.auto import tqdm

from humpcat import audio
from humpcat.device import one_core_a_thread
from humpcat.errors import AudioError, HumpcatError
from humpcat.features.base import Arrays, Extractor
from humpcat.features.distorted_file import DistortedFile
from humpcat.features.speech import find_speech
from humpcat.features.store import FeatureStore, read_arrays

File = str | DistortedFile
"""What a clip is read from: a path, or a file that is distorted."""

BATCH_CLIPS = 64
MAX_BAD_SHARE = 0.05
"""Share of unusable clips above which a run stops instead of going on without them."""


@dataclass(frozen=True)
class StoredFeatures:
    """Features of many clips, read from disk when asked for.

    Attributes:
        fingerprints: clip id to the hash of its audio.
        files: clip id to its store files, one an extractor.
        bad: clip id to the sentence that says why it has no features.
    """

    fingerprints: Mapping[str, str]
    files: Mapping[str, tuple[Path, ...]]
    bad: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, clip_id: str) -> bool:
        return clip_id in self.files

    def merge(self, other: "StoredFeatures") -> "StoredFeatures":
        """Return the features of both."""
        return StoredFeatures(
            {**self.fingerprints, **other.fingerprints}, {**self.files, **other.files}, {**self.bad, **other.bad}
        )

    def __getitem__(self, clip_id: str) -> Arrays:
        """Return all arrays of a clip, by name.

        Raises:
            AudioError: the store's file has been removed or damaged since it was written.
        """
        return self._read(clip_id, None)

    def read(self, clip_id: str, name: str) -> npt.NDArray[Any]:
        """Return one array of a clip, and read no other from disk.

        Args:
            clip_id: the clip.
            name: the array.

        Raises:
            AudioError: the store's file has been removed or damaged since it was written.
        """
        return self._read(clip_id, name)[name]

    def _read(self, clip_id: str, only: str | None) -> Arrays:
        arrays: Arrays = {}
        for path in self.files[clip_id]:
            stored = read_arrays(path, only)
            if stored is None:
                raise AudioError(f"{clip_id}: its features in {path} are gone or damaged: run the same command again.")
            arrays |= stored
            if only in arrays:
                break
        return arrays


def extract(
    paths: Mapping[str, File],
    extractors: Sequence[Extractor],
    store: FeatureStore,
    *,
    share: tuple[int, int] = (0, 1),
    barrier: Callable[[], None] = lambda: None,
    gather: Callable[[list[Any]], list[Any]] | None = None,
    show_progress: bool = True,
    max_bad_share: float = MAX_BAD_SHARE,
) -> StoredFeatures:
    """Compute and store what is missing; clips that cannot be used are left out and reported.

    Args:
        paths: clip id to its audio file, which may be one that is distorted.
        extractors: what to compute.
        store: where to.
        share: this process' rank and the number of processes, each of which computes its part.
        barrier: waits for all processes.
        gather: returns what all processes have in lists of theirs together, so that each hashes its part of the files
            only; without it every process hashes all.
        show_progress: whether to draw progress bars, which only one process should.
        max_bad_share: largest share of unusable clips.

    Returns:
        The features of all usable clips, those of the other processes included.

    Raises:
        AudioError: more than ``max_bad_share`` of the clips are unusable.
        HumpcatError: the store cannot be written, which is seen before anything is computed.
    """
    rank, processes = share
    hashed = dict(_fingerprints(paths) if gather is None else gather(_fingerprints(paths, rank, processes)))
    # In the order of the paths, whoever hashed them.
    fingerprints = {clip_id: found for clip_id in paths if isinstance(found := hashed[clip_id], str)}
    bad = {clip_id: str(hashed[clip_id]) for clip_id in paths if clip_id not in fingerprints}

    unique = {fingerprint: paths[clip_id] for clip_id, fingerprint in fingerprints.items()}
    mine = sorted(unique.items())[rank::processes]
    failed: dict[str, str] = {}
    for extractor in extractors:
        todo = [(path, fingerprint) for fingerprint, path in mine if not store.has(extractor, fingerprint)]
        _warn_of_damage([store.path(extractor, fingerprint) for _, fingerprint in todo])
        if todo:
            store.require_writable()
        compute = _in_processes if extractor.in_processes else _in_threads if extractor.in_threads else _in_batches
        progress = tqdm(total=len(todo), desc=extractor.name, unit="clip", disable=not (show_progress and todo))
        with progress:
            for count, reasons in compute(extractor, todo, store):
                progress.update(count)
                failed |= reasons
    barrier()

    files: dict[str, tuple[Path, ...]] = {}
    for clip_id, fingerprint in fingerprints.items():
        places = tuple(store.path(extractor, fingerprint) for extractor in extractors)
        if all(place.is_file() for place in places):
            files[clip_id] = places
        else:
            bad[clip_id] = failed.get(fingerprint) or _reason(paths[clip_id])
    if len(bad) > max_bad_share * len(paths):
        first = next(iter(bad.values()))
        raise AudioError(
            f"{len(bad)} of {len(paths)} clips are unusable, at most {max_bad_share:.0%} may be: "
            f"mend or remove them; the first: {first}"
        )
    return StoredFeatures({clip_id: fingerprints[clip_id] for clip_id in files}, files, bad)


def heard(extractor: Extractor, recording: audio.Waveform) -> audio.Waveform:
    """Return what an extractor computes its features of: the speech of a recording, or all of it.

    Args:
        extractor: the extractor.
        recording: shape (samples,), 16 kHz.
    """
    return find_speech(recording).waveform if extractor.hears_speech else recording


def _fingerprints(paths: Mapping[str, File], rank: int = 0, processes: int = 1) -> list[tuple[str, str | AudioError]]:
    """Return the hash of each of a process' files, or why it has none."""
    found: list[tuple[str, str | AudioError]] = []
    for clip_id, path in list(paths.items())[rank::processes]:
        try:
            found.append((clip_id, _fingerprint(path)))
        except AudioError as error:
            found.append((clip_id, error))
    return found


def _fingerprint(file: File) -> str:
    return file.fingerprint() if isinstance(file, DistortedFile) else audio.fingerprint(file)


def _warn_of_damage(paths: Sequence[Path]) -> None:
    damaged = [path for path in paths if path.exists()]
    if damaged:
        more = f" and {len(damaged) - 1} more" if len(damaged) > 1 else ""
        warnings.warn(
            f"stored features {damaged[0]}{more}: damaged, of an older version or another clip's: computed again.",
            stacklevel=3,
        )


Reasons = dict[str, str]
"""Hash of a clip to the sentence that says why it has no features."""


def _in_batches(
    extractor: Extractor, todo: list[tuple[File, str]], store: FeatureStore
) -> Iterator[tuple[int, Reasons]]:
    for batch in _chunks(_by_length(todo), BATCH_CLIPS):
        loaded = [
            (path, fingerprint, waveform)
            for path, fingerprint in batch
            if (waveform := _load(path, extractor)) is not None
        ]
        yield len(batch), _compute_and_store(extractor, loaded, store)


def _in_processes(
    extractor: Extractor, todo: list[tuple[File, str]], store: FeatureStore
) -> Iterator[tuple[int, Reasons]]:
    jobs = (joblib.delayed(_load_and_store)(extractor, batch, store) for batch in _chunks(todo, BATCH_CLIPS))
    workers = joblib.cpu_count() if len(todo) > BATCH_CLIPS else 1
    yield from joblib.Parallel(n_jobs=workers, return_as="generator_unordered")(jobs)


def _in_threads(
    extractor: Extractor, todo: list[tuple[File, str]], store: FeatureStore
) -> Iterator[tuple[int, Reasons]]:
    with one_core_a_thread() as on_one_core:
        jobs = (joblib.delayed(on_one_core(_load_and_store))(extractor, [clip], store) for clip in todo)
        workers = joblib.Parallel(n_jobs=joblib.cpu_count(), backend="threading", return_as="generator_unordered")
        yield from workers(jobs)


def _load_and_store(extractor: Extractor, batch: list[tuple[File, str]], store: FeatureStore) -> tuple[int, Reasons]:
    reasons: Reasons = {}
    for path, fingerprint in batch:
        waveform = _load(path, extractor)
        if waveform is not None:
            reasons |= _compute_and_store(extractor, [(path, fingerprint, waveform)], store)
    return len(batch), reasons


def _compute_and_store(
    extractor: Extractor, clips: Sequence[tuple[File, str, audio.Waveform]], store: FeatureStore
) -> Reasons:
    """Compute clips together, or one by one where that fails, so that one clip does not take the others down."""
    try:
        computed = extractor.extract([waveform for *_, waveform in clips])
    # Praat, NumPy and torch each have errors of their own; what is no fault of a clip fails for all of them.
    except Exception as error:
        if isinstance(error, HumpcatError) and not isinstance(error, AudioError):
            raise
        if len(clips) > 1:
            found: Reasons = {}
            for clip in clips:
                found |= _compute_and_store(extractor, [clip], store)
            return found
        path, fingerprint, waveform = clips[0]
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        seconds = len(waveform) / audio.SAMPLING_RATE
        return {fingerprint: f"{path}: {extractor.name} of its {seconds:.1f} s cannot be computed ({reason})."}
    reasons: Reasons = {}
    for (path, fingerprint, _), arrays in zip(clips, computed, strict=True):
        whole = [] if extractor.may_be_undefined else list(arrays)
        broken = [name for name in whole if not np.isfinite(arrays[name]).all()]
        if broken:
            reasons[fingerprint] = f"{path}: its {broken[0]} holds NaN or infinity: leave the clip out."
            continue
        store.put(extractor, fingerprint, arrays)
    return reasons


def _by_length(todo: list[tuple[File, str]]) -> list[tuple[File, str]]:
    """Sort by the header's duration, so that batches are of one length; what cannot be read comes first."""

    def duration(item: tuple[File, str]) -> float:
        file, _ = item
        try:
            return audio.probe(file.path if isinstance(file, DistortedFile) else file).duration
        except AudioError:
            return 0.0

    return sorted(todo, key=duration)


def _load(file: File, extractor: Extractor) -> audio.Waveform | None:
    """Return what an extractor hears of a file, None where the file cannot be used."""
    try:
        return heard(extractor, audio.load(_sound(file)))
    except AudioError:
        return None


def _sound(file: File) -> Any:
    """Return what :mod:`humpcat.audio` reads a file from."""
    return file.recording() if isinstance(file, DistortedFile) else file


def _reason(file: File) -> str:
    try:
        audio.load(_sound(file))
    except AudioError as error:
        return str(error)
    return f"{file}: its features could not be stored: check that the disk is not full."


def _chunks(items: Sequence[tuple[File, str]], size: int) -> Iterable[list[tuple[File, str]]]:
    return (list(items[start : start + size]) for start in range(0, len(items), size))
