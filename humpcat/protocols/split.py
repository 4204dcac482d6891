"""A split: which clips train, adapt, validate and test, and what that guarantees."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from humpcat.errors import ProtocolError
from humpcat.files import read_json, write_json

PARTS = ("train", "adapt", "valid", "test")
"""The parts of a split; a source protocol fills ``train``, a target protocol ``adapt``."""

SPEAKER_DEPENDENT = "SPEAKER-DEPENDENT"
"""First word of the guarantee of every split whose test clips have a speaker that was seen before."""


@dataclass(frozen=True)
class Split:
    """Ids for each part; equal content in any order makes equal splits.

    Attributes:
        name: the protocol and its settings, such as "speaker-share=0.2".
        seed: the draw.
        guarantee: what holds between the parts, in words; whatever is made from the split carries it.
        train: ids that train a source model, sorted.
        adapt: ids that adapt it to a target, sorted.
        valid: ids that choose the checkpoint, sorted.
        test: ids that nothing but the evaluation sees, sorted.

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

    def __post_init__(self) -> None:
        part_of: dict[str, str] = {}
        for part in PARTS:
            ids = tuple(sorted(getattr(self, part)))
            for id_ in ids:
                if id_ in part_of:
                    where = f"twice in {part}" if part_of[id_] == part else f"in {part_of[id_]} and in {part}"
                    raise ProtocolError(f"split '{self.name}': {id_} is {where}: put each id in one part.")
                part_of[id_] = part
            object.__setattr__(self, part, ids)

    @property
    def speaker_dependent(self) -> bool:
        """Whether test speakers were, or may have been, seen before the test."""
        return self.guarantee.startswith(SPEAKER_DEPENDENT)

    @property
    def hash(self) -> str:
        """32 hexadecimal digits that change with any id, the name, the seed or the guarantee."""
        content = json.dumps(self.to_json(), sort_keys=True).encode()
        return hashlib.blake2b(content, digest_size=16).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return plain strings, numbers and lists that :meth:`from_json` takes back."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if name in PARTS else value for name, value in values.items()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Split":
        """Build the split that :meth:`to_json` wrote.

        Raises:
            ProtocolError: a field is missing or unknown, or an id stands twice.
        """
        expected = {field.name for field in fields(cls)}
        if set(content) != expected:
            raise ProtocolError(
                f"split: fields {', '.join(sorted(content)) or 'none'} found, expected {', '.join(sorted(expected))}: "
                "make the split again."
            )
        values: dict[str, Any] = {name: tuple(value) if name in PARTS else value for name, value in content.items()}
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
        return cls.from_json(read_json(path, ProtocolError))
