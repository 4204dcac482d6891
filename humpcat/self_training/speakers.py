"""Adapt to several speakers: what is of the voice is told from what is of the classes that a speaker has clips of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from humpcat.self_training.class_shares import disagreement
from humpcat.self_training.memory import SourceMemory
from humpcat.self_training.precision import Array
from humpcat.self_training.ridge import UNLABELLED, SelfTrainedRidge
from humpcat.self_training.soft_labels import group_codes, sharpened

PRIOR_CLIPS = 2.0
"""Clips that the expectation weighs as much as, that a speaker is like all others."""

PRIOR_OF_CLASS = 5.0
"""Clips that the expectation weighs as much as, that a class is like all others."""

SWEEPS = 3
"""How often speakers are told from classes and classes from speakers."""

BETTER = 0.95
"""Share of the disagreement below which a start from all clips together is taken in place of one from each speaker's:
where speakers have clips of all classes alike the two are within some hundredths, and the latter is the better."""

SMALLEST = 1e-3
"""Smallest deviation that values are divided by."""

BOUND = 6.0
"""Largest standardised value, as for every regression."""


@dataclass(frozen=True)
class SpeakerClips:
    """Clips of several speakers, as a regression reads them.

    Attributes:
        own: values standardised by each speaker's own clips, shape (clips, values).
        raw: values as they are, shape (clips, values).
        labels: class indices, ``UNLABELLED`` where not known, shape (clips,).
        speakers: the speaker of each clip.
    """

    own: npt.NDArray[np.floating]
    raw: npt.NDArray[np.floating]
    labels: npt.NDArray[np.int64]
    speakers: Sequence[Any]


def fit_speakers(
    ridge: Callable[..., SelfTrainedRidge],
    clips: SpeakerClips,
    by_speaker: SourceMemory,
    by_corpus: SourceMemory | None = None,
) -> SelfTrainedRidge:
    """Return a ridge regression of clips that each speaker's own standardise, some of them without labels.

    A speaker's mean is of the voice only as far as the classes are as frequent as they are with others. So the clips
    are labelled first by what is standardised by each speaker's clips, and once more by what is standardised by all
    clips together. Either way the soft labels tell voice from classes, see :func:`without_voices`, and clips are
    labelled again without the voices. Taken are the labels that explain themselves better when each clip is left out.
    Where no way of them can be believed, clips without labels are not learnt from.

    Args:
        ridge: makes an unfitted regression, of settings that it is given.
        clips: the clips.
        by_speaker: the source, whose clips each speaker's own standardised.
        by_corpus: the source, whose clips were standardised together; None where it is not known.

    Returns:
        The regression of values that each speaker's clips standardise; ``target_scores_`` are those without voices.
    """
    unknown = clips.labels == UNLABELLED
    starts = [ridge().fit_from(by_speaker, clips.own, clips.labels, clips.speakers)]
    together = standardised(clips.raw)
    if by_corpus is not None:
        starts.append(ridge().fit_from(by_corpus, together, clips.labels))
    group_of = group_codes(clips.speakers, len(clips.raw))
    found = []
    for start in starts:
        if start.self_trained_:
            values = without_voices(together, start.target_labels_, group_of)
            again = ridge().fit_from(by_speaker, values, clips.labels, clips.speakers, start.target_scores_)
            if again.self_trained_:
                found.append((disagreement(again.target_scores_[unknown]), again))
    if not found:
        return ridge(rounds=0).fit_from(by_speaker, clips.own, clips.labels, clips.speakers)
    worse, best = found[0]
    for disagrees, other in found[1:]:
        if disagrees < BETTER * worse:
            best = other
    # A speaker of few clips may be off by now, but nothing can drift any more: labels are as sharp as those of many.
    labels = best.target_labels_.copy()
    labels[unknown] = sharpened(best.target_scores_[unknown], best.temperatures[1])
    return ridge().fit_labels(by_speaker, clips.own, labels, best.target_scores_)


def standardised(values: npt.NDArray[np.floating]) -> Array:
    """Return values less their mean over clips, divided by their deviation and bounded, shape (clips, values)."""
    exact = values.astype(np.float64)
    spread = np.maximum(exact.std(axis=0), SMALLEST)
    bounded: Array = np.clip((exact - exact.mean(axis=0)) / spread, -BOUND, BOUND)
    return bounded


def without_voices(values: Array, soft: Array, group_of: npt.NDArray[np.int64]) -> Array:
    """Return values without what is each speaker's, whatever classes the speaker's clips are of.

    A value is the mean of its class, what is the speaker's, and the rest: an additive model, fitted by going from one
    part to the other (Hastie and Tibshirani, Generalized Additive Models, 1990, chapter 4), with few clips drawn to
    zero. A speaker's deviation is that of the rest, and that of classes as if all were as frequent.

    Args:
        values: shape (clips, values), standardised over all clips.
        soft: how far each clip is of each class, shape (clips, classes).
        group_of: number of the speaker of each clip, shape (clips,).

    Returns:
        Values of the same shape, about standardised.

    Example:
        >>> classes = np.array([0, 0, 0, 1, 0, 1, 1, 1] * 10)
        >>> speaker = np.array([0, 0, 0, 0, 1, 1, 1, 1] * 10)
        >>> values = (2.0 * classes + 5.0 * speaker)[:, None]
        >>> found = without_voices(values, np.eye(2)[classes], speaker)
        >>> [float(found[(classes == 1) & (speaker == one)].mean().round()) for one in (0, 1)]
        [1.0, 1.0]
    """
    member = np.eye(int(group_of.max()) + 1)[group_of]
    weight = soft.sum(axis=0)[:, None] + PRIOR_OF_CLASS
    count = member.sum(axis=0)[:, None] + PRIOR_CLIPS
    voices = np.zeros((member.shape[1], values.shape[1]))
    for _ in range(SWEEPS):
        rest = values - voices[group_of]
        classes = (soft.T @ rest + PRIOR_OF_CLASS * rest.mean(axis=0)) / weight
        voices = member.T @ (values - soft @ classes) / count
    values = values - voices[group_of]
    rest = (values - soft @ classes) ** 2
    own = (member.T @ rest + PRIOR_CLIPS * rest.mean(axis=0)) / count
    deviation = np.sqrt(classes.var(axis=0) + own)
    cleared: Array = np.clip(
        (values - classes.mean(axis=0)) / np.maximum(deviation, SMALLEST)[group_of], -BOUND, BOUND
    )
    return cleared
