"""CREMA-D, reduced: one sentence of twelve, one level each."""

from humpcat.corpora import CORPORA

from . import Tree

CREMAD = CORPORA["cremad"]
TREE = Tree(
    corpus="cremad",
    clips=[f"AudioWAV/{who}_DFA_{label}_XX.wav" for who in CREMAD.expected_speakers for label in CREMAD.labels],
    missing_folder="AudioWAV/1076_*",
    missing_says="nothing of speaker 1076",
    expected=dict.fromkeys(CREMAD.labels, 91),
    expected_speakers=dict.fromkeys(CREMAD.expected_speakers, 6),
)
