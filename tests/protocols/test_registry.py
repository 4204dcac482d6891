"""Every protocol is found by its name and gives what its function gives."""

import pytest

from humpcat.errors import ProtocolError
from humpcat.protocols import PROTOCOLS, cross_corpus_matrix, shots_split, source_split, speaker_folds

from .test_golden import CLASSES, DE, ROWS


def test_the_names():
    assert sorted(PROTOCOLS.names()) == [
        *("clip-folds", "clip-share", "cross-corpus", "inductive", "leave-one-out", "shots", "source"),
        *("speaker-folds", "speaker-share", "transductive"),
    ]
    with pytest.raises(ProtocolError, match="protocol 'folds' is unknown: choose one of "):
        PROTOCOLS["folds"]


def test_one_split_several_and_pairs():
    assert PROTOCOLS["shots"].splits(ROWS, CLASSES, k=2, seed=3) == [shots_split(ROWS, CLASSES, 2, seed=3)]
    assert PROTOCOLS["speaker-folds"].splits(ROWS, CLASSES, k=2, seed=3) == speaker_folds(ROWS, CLASSES, 2, seed=3)
    pairs = cross_corpus_matrix(ROWS, CLASSES, seed=3)
    assert PROTOCOLS["cross-corpus"].splits(ROWS, CLASSES, seed=3) == list(pairs.values())
    assert PROTOCOLS["source"].splits(ROWS, DE, seed=3) == [source_split(ROWS, seed=3, ids=DE)]
