"""Running statistics of one speaker: from what the checkpoint holds to the speaker's own, clip by clip, no labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from humpcat.features.base import Arrays
from humpcat.models.humpcat.standardization import Moments, Statistics, add_up, as_statistics, moments_of

MEAN_WEIGHT = 5.0
"""Clips that the checkpoint's mean counts as; ``recipes/bench_running.py`` chose it."""

SPREAD_WEIGHT = 100.0
"""Clips that the checkpoint's spread counts as, which a few clips tell far less of."""


@dataclass(frozen=True)
class RunningStatistics:
    r"""What a speaker's clips are standardised by while they come in.

    The checkpoint's mean :math:`\mu_0` and standard deviation :math:`\sigma_0` are the prior, worth
    :math:`\kappa` clips for the mean and :math:`\nu` for the spread. After :math:`n` clips of mean :math:`m` and
    variance :math:`v`, both as ``measure`` has them,

    .. math::

        \mu_n = \frac{\kappa \mu_0 + n m}{\kappa + n}, \qquad
        \sigma_n^2 = \frac{\nu \sigma_0^2 + n v + \frac{\kappa n}{\kappa + n} (m - \mu_0)^2}{\nu + n},

    the posterior of the conjugate prior of a normal distribution, scaled inverse chi-squared for its variance
    (Gelman et al., *Bayesian Data Analysis*, 3rd edition, section 3.3). Without clips these are the checkpoint's
    statistics, with many those that ``measure`` gives of the speaker's clips. The order of clips does not matter.

    Attributes:
        prior: the statistics that the checkpoint holds.
        heard: moments of each stream over the clips heard; empty before the first.
        mean_weight: clips that the prior's mean counts as.
        spread_weight: clips that the prior's spread counts as.
    """

    prior: Statistics
    heard: Mapping[str, Moments] = field(default_factory=dict)
    mean_weight: float = MEAN_WEIGHT
    spread_weight: float = SPREAD_WEIGHT

    @property
    def clips(self) -> int:
        """Number of clips heard."""
        return next(iter(self.heard.values())).clips if self.heard else 0

    def hear(self, clip: Arrays) -> "RunningStatistics":
        """Return the statistics after one more clip; these here do not change.

        Args:
            clip: its arrays, as for ``measure``.
        """
        return replace(self, heard=add_up([self.heard, moments_of(clip, self.prior)]))

    def statistics(self) -> Statistics:
        """Return mean and standard deviation of each stream, shape (2, ...), as ``measure`` does."""
        if not self.heard:
            return self.prior
        return {name: as_statistics(*self._posterior(name, moments)) for name, moments in self.heard.items()}

    def _posterior(self, name: str, moments: Moments) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the mean and variance of a stream, by the formulas above."""
        mean, spread = self.prior[name].double().numpy()
        clips = moments.clips
        share = clips / (self.mean_weight + clips)
        apart = moments.mean - mean
        squares = self.spread_weight * np.square(spread) + moments.deviations
        variance = (squares + self.mean_weight * share * np.square(apart)) / (self.spread_weight + clips)
        return mean + share * apart, variance
