"""A protocol by name: a function from rows, the class of each clip and a seed to splits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

from humpcat.keywords import keywords_of, refuse_unknown
from humpcat.protocols.rows import Rows
from humpcat.protocols.split import Split

Drawn = Split | Sequence[Split] | Mapping[Any, Split]


@dataclass(frozen=True)
class Protocol:
    """Who is trained on, adapted on and tested on, by name.

    Attributes:
        name: how it is called.
        draw: makes one split or several of rows, the class of each clip by id, and ``seed``.

    Example:
        >>> from humpcat.protocols import PROTOCOLS
        >>> rows = [{"id": f"toy/{i}", "corpus": "toy", "speaker": f"s{i % 5}", "gender": None} for i in range(40)]
        >>> folds = PROTOCOLS["speaker-folds"].splits(rows, {row["id"]: "anger" for row in rows}, k=5)
        >>> len(folds), folds[0].guarantee.partition(";")[0]
        (5, 'speaker-disjoint test')
    """

    name: str
    draw: Callable[..., Drawn]

    def splits(self, rows: Rows, classes: Mapping[str, str], *, seed: int = 0, **settings: Any) -> list[Split]:
        """Draw the splits.

        Args:
            rows: rows of one or several corpora; those that are not in ``classes`` are left out.
            classes: the class of each clip by id.
            seed: the draw.
            **settings: the protocol's own, such as ``share`` or ``k``.

        Raises:
            ProtocolError: a setting is out of range, or there is too little to draw from.
            KeywordError: the protocol has no such setting.
        """
        known = keywords_of(self.draw)
        # A protocol of a plugin may take any settings, and looks at them itself.
        if not any(each.kind is each.VAR_KEYWORD for each in signature(self.draw).parameters.values()):
            refuse_unknown(f"protocol '{self.name}'", settings, known)
        drawn = self.draw(rows, classes, seed=seed, **settings)
        if isinstance(drawn, Split):
            return [drawn]
        return list(drawn.values() if isinstance(drawn, Mapping) else drawn)
