"""What was seen of one corpus: speakers, clips, whose recordings they are; as plain values and back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from humpcat.errors import ProtocolError
from humpcat.protocols.rows import ClipRow, examples

MEND = "take the ledger that was saved with the checkpoint."

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

    @classmethod
    def of(cls, own: Iterable[ClipRow], hashes: Mapping[str, str]) -> "Seen":
        """Return what was seen where clips of one corpus were.

        Args:
            own: the clips.
            hashes: fingerprint of each clip by id, as far as they are known.
        """
        own = list(own)
        return cls(
            speakers=frozenset(clip.speaker for clip in own if clip.speaker is not None),
            ids=frozenset(clip.id for clip in own),
            fingerprints=frozenset(hashes[clip.id] for clip in own if clip.id in hashes),
            anonymous=any(clip.speaker is None for clip in own),
            voices=_voices(own, hashes),
            hashed=frozenset([SAMPLES] if hashes else ()),
        )

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

    def to_json(self) -> dict[str, Any]:
        """Return sorted lists, texts and booleans that :meth:`from_json` takes back."""
        return {
            "speakers": sorted(self.speakers),
            "ids": sorted(self.ids),
            "fingerprints": _by_voice(self),
            "hashed": sorted(self.hashed),
            "anonymous": self.anonymous,
        }

    @classmethod
    def from_json(cls, corpus: str, content: Any) -> "Seen":
        """Build what :meth:`to_json` wrote.

        Args:
            corpus: its name, for what is refused.
            content: what was written.

        Raises:
            ProtocolError: a field is missing, unknown or of another type.
        """
        lists = {"speakers": list, "ids": list, "hashed": list}
        _require_fields(corpus, content, {**lists, "fingerprints": dict, "anonymous": bool})
        for name, own in content["fingerprints"].items():
            _require_type(corpus, f"fingerprints of '{name}'", own, list)
        strange = sorted({*content["fingerprints"]} - {"", *content["speakers"]}) + sorted(
            {*content["hashed"]} - {SAMPLES, UNKNOWN_HASHES}
        )
        if strange:
            raise ProtocolError(
                f"ledger: corpus '{corpus}': {examples(strange)}: expected fingerprints of its speakers, hashed from "
                f"{SAMPLES} or from {UNKNOWN_HASHES}: {MEND}"
            )
        return cls(
            frozenset(content["speakers"]),
            frozenset(content["ids"]),
            frozenset().union(*content["fingerprints"].values()),
            content["anonymous"],
            {speaker: frozenset(own) for speaker, own in sorted(content["fingerprints"].items()) if speaker},
            frozenset(content["hashed"]),
        )

    @classmethod
    def from_first_version(cls, corpus: str, content: Any) -> "Seen":
        """Build what the first version of the ledger held of a corpus.

        Args:
            corpus: its name, for what is refused.
            content: what was written.

        Raises:
            ProtocolError: a field is missing, unknown or of another type.
        """
        _require_fields(corpus, content, {"speakers": list, "ids": list, "fingerprints": list, "anonymous": bool})
        fingerprints = frozenset(content["fingerprints"])
        hashed = frozenset([UNKNOWN_HASHES] if fingerprints else ())
        return cls(
            frozenset(content["speakers"]),
            frozenset(content["ids"]),
            fingerprints,
            content["anonymous"],
            hashed=hashed,
        )


def together(one: Mapping[str, Seen], other: Mapping[str, Seen]) -> dict[str, Seen]:
    """Return what either has seen, by corpus.

    Args:
        one: corpus to what was seen of it.
        other: the same of another ledger.
    """
    return {corpus: one.get(corpus, Seen()) | other.get(corpus, Seen()) for corpus in sorted({*one, *other})}


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


def _require_fields(corpus: str, seen: Any, fields: Mapping[str, type]) -> None:
    if not isinstance(seen, Mapping) or set(seen) != set(fields):
        found = ", ".join(sorted(seen)) if isinstance(seen, Mapping) else type(seen).__name__
        raise ProtocolError(f"ledger: corpus '{corpus}' holds {found}, expected {', '.join(sorted(fields))}: {MEND}")
    for name, kind in fields.items():
        _require_type(corpus, name, seen[name], kind)


def _require_type(corpus: str, name: str, value: Any, kind: type) -> None:
    listed = kind is not list or (isinstance(value, list) and all(isinstance(entry, str) for entry in value))
    if not isinstance(value, kind) or not listed:
        expected = {bool: "true or false", list: "a list of texts", dict: "lists of texts by speaker"}[kind]
        raise ProtocolError(
            f"ledger: corpus '{corpus}': {name} is of type {type(value).__name__}, expected {expected}: {MEND}"
        )
