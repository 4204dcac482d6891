"""MESD, reduced: its words follow no rule."""

from humpcat.corpora import CORPORA

from . import Tree

LABELS = CORPORA["mesd"].labels
WORDS = ("A_abajo", "A_basta_ya", "B_robo")
TREE = Tree(
    corpus="mesd",
    clips=[f"{label}_{voice}_{word}.wav" for label in LABELS for voice in "FMC" for word in WORDS],
    missing_folder="*_C_*",
    missing_says="nothing of speaker C",
    expected=dict.fromkeys(LABELS, 9),
    expected_speakers=dict.fromkeys("FMC", 18),
)
