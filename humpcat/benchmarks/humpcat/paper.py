"""What the HuMP-CAT paper printed (arXiv 2501.10408), with HuBERT and IEMOCAP."""

from collections.abc import Mapping

from humpcat.benchmarks.papers import printed

_PRINTED = printed("humpcat")

ACCURACY: Mapping[str, float] = _PRINTED["accuracy"]
"""Corpus to accuracy in per cent."""

MEAN: tuple[int, float] = (_PRINTED["mean"]["corpora"], _PRINTED["mean"]["accuracy"])
"""Over how many corpora its mean is, and the mean in per cent."""
