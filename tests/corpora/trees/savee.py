"""SAVEE, all of it."""

from humpcat.corpora import CORPORA

from . import Tree

SAVEE = CORPORA["savee"]
TREE = Tree(
    corpus="savee",
    clips=[
        f"AudioData/{who}/{label}{number:02}.wav"
        for who in SAVEE.expected_speakers
        for label in SAVEE.labels
        for number in range(1, 31 if label == "n" else 16)
    ],
    missing_folder="AudioData/JK",
    missing_says="nothing of speaker JK",
    texts={"AudioData/Info.txt": "'DC', 'JE', 'JK' and 'KL' are four male speakers\n"},
    flattened=lambda path: "_".join(path.split("/")[1:]),
)
