"""Statistics of clips whose arrays are measured one by one, when they are asked for."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial

import numpy as np
from torch import Tensor

from humpcat.features.extraction import StoredFeatures
from humpcat.models.humpcat.standardization import Moments, add_up, moments_of, utterance_values


class MeasuredStatistics(Mapping[str, Tensor]):
    """What :func:`humpcat.models.humpcat.standardization.measure` gives, of an array when it is first asked for.

    Whoever reads one small array of every clip of a large corpus, as the linear probe does, need not read all others.

    Args:
        features: features of the clips.
        ids: the clips, one or more.
    """

    def __init__(self, features: StoredFeatures, ids: Sequence[str]) -> None:
        self._features, self._ids = features, tuple(ids)
        self._known: dict[str, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._known:
            self._known[name] = add_up({name: self._moments(name, clip_id)} for clip_id in self._ids)[
                name
            ].statistics()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _moments(self, name: str, clip_id: str) -> Moments:
        values = utterance_values(partial(self._features.read, clip_id), name)
        return Moments.of(name, values.astype(np.float32))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(moments_of(self._features[self._ids[0]]))
