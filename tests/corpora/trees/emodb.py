"""EmoDB, reduced: two of ten sentences, one version each; the owner's versions follow no rule."""

from humpcat.corpora import CORPORA

from . import Tree

SPEAKERS = CORPORA["emodb"].expected_speakers
TREE = Tree(
    corpus="emodb",
    clips=[
        f"wav/{who}{sentence}{letter}a.wav" for who in SPEAKERS for sentence in ("a01", "b10") for letter in "WLEAFNT"
    ],
    missing_folder="wav/03*",
    missing_says="nothing of speaker 03",
    expected=dict.fromkeys("WLEAFNT", 20),
    expected_speakers=dict.fromkeys(SPEAKERS, 14),
)
