"""EMOVO, all of it."""

from humpcat.corpora import CORPORA

from . import Tree

EMOVO = CORPORA["emovo"]
SENTENCES = ("b1", "b2", "b3", "l1", "l2", "l3", "l4", "n1", "n2", "n3", "n4", "n5", "d1", "d2")
TREE = Tree(
    corpus="emovo",
    clips=[
        f"{who}/{label}-{who}-{sentence}.wav"
        for who in EMOVO.expected_speakers
        for label in EMOVO.labels
        for sentence in SENTENCES
    ],
    missing_folder="m1",
    missing_says="nothing of speaker m1",
)
