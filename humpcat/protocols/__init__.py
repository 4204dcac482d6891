"""Protocols: who is trained on, adapted on and tested on; the leakage guard."""

from humpcat.protocols.fewshot import clip_share_split, shots_split, speaker_share_split
from humpcat.protocols.guard import check_split, check_unseen
from humpcat.protocols.ledger import Ledger
from humpcat.protocols.rows import labelled
from humpcat.protocols.source import source_split
from humpcat.protocols.split import SPEAKER_DEPENDENT, Split

__all__ = [
    "SPEAKER_DEPENDENT",
    "Ledger",
    "Split",
    "check_split",
    "check_unseen",
    "clip_share_split",
    "labelled",
    "shots_split",
    "source_split",
    "speaker_share_split",
]
