"""The order in which examples come: batches of one length, or balanced over corpora and classes."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

POOL_BATCHES = 20
"""Batches that are drawn at once and sorted by length among themselves, so that little is padded."""

Batches = list[list[int]]


def shuffled_by_length(
    lengths: Sequence[float], batch_size: int, sizes: Sequence[int] | None = None
) -> Callable[[np.random.Generator], Batches]:
    """Return a plan in which every clip comes once an epoch, beside clips of about its length.

    Clips of several corpora are mixed. Those of a smaller one come again, until they are as many as those of the
    largest.

    Args:
        lengths: length of each clip, in any unit.
        batch_size: clips a batch.
        sizes: number of clips of each corpus, in the order of the lengths; all are of one by default.

    Example:
        >>> plan = shuffled_by_length([5, 1, 4, 2], batch_size=2)
        >>> sorted(sorted(batch) for batch in plan(np.random.default_rng(0)))
        [[0, 2], [1, 3]]
    """

    def plan(rng: np.random.Generator) -> Batches:
        clips = _as_often(sizes or [len(lengths)], rng)
        order = clips[rng.permutation(len(clips))]
        batches: Batches = []
        for start in range(0, len(order), batch_size * POOL_BATCHES):
            pool = sorted(order[start : start + batch_size * POOL_BATCHES].tolist(), key=lambda index: lengths[index])
            batches += [pool[place : place + batch_size] for place in range(0, len(pool), batch_size)]
        return [batches[place] for place in rng.permutation(len(batches))]

    return plan


def balanced_mix(
    target_labels: Sequence[int],
    source_labels: Sequence[Sequence[int]],
    *,
    target: int,
    source: int,
    batches: int,
    balanced: bool = True,
) -> Callable[[np.random.Generator], Batches]:
    """Return a plan of batches of target and source clips, each drawn apart.

    Examples 0 to ``len(target_labels)`` are the target's, those after them the source's. Of several source corpora
    each is as likely as the others.

    Args:
        target_labels: class of each target clip.
        source_labels: for each source corpus the class of each clip.
        target: target clips a batch.
        source: source clips a batch; 0 leaves the source out.
        batches: batches an epoch.
        balanced: whether every class is as likely as the others; otherwise every clip is.
    """

    def plan(rng: np.random.Generator) -> Batches:
        ours = _chances(target_labels, balanced)
        theirs = (
            np.concatenate([_chances(own, balanced) for own in source_labels]) / len(source_labels) if source else None
        )
        result = []
        for _ in range(batches):
            batch = rng.choice(len(ours), min(target, len(ours)), replace=False, p=ours).tolist()
            if theirs is not None:
                batch += (len(ours) + rng.choice(len(theirs), source, p=theirs)).tolist()
            result.append(batch)
        return result

    return plan


def _as_often(sizes: Sequence[int], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the indices of the clips of each corpus, repeated until they are as many as those of the largest."""
    chosen, first = [], 0
    for size in sizes:
        times, rest = divmod(max(sizes), size)
        chosen.append(first + np.tile(np.arange(size), times))
        if rest:
            chosen.append(first + rng.choice(size, rest, replace=False))
        first += size
    return np.concatenate(chosen)


def _chances(labels: Sequence[int], balanced: bool) -> np.ndarray:
    """Return a probability for each clip, the same for all or the same in sum for all classes."""
    values = np.asarray(labels)
    weights = 1.0 / np.bincount(values)[values] if balanced else np.ones(len(values))
    return weights / weights.sum()
