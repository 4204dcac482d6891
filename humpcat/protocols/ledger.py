"""The ledger of a checkpoint: every speaker, clip and audio content that its weights have seen, with labels or not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from humpcat.errors import ProtocolError
from humpcat.features.trained_on import TrainedOn
from humpcat.files import read_json, write_json
from humpcat.protocols.rows import Rows, clips, examples
from humpcat.protocols.seen import MEND, UNKNOWN_HASHES, Seen, together

VERSION = 3
"""Of the file. The first had corpora alone, without whose each recording is, what was hashed, and the encoder; the
second did not know what was heard without labels."""

_FIELDS: Mapping[int, Mapping[str, type]] = {
    2: {"encoder": object, "corpora": Mapping},
    VERSION: {"encoder": object, "corpora": Mapping, "unlabelled": Mapping, "complete": bool},
}
"""What stands in a file beside its version, of which type."""


@dataclass(frozen=True)
class Ledger:
    """What a checkpoint has seen in all of its training, the source corpora included.

    Attributes:
        corpora: corpus to what was learnt from of it.
        encoder: what its speech encoder was trained on before; None where it has none, or nobody wrote it down.
        unlabelled: corpus to what was heard of it without labels: clips that standardise, that the model was aligned
            to, or from which it trained itself.
        complete: whether what was heard without labels is known; an older version did not write it down.

    Example:
        >>> rows = [{"id": f"toy/{number}", "corpus": "toy", "speaker": f"f{number}"} for number in range(2)]
        >>> ledger = Ledger().merge(Ledger.of(rows, ["toy/0"], unlabelled=["toy/1"]))
        >>> Ledger.from_json(ledger.to_json()) == ledger, sorted(ledger.speakers), sorted(ledger.heard.speakers)
        (True, ['toy/f0'], ['toy/f1'])
    """

    corpora: Mapping[str, Seen] = field(default_factory=dict)
    encoder: TrainedOn | None = None
    unlabelled: Mapping[str, Seen] = field(default_factory=dict)
    complete: bool = True

    @classmethod
    def of(
        cls,
        rows: Rows,
        ids: Iterable[str],
        fingerprints: Mapping[str, str] | None = None,
        *,
        unlabelled: Iterable[str] = (),
    ) -> "Ledger":
        """Enter the clips of one training run: those that trained, adapted or validated, and those heard beside them.

        Args:
            rows: rows that the ids came from.
            ids: the clips whose labels were used.
            fingerprints: hash of the audio of each of those ids, where it is known.
            unlabelled: the clips that were heard without their labels.

        Raises:
            ProtocolError: an id has no row or no fingerprint.
        """
        return cls(_seen(rows, ids, fingerprints), unlabelled=_seen(rows, unlabelled, fingerprints))

    def merge(self, other: "Ledger") -> "Ledger":
        """Return a ledger of what either has seen: a fine-tuned checkpoint inherits that of its source.

        Raises:
            ProtocolError: they are of different encoders.
        """
        if self.encoder is not None and other.encoder is not None and self.encoder != other.encoder:
            names = " and ".join(f"{one.encoder} (trained on: {one.said})" for one in (self.encoder, other.encoder))
            raise ProtocolError(f"ledger: is to be merged of the encoders {names}: merge those of one model.")
        return Ledger(
            together(self.corpora, other.corpora),
            self.encoder or other.encoder,
            together(self.unlabelled, other.unlabelled),
            self.complete and other.complete,
        )

    @property
    def speakers(self) -> frozenset[str]:
        """Speakers learnt from, as ``corpus/speaker``."""
        return frozenset().union(*(seen.speakers for seen in self.corpora.values()))

    @property
    def ids(self) -> frozenset[str]:
        """Ids learnt from."""
        return frozenset().union(*(seen.ids for seen in self.corpora.values()))

    @property
    def fingerprints(self) -> frozenset[str]:
        """Fingerprints of the audio learnt from."""
        return frozenset().union(*(seen.fingerprints for seen in self.corpora.values()))

    @property
    def heard(self) -> "Ledger":
        """A ledger of what was heard without labels, as if it had been learnt from."""
        return Ledger(self.unlabelled)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of figures has to know of the ledger: the encoder's own training, and what is not known."""
        older = sorted(name for name, seen in self.corpora.items() if UNKNOWN_HASHES in seen.hashed)
        notes = [] if self.encoder is None else [self.encoder.sentence]
        if older:
            notes.append(
                f"The ledger of {', '.join(older)} is of an older version and does not say whose each recording is, "
                "nor whether hashes are of samples or of files, so that copies of its recordings, and its speakers "
                "under another corpus name, may not be noticed."
            )
        if not self.complete:
            notes.append(
                "The ledger is of an older version and does not say which clips were heard without their labels: "
                "whether test clips are among them is not known."
            )
        return tuple(notes)

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, sorted lists, texts and booleans that :meth:`from_json` takes back."""
        return {
            "version": VERSION,
            "encoder": None if self.encoder is None else self.encoder.to_json(),
            "corpora": _plain(self.corpora),
            "unlabelled": _plain(self.unlabelled),
            "complete": self.complete,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Ledger":
        """Build the ledger that :meth:`to_json` wrote, in this version or an older one.

        Raises:
            ProtocolError: a field is missing, unknown or of another type, or the version is a later one.
        """
        # In the first version names of corpora stood there, each with a mapping.
        version = content.get("version")
        if not isinstance(version, int):
            corpora = {corpus: Seen.from_first_version(corpus, seen) for corpus, seen in content.items()}
            return cls(corpora, complete=False)
        if version not in _FIELDS:
            raise ProtocolError(
                f"ledger: is of version {version}, expected {VERSION} or an older one: update humpcat."
            )
        wanted = _FIELDS[version]
        wrong = set(content) != {"version", *wanted}
        if wrong or any(not isinstance(content[name], kind) for name, kind in wanted.items()):
            raise ProtocolError(
                f"ledger: holds {', '.join(sorted(content))}, expected version, {', '.join(wanted)}, what was seen by "
                f"the names of corpora: {MEND}"
            )
        encoder = None if content["encoder"] is None else TrainedOn.from_json(content["encoder"])
        corpora, unlabelled = (
            {corpus: Seen.from_json(corpus, seen) for corpus, seen in content.get(name, {}).items()}
            for name in ("corpora", "unlabelled")
        )
        return cls(corpora, encoder, unlabelled, content.get("complete", False))

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


def _seen(rows: Rows, ids: Iterable[str], fingerprints: Mapping[str, str] | None) -> dict[str, Seen]:
    found = clips(rows, ids)
    hashes = fingerprints_of([clip.id for clip in found], fingerprints)
    return {
        corpus: Seen.of([clip for clip in found if clip.corpus == corpus], hashes)
        for corpus in sorted({clip.corpus for clip in found})
    }


def _plain(corpora: Mapping[str, Seen]) -> dict[str, Any]:
    return {corpus: seen.to_json() for corpus, seen in sorted(corpora.items())}


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
