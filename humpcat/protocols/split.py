"""A split: which clips train, adapt, validate and test, and what that guarantees."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from humpcat.errors import ProtocolError
from humpcat.files import read_json, write_json
from humpcat.protocols.guarantee import SPEAKER_DEPENDENT, TRANSDUCTIVE, Guarantee

__all__ = ["PARTS", "SPEAKER_DEPENDENT", "TRANSDUCTIVE", "Split"]

PARTS = ("train", "adapt", "valid", "test")
"""The parts of a split; a source protocol fills ``train``, a target protocol ``adapt``."""

_MAY_BE_ABSENT = ("unlabelled", "notes")
_LISTS = (*PARTS, *_MAY_BE_ABSENT)


@dataclass(frozen=True)
class Split:
    """Ids for each part; equal content in any order makes equal splits.

    Attributes:
        name: the protocol and its settings, such as "speaker-share=0.2".
        seed: the draw.
        guarantee: what holds between the parts, in the words of :class:`~humpcat.protocols.guarantee.Guarantee`;
            whatever is made from the split carries it.
        train: ids that train a source model, sorted.
        adapt: ids that adapt it to a target, sorted.
        valid: ids that choose the checkpoint, sorted.
        test: ids that nothing but the evaluation sees, sorted.
        unlabelled: ids that a model may learn from without their labels, sorted; test clips may be among them only
            where the guarantee is stamped TRANSDUCTIVE.
        notes: sentences on what could not be balanced; they explain the split and do not change its hash.

    Raises:
        ProtocolError: an id stands twice.

    Example:
        >>> split = Split("by hand", 0, "speaker-disjoint", adapt=("b", "a"), test=("c",))
        >>> split.adapt
        ('a', 'b')
        >>> Split.from_json(split.to_json()) == split
        True
    """

    name: str
    seed: int
    guarantee: str
    train: tuple[str, ...] = ()
    adapt: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        part_of: dict[str, str] = {}
        for part in (*PARTS, "unlabelled"):
            ids = tuple(sorted(getattr(self, part)))
            for id_ in ids:
                if part == "unlabelled" and part_of.get(id_) == "test" and self.transductive:
                    # Still to be told from an id that stands twice in unlabelled.
                    part_of[id_] = part
                    continue
                if id_ in part_of:
                    where = f"twice in {part}" if part_of[id_] == part else f"in {part_of[id_]} and in {part}"
                    raise ProtocolError(f"split '{self.name}': {id_} is {where}: put each id in one part.")
                part_of[id_] = part
            object.__setattr__(self, part, ids)
        object.__setattr__(self, "notes", tuple(self.notes))

    @property
    def speaker_dependent(self) -> bool:
        """Whether test speakers were, or may have been, seen before the test."""
        return Guarantee.parse(self.guarantee).speaker_dependent

    @property
    def transductive(self) -> bool:
        """Whether test clips were seen without their labels."""
        return Guarantee.parse(self.guarantee).transductive

    @property
    def learnt(self) -> tuple[str, ...]:
        """Ids whose labels a model may use: train, adapt and valid, sorted."""
        return tuple(sorted((*self.train, *self.adapt, *self.valid)))

    @property
    def seen(self) -> tuple[str, ...]:
        """Ids that a model made on the split has seen, with or without labels, sorted: what its ledger must hold."""
        return tuple(sorted({*self.learnt, *self.unlabelled}))

    @property
    def hash(self) -> str:
        """32 hexadecimal digits that change with any id, the name, the seed or the guarantee."""
        content = {name: value for name, value in self.to_json().items() if name != "notes"}
        return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()

    def stamped(self, stamp: str) -> "Split":
        """Return the split with another guarantee; one that is transductive stays stamped so.

        Args:
            stamp: the guarantee, such as :func:`check_unseen` returns.

        Example:
            >>> split = Split("by hand", 0, "TRANSDUCTIVE: cross-corpus", test=("a",), unlabelled=("a",))
            >>> split.stamped("SPEAKER-DEPENDENT: who speaks is not known").guarantee
            'SPEAKER-DEPENDENT, TRANSDUCTIVE: who speaks is not known'
        """
        guarantee = Guarantee.parse(stamp)
        return replace(self, guarantee=str(guarantee.stamped(TRANSDUCTIVE) if self.transductive else guarantee))

    def standardised(self, how: str | None) -> "Split":
        """Return the split with a guarantee that says how clips are standardised, in place of what it said of that.

        Args:
            how: as :func:`humpcat.protocols.guarantee.standardised_by` gives it; None to say nothing.
        """
        return replace(self, guarantee=str(Guarantee.parse(self.guarantee).standardised(how)))

    def adding(self, *clauses: str) -> "Split":
        """Return the split with further clauses at the end of its guarantee, except those that it has.

        Args:
            *clauses: such as :func:`humpcat.protocols.heard_before` returns.
        """
        return replace(self, guarantee=str(Guarantee.parse(self.guarantee).adding(*clauses)))

    def to_json(self) -> dict[str, Any]:
        """Return plain strings, numbers and lists that :meth:`from_json` takes back."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        # Left out where empty, so that the splits of results on disk keep their hash.
        return {
            name: list(value) if name in _LISTS else value
            for name, value in values.items()
            if value or name not in _MAY_BE_ABSENT
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Split":
        """Build the split that :meth:`to_json` wrote.

        Raises:
            ProtocolError: a field is missing, unknown or of another type, or an id stands twice.
        """
        known = {field.name for field in fields(cls)}
        expected = known.difference(_MAY_BE_ABSENT)
        if not expected <= set(content) <= known:
            raise ProtocolError(
                f"split: fields {', '.join(sorted(content)) or 'none'} found, expected {', '.join(sorted(expected))}: "
                "make the split again."
            )
        for name, value in content.items():
            _require_type(name, value)
        values: dict[str, Any] = {name: tuple(value) if name in _LISTS else value for name, value in content.items()}
        return cls(**values)

    def save(self, path: str | Path) -> None:
        """Write the split as JSON, atomically.

        Args:
            path: where the file shall lie; missing folders are made.
        """
        write_json(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> "Split":
        """Read what :meth:`save` wrote.

        Raises:
            ProtocolError: the file is missing or is not a split.
        """
        content = read_json(path, ProtocolError)
        try:
            return cls.from_json(content)
        except ProtocolError as error:
            raise ProtocolError(f"{path}: {error}") from None


def _require_type(name: str, value: Any) -> None:
    """Refuse what JSON can hold and a split cannot, such as one string where a list of them belongs."""
    if name in _LISTS:
        wrong = [item for item in value if not isinstance(item, str)] if isinstance(value, list | tuple) else [value]
        expected = "a list of strings"
    else:
        # True is an int to Python, but no seed.
        kind = int if name == "seed" else str
        wrong = [] if isinstance(value, kind) and not isinstance(value, bool) else [value]
        expected = "a whole number" if kind is int else "a string"
    if wrong:
        raise ProtocolError(
            f"split: {name} holds {wrong[0]!r} ({type(wrong[0]).__name__}), expected {expected}: make the split again."
        )
