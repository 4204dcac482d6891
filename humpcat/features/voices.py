"""Who speaks, where nobody says: clips grouped by voice, from stored MFCC and prosody and without any label.

A clip is described by how its voiced cepstra lie (their means and covariances, which say more of a vocal tract than
the means alone) and by its pitch. docs/protocols.md says how near the groups are to the speakers: not very, for an
emotion moves a voice too.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from humpcat.errors import SettingsError
from humpcat.features.base import Arrays
from humpcat.features.prosody import FRAME_VALUES

MOST_VOICES = 30
"""Most voices that are looked for where their number is not given."""

CEPSTRA = slice(1, 13)
"""Columns of the MFCC that are looked at: not the first, which follows loudness, and no slopes."""

_DIRECTIONS = 10
_PITCH = 0.2
"""Weight of a standard deviation of pitch beside directions of unit length."""

_FEWEST_FRAMES = 6
_SAMPLE = 2000
"""Clips by which the silhouette is measured: it compares every pair."""

Values = npt.NDArray[np.float64]


def voices(clips: Sequence[Arrays], number: int | None = None, *, seed: int = 0) -> list[int]:
    """Group clips by who seems to speak.

    Args:
        clips: of each clip the arrays ``mfcc`` (frames, 40) and ``prosody`` (frames, 8), as they are stored.
        number: how many speak, 1 to the number of clips; None to choose it by the silhouette, from 2 to
            :data:`MOST_VOICES`.
        seed: of the clustering.

    Returns:
        A group of each clip, counted from 0 in the order in which they first occur.

    Raises:
        SettingsError: there is no clip, or the number is out of range.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> def clip(tract):
        ...     prosody = np.tile([12.0 + tract, 1, 60, 10, 0, 0, 0, 0], (50, 1))
        ...     return {"mfcc": tract * np.arange(40) + rng.normal(size=(50, 40)), "prosody": prosody}
        >>> voices([clip(tract) for tract in (0, 1, 0, 1, 0, 1)], 2)
        [0, 1, 0, 1, 0, 1]
    """
    if not clips:
        raise SettingsError("voices: there is no clip, expected one or more: name some.")
    if number is not None and not 1 <= number <= len(clips):
        raise SettingsError(
            f"voices: number {number} found, expected 1 to {len(clips)}, the number of clips: ask for such a number."
        )
    points = _described(clips)
    if number is not None:
        return _in_order(_grouped(points, number, seed))
    # A silhouette needs two groups, and fewer groups than clips.
    tried = range(2, min(MOST_VOICES, len(clips) - 1) + 1)
    if not tried or np.ptp(points, axis=0).max() == 0:
        return [0] * len(clips)
    found = [_grouped(points, count, seed) for count in tried]
    return _in_order(max(found, key=lambda groups: _silhouette(points, groups, seed)))


def _described(clips: Sequence[Arrays]) -> Values:
    """Return a point for each clip: directions of its cepstra, of unit length together, and its pitch."""
    heard = [_voiced(clip) for clip in clips]
    frames = np.concatenate([cepstra for cepstra, _ in heard])
    mean, spread = frames.mean(0), np.maximum(frames.std(0), 1e-6)
    upper = np.triu_indices(frames.shape[1])
    directions = _whitened(np.array([_shape((cepstra - mean) / spread, upper) for cepstra, _ in heard]))
    lengths = np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-9)
    pitch = np.array([pitch for _, pitch in heard])
    pitch = (pitch - pitch.mean(0)) / np.maximum(pitch.std(0), 1e-6)
    return np.hstack([directions / lengths, _PITCH * pitch])


def _whitened(shapes: Values) -> Values:
    """Return the strongest directions of points, each of variance one; those in which no point moves are nothing."""
    fitted = PCA(min(_DIRECTIONS, *shapes.shape), svd_solver="full")
    values = fitted.fit_transform(shapes) if len(shapes) > 1 else np.zeros((1, 1))
    spread = values.std(0)
    return np.where(spread > 1e-6, values / np.maximum(spread, 1e-6), 0.0)


def _voiced(clip: Arrays) -> tuple[Values, Values]:
    """Return the cepstra of the voiced frames, of all where few are voiced, and middle and low pitch in semitones."""
    frames = min(len(clip["mfcc"]), len(clip["prosody"]))
    prosody = clip["prosody"][:frames].astype(np.float64)
    voiced = prosody[:, FRAME_VALUES.index("voicing")] > 0.5
    if voiced.sum() < _FEWEST_FRAMES:
        voiced[:] = True
    pitch = prosody[voiced, FRAME_VALUES.index("f0")]
    return clip["mfcc"][:frames][voiced, CEPSTRA].astype(np.float64), np.percentile(pitch, [50, 10])


def _shape(cepstra: Values, upper: tuple[npt.NDArray[np.intp], ...]) -> Values:
    covariance = np.cov(cepstra.T) if len(cepstra) > 1 else np.zeros((cepstra.shape[1],) * 2)
    return np.concatenate([cepstra.mean(0), covariance[upper]])


def _grouped(points: Values, number: int, seed: int) -> npt.NDArray[np.int32]:
    found: npt.NDArray[np.int32] = KMeans(number, n_init=10, random_state=seed).fit_predict(points)
    return found


def _silhouette(points: Values, groups: npt.NDArray[np.int32], seed: int) -> float:
    if not 1 < len(set(groups.tolist())) < len(points):
        return -1.0
    sample = _SAMPLE if len(points) > _SAMPLE else None
    return float(silhouette_score(points, groups, sample_size=sample, random_state=seed))


def _in_order(groups: npt.NDArray[np.int32]) -> list[int]:
    order = {group: place for place, group in enumerate(dict.fromkeys(groups.tolist()))}
    return [order[group] for group in groups.tolist()]
