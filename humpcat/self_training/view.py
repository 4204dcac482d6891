"""What one regression sees of a source and a target: all values, or some of them scaled up or left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from humpcat.self_training.precision import Array, Precision


@dataclass(frozen=True)
class View:
    """A source as the prior of a target, in values that are scaled by factors of their own.

    Attributes:
        factors: factor of each value and of the intercept, shape (width,).
        precision: precision of the weights given the source.
        pull: what the source's labels pull the weights to, shape (width, classes).
        rows: values of the target's clips, shape (clips, width).
    """

    factors: Array
    precision: Precision
    pull: Array
    rows: Array

    @classmethod
    def of(cls, factors: npt.ArrayLike, precision: Precision, pull: Array, rows: Array) -> "View":
        """Return the view of values as they are through factors.

        Args:
            factors: factor of each value, shape (width - 1,).
            precision: precision of the weights of unscaled values, given the source.
            pull: the pull on these.
            rows: unscaled values of the target, the last of them the one of the intercept.
        """
        own = np.append(np.asarray(factors, np.float64), 1.0)
        return cls(own, precision.scaled_by(own), own[:, None] * pull, rows * own)

    def weights(self, noise: Array, labels: Array) -> Array:
        """Return the weights of unscaled values that source and labels together give, shape (width, classes).

        Args:
            noise: variance of the noise of each clip's label, shape (clips,).
            labels: shape (clips, classes), less the mean over classes.
        """
        fitted = self.precision.plus(self.rows, noise).solve(self.pull + (self.rows.T / noise) @ labels)
        weights: Array = self.factors[:, None] * fitted
        return weights

    def scores(self, noise: Array, labels: Array, at: npt.NDArray[np.int64]) -> Array:
        """Return scores of all clips by the source and by the labels of some, shape (clips, classes).

        Args:
            noise: as for :meth:`weights`.
            labels: as for :meth:`weights`.
            at: the clips whose labels count.
        """
        rows = self.rows[at]
        weights = self.precision.plus(rows, noise[at]).solve(self.pull + (rows.T / noise[at]) @ labels[at])
        scores: Array = self.rows @ weights
        return scores

    def left_out(self, noise: Array) -> Callable[[Array], Array]:
        """Return what turns labels into the scores of each clip by the source and all other clips.

        Labels and scores are of shape (clips, classes), less the mean over classes. One factor of the matrix gives all
        of them at once (Rasmussen and Williams 2006, equation 5.12).

        Args:
            noise: as for :meth:`weights`.
        """
        every = self.precision.plus(self.rows, noise)
        smoother = every.smoother(self.rows, noise)
        # A clip's share in its own answer tells what the others alone would have said.
        others = np.maximum(1 - smoother.own, np.finfo(float).eps)[:, None]
        from_source = self.rows @ every.solve(self.pull)

        def scores(labels: Array) -> Array:
            return labels - (labels - from_source - smoother.scores(labels)) / others

        return scores


def mean_of(parts: Sequence[Array]) -> Array:
    """Return the mean of what several views say, arrays of one shape."""
    mean: Array = sum(parts[1:], start=parts[0]) / len(parts)
    return mean
