"""The ledger of a checkpoint: every speaker, clip and audio content that its weights have seen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from humpcat.errors import ProtocolError
from humpcat.features.trained_on import TrainedOn
from humpcat.files import read_json, write_json
from humpcat.protocols.rows import ClipRow, Rows, clips, examples

_MEND = "take the ledger that was saved with the checkpoint."


VERSION = 2
"""Of the file: the first had corpora alone, without whose each recording is, what was hashed, and the encoder."""

SAMPLES = "samples, of lossy files bytes"
"""What :func:`humpcat.audio.fingerprint` hashes."""

UNKNOWN_HASHES = "samples or bytes of files"
"""What an older version hashed: one of the two, and its ledger does not say which."""


@dataclass(frozen=True)
class Seen:
    """What was seen of one corpus.

    Attributes:
        speakers: ``corpus/speaker``.
        ids: ids of the clips.
        fingerprints: hashes of the audio, as :func:`humpcat.audio.fingerprint` gives them.
        anonymous: whether some clips had no speaker, so that who was seen is not fully known.
        voices: speaker to the fingerprints of that speaker's clips, as far as it is known whose they are.
        hashed: what the fingerprints are hashes of, :data:`SAMPLES` or :data:`UNKNOWN_HASHES`; both where a ledger of
            each kind was merged.
    """

    speakers: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    fingerprints: frozenset[str] = frozenset()
    anonymous: bool = False
    voices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hashed: frozenset[str] = frozenset()

    def __or__(self, other: "Seen") -> "Seen":
        """Return what either has seen."""
        return Seen(
            self.speakers | other.speakers,
            self.ids | other.ids,
            self.fingerprints | other.fingerprints,
            self.anonymous or other.anonymous,
            {
                speaker: self.voices.get(speaker, frozenset()) | other.voices.get(speaker, frozenset())
                for speaker in sorted({*self.voices, *other.voices})
            },
            self.hashed | other.hashed,
        )


@dataclass(frozen=True)
class Ledger:
    """What a checkpoint has seen in all of its training, the source corpora included.

    Attributes:
        corpora: corpus to what was seen of it.
        encoder: what its speech encoder was trained on before; None where it has none, or nobody wrote it down.

    Example:
        >>> rows = [{"id": "toy/1", "corpus": "toy", "speaker": "f1"}]
        >>> ledger = Ledger().merge(Ledger.of(rows, ["toy/1"]))
        >>> Ledger.from_json(ledger.to_json()) == ledger, sorted(ledger.speakers)
        (True, ['toy/f1'])
    """

    corpora: Mapping[str, Seen] = field(default_factory=dict)
    encoder: TrainedOn | None = None

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
                voices=_voices(own, hashes),
                hashed=frozenset([SAMPLES] if hashes else ()),
            )
        return cls(corpora)

    def merge(self, other: "Ledger") -> "Ledger":
        """Return a ledger of what either has seen: a fine-tuned checkpoint inherits that of its source.

        Raises:
            ProtocolError: they are of different encoders.
        """
        if self.encoder is not None and other.encoder is not None and self.encoder != other.encoder:
            names = " and ".join(f"{one.encoder} (trained on: {one.said})" for one in (self.encoder, other.encoder))
            raise ProtocolError(f"ledger: is to be merged of the encoders {names}: merge those of one model.")
        corpora = {
            corpus: self.corpora.get(corpus, Seen()) | other.corpora.get(corpus, Seen())
            for corpus in sorted({*self.corpora, *other.corpora})
        }
        return Ledger(corpora, self.encoder or other.encoder)

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

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of figures has to know of the ledger: the encoder's own training, and what is not known."""
        older = sorted(name for name, seen in self.corpora.items() if UNKNOWN_HASHES in seen.hashed)
        notes = () if self.encoder is None else (self.encoder.sentence,)
        if not older:
            return notes
        return (
            *notes,
            f"The ledger of {', '.join(older)} is of an older version and does not say whose each recording is, nor "
            "whether hashes are of samples or of files, so that copies of its recordings, and its speakers under "
            "another corpus name, may not be noticed.",
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, sorted lists, texts and booleans that :meth:`from_json` takes back."""
        corpora = {
            corpus: {
                "speakers": sorted(seen.speakers),
                "ids": sorted(seen.ids),
                "fingerprints": _by_voice(seen),
                "hashed": sorted(seen.hashed),
                "anonymous": seen.anonymous,
            }
            for corpus, seen in sorted(self.corpora.items())
        }
        encoder = None if self.encoder is None else self.encoder.to_json()
        return {"version": VERSION, "encoder": encoder, "corpora": corpora}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Ledger":
        """Build the ledger that :meth:`to_json` wrote, in this version or in the first.

        Raises:
            ProtocolError: a field is missing, unknown or of another type, or the version is a later one.
        """
        # In the first version names of corpora stood there, each with a mapping.
        version = content.get("version")
        if not isinstance(version, int):
            return cls({corpus: _first_version(corpus, seen) for corpus, seen in content.items()})
        if version != VERSION:
            raise ProtocolError(f"ledger: is of version {version}, expected {VERSION} or the first: update humpcat.")
        if set(content) != {"version", "encoder", "corpora"} or not isinstance(content["corpora"], Mapping):
            raise ProtocolError(
                f"ledger: holds {', '.join(sorted(content))}, expected version, encoder and corpora by their names: "
                f"{_MEND}"
            )
        encoder = None if content["encoder"] is None else TrainedOn.from_json(content["encoder"])
        return cls({corpus: _this_version(corpus, seen) for corpus, seen in content["corpora"].items()}, encoder)

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


def _voices(found: Iterable[ClipRow], hashes: Mapping[str, str]) -> dict[str, frozenset[str]]:
    voices: dict[str, set[str]] = {}
    for clip in found:
        if clip.speaker is not None and clip.id in hashes:
            voices.setdefault(clip.speaker, set()).add(hashes[clip.id])
    return {speaker: frozenset(own) for speaker, own in sorted(voices.items())}


def _by_voice(seen: Seen) -> dict[str, list[str]]:
    """Return the fingerprints of each speaker; those of whom it is not known whose they are under an empty name."""
    nobody = seen.fingerprints.difference(*seen.voices.values())
    found = {speaker: sorted(own) for speaker, own in sorted(seen.voices.items())}
    return found | ({"": sorted(nobody)} if nobody else {})


def _first_version(corpus: str, seen: Any) -> Seen:
    _require_fields(corpus, seen, {"speakers": list, "ids": list, "fingerprints": list, "anonymous": bool})
    fingerprints = frozenset(seen["fingerprints"])
    hashed = frozenset([UNKNOWN_HASHES] if fingerprints else ())
    return Seen(frozenset(seen["speakers"]), frozenset(seen["ids"]), fingerprints, seen["anonymous"], hashed=hashed)


def _this_version(corpus: str, seen: Any) -> Seen:
    lists = {"speakers": list, "ids": list, "hashed": list}
    _require_fields(corpus, seen, {**lists, "fingerprints": dict, "anonymous": bool})
    for name, own in seen["fingerprints"].items():
        _require_type(corpus, f"fingerprints of '{name}'", own, list)
    strange = sorted({*seen["fingerprints"]} - {"", *seen["speakers"]}) + sorted(
        {*seen["hashed"]} - {SAMPLES, UNKNOWN_HASHES}
    )
    if strange:
        raise ProtocolError(
            f"ledger: corpus '{corpus}': {examples(strange)}: expected fingerprints of its speakers, hashed from "
            f"{SAMPLES} or from {UNKNOWN_HASHES}: {_MEND}"
        )
    return Seen(
        frozenset(seen["speakers"]),
        frozenset(seen["ids"]),
        frozenset().union(*seen["fingerprints"].values()),
        seen["anonymous"],
        {speaker: frozenset(own) for speaker, own in sorted(seen["fingerprints"].items()) if speaker},
        frozenset(seen["hashed"]),
    )


def _require_fields(corpus: str, seen: Any, fields: Mapping[str, type]) -> None:
    if not isinstance(seen, Mapping) or set(seen) != set(fields):
        found = ", ".join(sorted(seen)) if isinstance(seen, Mapping) else type(seen).__name__
        raise ProtocolError(f"ledger: corpus '{corpus}' holds {found}, expected {', '.join(sorted(fields))}: {_MEND}")
    for name, kind in fields.items():
        _require_type(corpus, name, seen[name], kind)


def _require_type(corpus: str, name: str, value: Any, kind: type) -> None:
    listed = kind is not list or (isinstance(value, list) and all(isinstance(entry, str) for entry in value))
    if not isinstance(value, kind) or not listed:
        expected = {bool: "true or false", list: "a list of texts", dict: "lists of texts by speaker"}[kind]
        raise ProtocolError(
            f"ledger: corpus '{corpus}': {name} is of type {type(value).__name__}, expected {expected}: {_MEND}"
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
