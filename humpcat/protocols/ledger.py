"""The ledger of a checkpoint: every speaker, clip and audio content that its weights have seen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from humpcat.errors import ProtocolError
from humpcat.files import read_json, write_json
from humpcat.protocols.rows import Rows, clips, examples


@dataclass(frozen=True)
class Seen:
    """What was seen of one corpus.

    Attributes:
        speakers: ``corpus/speaker``.
        ids: ids of the clips.
        fingerprints: hashes of the audio, as :func:`humpcat.audio.fingerprint` gives them.
        anonymous: whether some clips had no speaker, so that who was seen is not fully known.
    """

    speakers: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    fingerprints: frozenset[str] = frozenset()
    anonymous: bool = False

    def __or__(self, other: "Seen") -> "Seen":
        """Return what either has seen."""
        return Seen(
            self.speakers | other.speakers,
            self.ids | other.ids,
            self.fingerprints | other.fingerprints,
            self.anonymous or other.anonymous,
        )


@dataclass(frozen=True)
class Ledger:
    """What a checkpoint has seen in all of its training, the source corpora included.

    Attributes:
        corpora: corpus to what was seen of it.

    Example:
        >>> rows = [{"id": "toy/1", "corpus": "toy", "speaker": "f1"}]
        >>> ledger = Ledger().merge(Ledger.of(rows, ["toy/1"]))
        >>> Ledger.from_json(ledger.to_json()) == ledger, sorted(ledger.speakers)
        (True, ['toy/f1'])
    """

    corpora: Mapping[str, Seen] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Rows, ids: Iterable[str], fingerprints: Mapping[str, str] | None = None) -> "Ledger":
        """Enter the clips of one training run: those that trained, adapted or validated.

        Args:
            rows: rows that the ids came from.
            ids: the clips seen.
            fingerprints: hash of the audio of each of those ids, where it is known.

        Raises:
            ProtocolError: an id has no row or no fingerprint.
        """
        found = clips(rows, ids)
        hashes = fingerprints_of([clip.id for clip in found], fingerprints)
        corpora: dict[str, Seen] = {}
        for corpus in sorted({clip.corpus for clip in found}):
            own = [clip for clip in found if clip.corpus == corpus]
            corpora[corpus] = Seen(
                speakers=frozenset(clip.speaker for clip in own if clip.speaker is not None),
                ids=frozenset(clip.id for clip in own),
                fingerprints=frozenset(hashes[clip.id] for clip in own if clip.id in hashes),
                anonymous=any(clip.speaker is None for clip in own),
            )
        return cls(corpora)

    def merge(self, other: "Ledger") -> "Ledger":
        """Return a ledger of what either has seen: a fine-tuned checkpoint inherits that of its source."""
        return Ledger(
            {
                corpus: self.corpora.get(corpus, Seen()) | other.corpora.get(corpus, Seen())
                for corpus in sorted({*self.corpora, *other.corpora})
            }
        )

    @property
    def speakers(self) -> frozenset[str]:
        """Speakers seen, as ``corpus/speaker``."""
        return frozenset().union(*(seen.speakers for seen in self.corpora.values()))

    @property
    def ids(self) -> frozenset[str]:
        """Ids seen."""
        return frozenset().union(*(seen.ids for seen in self.corpora.values()))

    @property
    def fingerprints(self) -> frozenset[str]:
        """Audio fingerprints seen."""
        return frozenset().union(*(seen.fingerprints for seen in self.corpora.values()))

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, sorted lists and booleans that :meth:`from_json` takes back."""
        return {
            corpus: {
                "speakers": sorted(seen.speakers),
                "ids": sorted(seen.ids),
                "fingerprints": sorted(seen.fingerprints),
                "anonymous": seen.anonymous,
            }
            for corpus, seen in sorted(self.corpora.items())
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Ledger":
        """Build the ledger that :meth:`to_json` wrote.

        Raises:
            ProtocolError: a field is missing or unknown.
        """
        expected = {"speakers", "ids", "fingerprints", "anonymous"}
        corpora = {}
        for corpus, seen in content.items():
            if not isinstance(seen, Mapping) or set(seen) != expected:
                found = ", ".join(sorted(seen)) if isinstance(seen, Mapping) else type(seen).__name__
                raise ProtocolError(
                    f"ledger: corpus '{corpus}' holds {found}, expected {', '.join(sorted(expected))}: "
                    "take the ledger that was saved with the checkpoint."
                )
            for name in expected:
                _require_type(corpus, name, seen[name])
            sets = {name: frozenset(seen[name]) for name in expected - {"anonymous"}}
            corpora[corpus] = Seen(**sets, anonymous=bool(seen["anonymous"]))
        return cls(corpora)

    def save(self, path: str | Path) -> None:
        """Write the ledger as JSON, atomically.

        Args:
            path: where the file shall lie; missing folders are made.
        """
        write_json(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> "Ledger":
        """Read what :meth:`save` wrote.

        Raises:
            ProtocolError: the file is missing or is not a ledger.
        """
        content = read_json(path, ProtocolError)
        try:
            return cls.from_json(content)
        except ProtocolError as error:
            raise ProtocolError(f"{path}: {error}") from None


def _require_type(corpus: str, name: str, value: Any) -> None:
    whole = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
    if not (isinstance(value, bool) if name == "anonymous" else whole):
        kind = "true or false" if name == "anonymous" else "a list of texts"
        raise ProtocolError(
            f"ledger: corpus '{corpus}': {name} is of type {type(value).__name__}, expected {kind}: take the ledger "
            "that was saved with the checkpoint."
        )


def fingerprints_of(ids: Iterable[str], fingerprints: Mapping[str, str] | None) -> dict[str, str]:
    """Return the fingerprint of each id, nothing where none are known at all.

    Args:
        ids: the clips.
        fingerprints: hash of the audio by id; it may hold further ids.

    Raises:
        ProtocolError: fingerprints were given, but not for every id.
    """
    if fingerprints is None:
        return {}
    wanted = sorted(ids)
    missing = [id_ for id_ in wanted if id_ not in fingerprints]
    if missing:
        raise ProtocolError(
            f"fingerprints: {len(missing)} of {len(wanted)} ids have none ({examples(missing)}): "
            "hash every clip, or pass no fingerprints."
        )
    return {id_: fingerprints[id_] for id_ in wanted}
