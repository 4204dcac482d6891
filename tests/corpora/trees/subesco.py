"""SUBESCO, reduced to two of its ten sentences and one of its five takes."""

from humpcat.corpora import CORPORA

from . import Tree

WOMEN = ["OISHI", "MONIKA", "SMITA", "SWARNALI", "MOUNI", "SIMI", "TITHI", "JOYEETA", "CHAITY", "FAHMEE"]
MEN = ["BASHIR", "NIPUN", "ILIAS", "BIBHAS", "DURANTO", "SHUKANTO", "SIBLY", "PRASUN", "SHUMANTA", "EVAN"]
ODD = "F_02_MONIKA_S_2_SURPRISE_3"
NAMES = [
    f"{sex}_{number:02}_{name}_S_{sentence}_{emotion}_3"
    for sex, names in (("F", WOMEN), ("M", MEN))
    for number, name in enumerate(names, 1)
    for emotion in CORPORA["subesco"].labels
    for sentence in (2, 10)
]
TREE = Tree(
    corpus="subesco",
    clips=[f"SUBESCO/{name}{']' if name == ODD else ''}.wav" for name in NAMES],
    expected=dict.fromkeys(CORPORA["subesco"].labels, 40),
    expected_speakers=dict.fromkeys(CORPORA["subesco"].expected_speakers, 14),
    missing_folder="SUBESCO/M_02_*",
    missing_says="nothing of speaker M_02",
)
