"""What the AFSR paper printed (Information 2025, 16, 945), in per cent, transductive and without any spread.

Its corpora are Berlin (EmoDB), eNTERFACE'05 and CASIA; each pair takes the emotions that both have.
"""

from collections.abc import Mapping, Sequence

from humpcat.benchmarks.papers import printed
from humpcat.protocols.cross_corpus import Pair


def _pair(text: str) -> Pair:
    source, target = text.split(":")
    return source, target


def _by_pair(values: Sequence[float]) -> Mapping[Pair, float]:
    return dict(zip(PAIRS, values, strict=True))


_PRINTED = printed("afsr")

PAIRS: tuple[Pair, ...] = tuple(map(_pair, _PRINTED["pairs"]))
"""Source and target, in the order of its tables."""

FEATURES: str = _PRINTED["features"]
"""The feature set of all its tables but that of feature sets."""

METHODS: Mapping[str, Mapping[Pair, float]] = {name: _by_pair(row) for name, row in _PRINTED["methods"].items()}
"""UAR of each method."""

FEATURE_SETS: Mapping[str, Mapping[Pair, float]] = {
    FEATURES: METHODS["afsr"],
    **{name: _by_pair(row) for name, row in _PRINTED["feature_sets"].items()},
}
"""UAR of AFSR on each feature set."""

MACRO: Mapping[Pair, tuple[float, float, float]] = {
    _pair(pair): (precision, recall, f1) for pair, (precision, recall, f1) in _PRINTED["macro"].items()
}
"""Macro precision, recall and F1 of AFSR; macro recall is UAR, and yet not that of the other tables."""
