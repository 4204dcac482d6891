"""A target's clips as they come in a situation: fewer of them, under other names, recorded otherwise."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from accelerate import Accelerator

from humpcat.features.base import Extractor
from humpcat.features.distorted_file import DistortedFile
from humpcat.features.extraction import StoredFeatures
from humpcat.features.voices import voices
from humpcat.protocols.pretraining import speaker_of
from humpcat.protocols.situations import RECORDING
from humpcat.training.data.prepared_corpus import PreparedCorpus, extract_shared
from humpcat.training.settings import DataSettings


@dataclass(frozen=True)
class Pool:
    """What lies there, and how it differs from the tidy rows.

    Attributes:
        ids: the clips, sorted.
        named: clip id to the speaker that it is said to be of, where it is not the one who speaks; None where nobody
            says who speaks.
        recorded: clip id to the distortion by which it was recorded, of those that are not as they are.
        whole: whether all clips of the corpus come as they are.
    """

    ids: tuple[str, ...]
    named: Mapping[str, str | None]
    recorded: Mapping[str, str]
    whole: bool

    @classmethod
    def of(cls, prepared: PreparedCorpus, rows: Sequence[Mapping[str, Any]]) -> "Pool":
        """Compare rows as they come with those that lie there.

        Args:
            prepared: all clips.
            rows: the rows as they come, see :class:`humpcat.protocols.situations.Situation`.
        """
        named = {
            row["id"]: None if row["speaker"] is None else speaker_of(row)
            for row in rows
            if row["speaker"] != prepared.rows[row["id"]]["speaker"]
        }
        recorded = {row["id"]: row[RECORDING] for row in rows if row.get(RECORDING) is not None}
        whole = len(rows) == len(prepared.rows) and not named and not recorded
        return cls(tuple(sorted(row["id"] for row in rows)), named, recorded, whole)

    @property
    def hash(self) -> str:
        """Hexadecimal digits that equal pools share; empty where all clips of the corpus come as they are."""
        if self.whole:
            return ""
        content = repr((self.ids, sorted(self.named.items()), sorted(self.recorded.items())))
        return hashlib.blake2b(content.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()

    def prepared(
        self, of: PreparedCorpus, extractors: Sequence[Extractor], data: DataSettings, accelerator: Accelerator
    ) -> PreparedCorpus:
        """Return the clips ready to be used; those that cannot be used as they were recorded are left out.

        Rows keep who really speaks: what a clip is said to be of serves to standardise and to balance alone.

        Args:
            of: all clips.
            extractors: what features are made by.
            data: where features lie.
            accelerator: its processes share the work.

        Raises:
            AudioError: too many clips cannot be used as they were recorded.
        """
        features = of.features
        if self.recorded:
            files = {
                clip_id: DistortedFile(of.rows[clip_id]["path"], name, 0) for clip_id, name in self.recorded.items()
            }
            made = extract_shared(files, extractors, data, accelerator)
            features = _with(features, made, self.recorded)
        ids = [clip_id for clip_id in self.ids if clip_id in features]
        return replace(
            of,
            rows={clip_id: of.rows[clip_id] for clip_id in ids},
            classes={clip_id: of.classes[clip_id] for clip_id in ids if clip_id in of.classes},
            features=features,
            voices=self._voices(ids, of, features),
        )

    def _voices(self, ids: Sequence[str], of: PreparedCorpus, features: StoredFeatures) -> dict[str, str]:
        """Return by whose clips each clip is standardised, where it is not its own speaker's."""
        said = {clip_id: name for clip_id in ids if (name := self.named.get(clip_id)) is not None}
        nobodys = [clip_id for clip_id in ids if clip_id in self.named and clip_id not in said]
        if not nobodys:
            return said
        # These are extracted whatever a model reads.
        read = [{name: features.read(clip_id, name) for name in ("mfcc", "prosody")} for clip_id in nobodys]
        groups = voices(read)
        return said | {
            clip_id: f"{of.rows[clip_id]['corpus']}/voice-{group}"
            for clip_id, group in zip(nobodys, groups, strict=True)
        }


def _with(features: StoredFeatures, made: StoredFeatures, recorded: Mapping[str, str]) -> StoredFeatures:
    """Return features in which clips that were recorded otherwise have those of that recording, or none."""
    kept = StoredFeatures(
        {clip_id: value for clip_id, value in features.fingerprints.items() if clip_id not in recorded},
        {clip_id: value for clip_id, value in features.entries.items() if clip_id not in recorded},
        features.bad,
    )
    return kept.merge(made)
