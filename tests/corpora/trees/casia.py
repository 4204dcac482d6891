"""CASIA, the 1200 utterances that are commonly shared."""

from humpcat.corpora import CORPORA

from . import Tree

CASIA = CORPORA["casia"]
TREE = Tree(
    corpus="casia",
    clips=[
        f"{who}/{label}/{number}.wav"
        for who in CASIA.expected_speakers
        for label in CASIA.labels
        for number in range(201, 251)
    ],
    missing_folder="wangzhe",
    missing_says="nothing of speaker wangzhe",
    # The numbers repeat from folder to folder: a flattened copy has to keep the folders in the names.
    flattened=lambda path: path.replace("/", "-"),
)
