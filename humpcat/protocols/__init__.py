"""Protocols: who is trained on, adapted on and tested on; the leakage guard.

Every protocol is a function from rows, the class of each clip and a seed to splits: plain data with a name, a
guarantee, notes and a hash. :data:`PROTOCOLS` has them by name; :data:`SITUATIONS` has what lies of a target without
labels, which need not be tidy. Those of the papers, and ours beside them:

| paper | its protocol | ours |
|---|---|---|
| HuMP-CAT, source | ``source_split``: whole IEMOCAP sessions | ``leave_one_out(by="session")``: each tests once |
| HuMP-CAT, target | ``speaker_share_split(share=0.2)``, one draw a seed | the same and ``sentence_disjoint=True`` |
| VACNN + BOVW | ``clip_folds(k=5)``, stamped SPEAKER-DEPENDENT | ``speaker_folds(k=5)`` |
| AFSR | ``transductive_pairs``, stamped TRANSDUCTIVE | ``inductive_pairs`` |

In VACNN + BOVW, RAVDESS is source and target: :func:`check_unseen` stops a run whose test speakers were pretrained on.
"""

from humpcat.errors import ProtocolError
from humpcat.keywords import name_unknown_keywords
from humpcat.protocols.base import Protocol
from humpcat.protocols.cross_corpus import cross_corpus_matrix, inductive_pairs, transductive_pairs
from humpcat.protocols.fewshot import clip_share_split, shots_split, speaker_share_split
from humpcat.protocols.folds import clip_folds, leave_one_out, speaker_folds
from humpcat.protocols.guarantee import SPEAKER_DEPENDENT, TRANSDUCTIVE, Guarantee
from humpcat.protocols.guard import check_split, check_unseen, heard_before
from humpcat.protocols.ledger import Ledger
from humpcat.protocols.rows import labelled
from humpcat.protocols.sentences import SentenceOverlap, sentence_overlap
from humpcat.protocols.situations import SITUATIONS, Situation
from humpcat.protocols.source import source_split
from humpcat.protocols.split import Split
from humpcat.registry import Registry

PROTOCOLS: Registry[Protocol] = Registry("humpcat.protocols", "protocol", ProtocolError, group="humpcat.protocols")
"""Every protocol that a file of this folder or a plugin exports, by name."""

__all__ = [
    "PROTOCOLS",
    "SITUATIONS",
    "SPEAKER_DEPENDENT",
    "TRANSDUCTIVE",
    "Guarantee",
    "Ledger",
    "Protocol",
    "SentenceOverlap",
    "Situation",
    "Split",
    "check_split",
    "check_unseen",
    "clip_folds",
    "clip_share_split",
    "cross_corpus_matrix",
    "heard_before",
    "inductive_pairs",
    "labelled",
    "leave_one_out",
    "sentence_overlap",
    "shots_split",
    "source_split",
    "speaker_folds",
    "speaker_share_split",
    "transductive_pairs",
]

name_unknown_keywords(globals(), __all__)
