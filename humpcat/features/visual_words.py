"""Visual words: KAZE descriptors of a log-mel picture, and a codebook that counts which kinds of them it holds.

The bag of visual words (BOVW) of VACNN + BOVW (Sensors 2020, 20, 5559), section 3.2.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import MiniBatchKMeans
from sklearn.metrics import pairwise_distances_argmin, silhouette_score
from sklearn.utils.validation import check_is_fitted

from humpcat.audio import Waveform
from humpcat.errors import CheckpointError, SettingsError
from humpcat.features.base import Arrays, Extractor
from humpcat.features.logmel import LogMel
from humpcat.features.opencv import opencv
from humpcat.files import replacing

DESCRIPTOR_WIDTH = 64
WORDS = 128
"""Words of the paper's codebook."""

SILHOUETTE_SAMPLE = 4000
"""Descriptors that a mean silhouette is taken over at most: its cost grows with their square."""

_BATCH = 4096

Descriptors = npt.NDArray[np.floating[Any]]


class Kaze(Extractor):
    """KAZE descriptors of the log-mel picture: array ``kaze`` of shape (key points, 64), float16.

    KAZE: Alcantarilla, Bartoli and Davison, KAZE Features, ECCV 2012, as OpenCV has it, with its defaults. Silence and
    what is as smooth has no key points.

    Example:
        >>> import numpy as np
        >>> Kaze().extract([np.zeros(16_000, dtype=np.float32)])[0]["kaze"].shape
        (0, 64)
    """

    name = "kaze"
    version = 1
    in_processes = True

    def __init__(self) -> None:
        self.picture = LogMel()

    def settings(self) -> Mapping[str, Any]:
        """Return the picture's settings; those of KAZE are OpenCV's defaults."""
        return {"picture": [self.picture.version, dict(self.picture.settings())], "kaze": "default"}

    def extract(self, waveforms: Sequence[Waveform]) -> list[Arrays]:
        """Return ``kaze`` for each waveform, see the class."""
        return [{"kaze": describe(arrays["image"])} for arrays in self.picture.extract(waveforms)]


def describe(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float16]:
    """Return the KAZE descriptors of a grey picture, shape (key points, 64).

    Args:
        image: shape (height, width).
    """
    _, found = _kaze().detectAndCompute(image, None)
    return np.zeros((0, DESCRIPTOR_WIDTH), np.float16) if found is None else found.astype(np.float16)


@cache
def _kaze() -> Any:
    return opencv().KAZE.create()


class Codebook(TransformerMixin, BaseEstimator):
    """Words are the centres of k-means clusters of descriptors; a clip becomes the shares of its words.

    Args:
        words: number of words; or several, of which the one with the highest mean silhouette is taken, the larger of
            equals.
        seed: seed of k-means and of the sample that silhouettes are taken over.

    Attributes:
        words_: shape (words, 64), float32.
        silhouettes_: number of words to mean silhouette, where several were tried.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> clips = [rng.normal(rng.integers(3), 0.01, (5, 64)) for _ in range(20)]
        >>> codebook = Codebook(words=(2, 3, 4)).fit(clips)
        >>> len(codebook.words_), codebook.transform([clips[0], np.zeros((0, 64))]).sum(axis=1).tolist()
        (3, [1.0, 0.0])
    """

    def __init__(self, words: int | Sequence[int] = WORDS, *, seed: int = 0) -> None:
        self.words = words
        self.seed = seed

    def fit(self, X: Sequence[Descriptors], y: object = None) -> Self:
        """Find the words.

        Args:
            X: descriptors of each clip, shape (key points, 64); of training clips only.
            y: not looked at.

        Raises:
            SettingsError: there are no more different descriptors than words.
        """
        points = np.concatenate([np.zeros((0, DESCRIPTOR_WIDTH)), *X]).astype(np.float32)
        sizes = tuple(sorted(np.atleast_1d(self.words).tolist()))
        different = len(np.unique(points, axis=0))
        if different <= sizes[-1]:
            raise SettingsError(
                f"codebook of {sizes[-1]} words: the {len(X)} clips have {different} different descriptors, expected "
                f"more than {sizes[-1]}: ask for fewer words or give more clips."
            )
        tried = {size: self._clustered(points, size) for size in sizes}
        self.silhouettes_: dict[int, float] = {}
        if len(sizes) > 1:
            sample = np.random.default_rng(self.seed).permutation(len(points))[:SILHOUETTE_SAMPLE]
            self.silhouettes_ = {size: _silhouette(points[sample], words) for size, words in tried.items()}
        best = max(sizes, key=lambda size: (self.silhouettes_.get(size, 0.0), size))
        self.words_ = tried[best]
        return self

    def transform(self, X: Sequence[Descriptors]) -> npt.NDArray[np.float32]:
        """Return the share of each word among a clip's descriptors.

        Args:
            X: descriptors of each clip, shape (key points, 64).

        Returns:
            Shape (clips, words); a row sums to one, or is zero for a clip without key points.
        """
        check_is_fitted(self, "words_")
        counts = np.zeros((len(X), len(self.words_)), dtype=np.float32)
        for row, descriptors in zip(counts, X, strict=True):
            if len(descriptors):
                row += np.bincount(nearest(descriptors, self.words_), minlength=len(row))
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def save(self, path: str | Path) -> None:
        """Write the words as safetensors, atomically.

        Args:
            path: where the file shall lie; missing folders are made.
        """
        check_is_fitted(self, "words_")
        with replacing(path) as draft:
            save_file({"words": self.words_}, draft)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`save` wrote.

        Args:
            path: the file.

        Raises:
            CheckpointError: the file is missing or is not a codebook.
        """
        try:
            arrays = load_file(path)
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"{path}: is no codebook ({error}): write one with Codebook.save.") from None
        words = arrays.get("words", np.zeros(0))
        if words.ndim != 2 or words.shape[1] != DESCRIPTOR_WIDTH:
            raise CheckpointError(
                f"{path}: holds {', '.join(sorted(arrays)) or 'nothing'}, expected 'words' of shape (words, "
                f"{DESCRIPTOR_WIDTH}): write it with Codebook.save."
            )
        codebook = cls(len(words))
        codebook.words_, codebook.silhouettes_ = words, {}
        return codebook

    def _clustered(self, points: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
        clusters = MiniBatchKMeans(size, random_state=self.seed, n_init=3, batch_size=_BATCH).fit(points)
        return np.asarray(clusters.cluster_centers_, dtype=np.float32)


def nearest(descriptors: Descriptors, words: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the index of the word nearest to each descriptor.

    Args:
        descriptors: shape (key points, 64), one or more.
        words: shape (words, 64).
    """
    return np.asarray(pairwise_distances_argmin(descriptors.astype(np.float32), words))


def _silhouette(points: npt.NDArray[np.float32], words: npt.NDArray[np.float32]) -> float:
    """Return the mean silhouette (equation 3 of the paper), -1 where all points are of one word."""
    labels = nearest(points, words)
    kinds = len(np.unique(labels))
    return float(silhouette_score(points, labels)) if 1 < kinds < len(points) else -1.0
