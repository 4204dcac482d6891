"""Fill the feature store for many clips: what is missing only, each process its share."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt
from tqdm.auto import tqdm

from humpcat import audio
from humpcat.errors import AudioError
from humpcat.features.base import MAX_BAD_SHARE, Arrays, Extractor
from humpcat.features.computing import File, Reasons, Todo, compute, passes, reason_of
from humpcat.features.distorted_file import DistortedFile
from humpcat.features.hashing import hashes_of
from humpcat.features.shards import Entry
from humpcat.features.store import FeatureStore


@dataclass(frozen=True)
class StoredFeatures:
    """Features of many clips, read from disk when asked for.

    Attributes:
        fingerprints: clip id to the hash of its audio.
        entries: clip id to where its arrays lie in the store, one place an extractor.
        bad: clip id to the sentence that says why it has no features.
    """

    fingerprints: Mapping[str, str]
    entries: Mapping[str, tuple[Entry, ...]]
    bad: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, clip_id: str) -> bool:
        return clip_id in self.entries

    def merge(self, other: "StoredFeatures") -> "StoredFeatures":
        """Return the features of both."""
        return StoredFeatures(
            {**self.fingerprints, **other.fingerprints}, {**self.entries, **other.entries}, {**self.bad, **other.bad}
        )

    def __getitem__(self, clip_id: str) -> Arrays:
        """Return all arrays of a clip, by name.

        Raises:
            AudioError: what the store holds of it has been removed or damaged since it was written.
        """
        return self._read(clip_id, None)

    def read(self, clip_id: str, name: str) -> npt.NDArray[Any]:
        """Return one array of a clip, and read no other from disk.

        Args:
            clip_id: the clip.
            name: the array.

        Raises:
            AudioError: what the store holds of it has been removed or damaged since it was written.
        """
        return self._read(clip_id, name)[name]

    def _read(self, clip_id: str, only: str | None) -> Arrays:
        arrays: Arrays = {}
        for entry in self.entries[clip_id]:
            stored = entry.read(only)
            if stored is None:
                raise AudioError(
                    f"{clip_id}: its features in {entry.shard} are gone or damaged: run the same command again."
                )
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
    hashed = dict(_fingerprints(paths, store) if gather is None else gather(_fingerprints(paths, store, share)))
    # In the order of the paths, whoever hashed them.
    fingerprints = {clip_id: found for clip_id in paths if isinstance(found := hashed[clip_id], str)}
    bad = {clip_id: str(hashed[clip_id]) for clip_id in paths if clip_id not in fingerprints}

    unique = {fingerprint: paths[clip_id] for clip_id, fingerprint in fingerprints.items()}
    mine = sorted(unique.items())[rank::processes]
    failed: dict[str, str] = {}
    for together in passes(extractors):
        failed |= _fill(together, mine, store, show_progress)
    barrier()

    stored = [store.entries(extractor) for extractor in extractors]
    entries: dict[str, tuple[Entry, ...]] = {}
    for clip_id, fingerprint in fingerprints.items():
        if all(fingerprint in one for one in stored):
            entries[clip_id] = tuple(one[fingerprint] for one in stored)
        else:
            bad[clip_id] = failed.get(fingerprint) or reason_of(paths[clip_id])
    if len(bad) > max_bad_share * len(paths):
        first = next(iter(bad.values()))
        raise AudioError(
            f"{len(bad)} of {len(paths)} clips are unusable, at most {max_bad_share:.0%} may be: "
            f"mend or remove them; the first: {first}"
        )
    return StoredFeatures({clip_id: fingerprints[clip_id] for clip_id in entries}, entries, bad)


def _fill(
    extractors: Sequence[Extractor], clips: Sequence[tuple[str, File]], store: FeatureStore, show_progress: bool
) -> Reasons:
    """Compute and store what the extractors of a pass have not computed yet; return why clips have nothing."""
    missing: dict[str, list[int]] = {}
    for place, extractor in enumerate(extractors):
        known = store.entries(extractor)
        damaged = [known[clip] for clip, _ in clips if clip in known and known[clip].read() is None]
        _warn_of_damage(damaged)
        for clip in [clip for clip, _ in clips if clip not in known] + [entry.clip for entry in damaged]:
            missing.setdefault(clip, []).append(place)
    todo = [Todo(file, clip, tuple(missing[clip])) for clip, file in clips if clip in missing]
    if not todo:
        return {}
    store.require_writable()
    reasons: Reasons = {}
    with ExitStack() as stack:
        name = ", ".join(extractor.name for extractor in extractors)
        progress = stack.enter_context(tqdm(total=len(todo), desc=name, unit="clip", disable=not show_progress))
        writers = [stack.enter_context(store.writer(extractor)) for extractor in extractors]
        for part in compute(extractors, todo):
            for (place, clip), arrays in part.arrays.items():
                writers[place].put(clip, arrays)
            reasons |= part.reasons
            progress.update(part.clips)
    return reasons


def _fingerprints(
    paths: Mapping[str, File], store: FeatureStore, share: tuple[int, int] = (0, 1)
) -> list[tuple[str, str | AudioError]]:
    """Return the hash of each of a process' files, or why it has none."""
    rank, processes = share
    mine = list(paths.items())[rank::processes]
    hashes = hashes_of((_place(file) for _, file in mine), store.root / f"hashes-{audio.FINGERPRINT_VERSION}")
    return [(clip_id, _fingerprint(file, hashes[_place(file)])) for clip_id, file in mine]


def _fingerprint(file: File, content: str | AudioError) -> str | AudioError:
    return file.fingerprint(content) if isinstance(file, DistortedFile) and isinstance(content, str) else content


def _place(file: File) -> str:
    return file.path if isinstance(file, DistortedFile) else str(file)


def _warn_of_damage(entries: Sequence[Entry]) -> None:
    if entries:
        more = f" and {len(entries) - 1} more" if len(entries) > 1 else ""
        warnings.warn(
            f"stored features of clip {entries[0].clip} in {entries[0].shard}{more}: damaged or another clip's: "
            "computed again.",
            stacklevel=5,
        )
