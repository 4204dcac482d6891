"""A learning curve, and what more labelled clips would buy, by a power law of the error."""

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

FEWEST_AMOUNTS = 4
"""Amounts of clips below which a curve of three parameters would pass through anything."""

WIDEST = 0.3
"""Width of the interval above which nothing is foretold."""

FARTHEST = 0.05
"""How far above what was measured last a curve may begin to foretell; accuracy that falls fits no such curve."""

FEW_SPEAKERS = 5
"""Speakers below which clips are resampled, because so few speakers have hardly any resamples."""

# Errors fall with an exponent between nothing and one; above it few points would be taken for the bottom.
_EXPONENTS = np.linspace(0.1, 1.0, 19)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CurvePoint:
    """Accuracy after learning from some clips.

    Attributes:
        clips: labelled clips learnt from, all classes together.
        accuracy: mean over draws.
        low: lower end of the 95 % interval.
        high: upper end.
    """

    clips: float
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """What was measured, and what is expected of more clips.

    Attributes:
        points: accuracy by number of clips, in rising order.
        expected: with all clips, then with twice as many; empty where that cannot be told.
        reason: why it cannot be told; empty where it can.
    """

    points: tuple[CurvePoint, ...]
    expected: tuple[CurvePoint, ...]
    reason: str = ""

    def sentence(self) -> str:
        """Return what twice as many clips would buy, in one sentence."""
        if not self.expected:
            return f"What more clips would buy cannot be told: {self.reason}."
        now, twice = self.expected
        gain = "hardly more than" if twice.accuracy - now.accuracy < 0.01 else "from"
        return (
            f"Twice as many clips ({twice.clips:g}): accuracy about {100 * twice.accuracy:.0f} % "
            f"({100 * twice.low:.0f} to {100 * twice.high:.0f}), {gain} about {100 * now.accuracy:.0f} % with these "
            f"{now.clips:g}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers."""
        return asdict(self) | {"sentence": self.sentence()}


def learning_curve(
    right: Sequence[tuple[float, npt.NDArray[np.bool_]]],
    units: Sequence[Hashable],
    clips: int,
    *,
    seed: int = 0,
    resamples: int = 200,
) -> LearningCurve:
    """Fit error = a + b * clips ** -c and say what it gives for all clips and for twice as many.

    The form is that of Hestness et al. (Deep Learning Scaling is Predictable, Empirically, 2017), with
    0 <= a, 0 <= b and c between 0.1 and 1. The intervals are those of a bootstrap over speakers and draws, each
    resample with a fit of its own.

    Args:
        right: number of clips learnt from, in rising order, and whether each test clip was answered right, shape
            (draws, test clips), the test clips in the same order everywhere.
        units: speaker of each test clip; of fewer than five speakers, the clips are resampled.
        clips: number of all labelled clips.
        seed: seed of the resampling.
        resamples: number of resamples.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> measured = [(n, rng.random((20, 400)) > 0.1 + 0.6 * n**-0.5) for n in (4, 8, 16, 32)]
        >>> curve = learning_curve(measured, range(400), 40)
        >>> curve.sentence()
        'Twice as many clips (80): accuracy about 81 % (79 to 84), from about 80 % with these 40.'
    """
    amounts = np.array([amount for amount, _ in right])
    index = _units(units)
    rng = np.random.default_rng(seed)
    estimates = np.array([1 - answers.mean() for _, answers in right])
    errors = np.array([_resampled(right, index, rng) for _ in range(resamples)])
    points = tuple(
        CurvePoint(float(amount), float(1 - estimate), *_ends(1 - errors[:, place]))
        for place, (amount, estimate) in enumerate(zip(amounts, estimates, strict=True))
    )
    if len(right) < FEWEST_AMOUNTS:
        return LearningCurve(
            points, (), f"the clips give {len(right)} points of a curve and {FEWEST_AMOUNTS} are needed"
        )
    wanted = np.array([clips, 2 * clips], float)
    foretold = 1 - power_law(amounts, estimates, wanted)
    if foretold[0] - points[-1].accuracy > FARTHEST:
        return LearningCurve(points, (), "accuracy does not rise with the clips as a power law would have it")
    spread = 1 - np.array([power_law(amounts, row, wanted) for row in errors])
    expected = tuple(
        CurvePoint(float(wanted[place]), float(foretold[place]), *_ends(spread[:, place])) for place in range(2)
    )
    width = expected[1].high - expected[1].low
    if width > WIDEST:
        return LearningCurve(points, (), f"the interval would be {100 * width:.0f} points wide")
    return LearningCurve(points, expected)


def power_law(amounts: Floats, errors: Floats, wanted: Floats) -> Floats:
    """Fit a power law to errors and return what it gives elsewhere.

    Args:
        amounts: clips learnt from.
        errors: share of wrong answers at each amount.
        wanted: amounts to foretell.

    Example:
        >>> amounts = np.array([4.0, 16.0, 64.0])
        >>> power_law(amounts, 0.1 + amounts**-0.5, np.array([256.0])).round(2).tolist()
        [0.16]
    """
    # Given the exponent it is a linear fit with coefficients that are not negative.
    fits = [
        (*nnls(np.column_stack([np.ones_like(amounts), amounts**-exponent]), errors), exponent)
        for exponent in _EXPONENTS
    ]
    (floor, drop), _, exponent = min(fits, key=lambda fit: fit[1])
    return np.clip(floor + drop * wanted**-exponent, 0, 1)


def _units(units: Sequence[Hashable]) -> npt.NDArray[np.int64]:
    """Return the number of each test clip's unit of resampling."""
    numbers: dict[Hashable, int] = {}
    found = np.array([numbers.setdefault(unit, len(numbers)) for unit in units])
    return found if len(numbers) >= FEW_SPEAKERS else np.arange(len(units))


def _resampled(
    right: Sequence[tuple[float, npt.NDArray[np.bool_]]], unit: npt.NDArray[np.int64], rng: np.random.Generator
) -> list[float]:
    """Return the error at each amount, of units and draws that are drawn again."""
    n_units = unit.max() + 1
    weights = rng.multinomial(n_units, np.full(n_units, 1 / n_units))[unit]
    errors = []
    for _, answers in right:
        drawn = answers[rng.integers(0, len(answers), len(answers))]
        errors.append(1 - float((drawn @ weights).mean() / weights.sum()))
    return errors


def _ends(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
