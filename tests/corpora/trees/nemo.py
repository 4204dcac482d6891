"""nEMO, reduced: three of ninety sentences."""

from humpcat.corpora import CORPORA

from . import Tree

LABELS = CORPORA["nemo"].labels
SPEAKERS = {"EB0": "female", "IC0": "female", "KD0": "female", "KS0": "male", "MK0": "female"} | dict.fromkeys(
    ("MP0", "SM0", "TP0", "WR0"), "male"
)
COLUMNS = ("file_id", "emotion", "raw_text", "normalized_text", "speaker_id", "gender", "age")
NAMES = [(who, label, sentence) for who in SPEAKERS for label in LABELS for sentence in (1, 2, 90)]
TREE = Tree(
    corpus="nemo",
    clips=[f"samples/{who}_{label}_{sentence}.wav" for who, label, sentence in NAMES],
    missing_folder="samples/MP0_*",
    missing_says="8 speakers found, 9 published",
    texts={
        "data.tsv": "\t".join(COLUMNS)
        + "".join(f"\n{w}_{e}_{s}.wav\t{e}\tTak.\ttak\t{w}\t{SPEAKERS[w]}\t24" for w, e, s in NAMES)
    },
)
