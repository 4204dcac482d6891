"""Corpora: one file each in ``catalog``, found through the registry; what a row is; label spaces; toy corpora."""

from humpcat.corpora.base import Corpus
from humpcat.corpora.labels import FOUR, QUADRANTS, LabelSpace, label_space
from humpcat.corpora.loading import load_corpus
from humpcat.corpora.lookup import CORPORA, target_corpus
from humpcat.corpora.own import own_corpus
from humpcat.corpora.rows import Row
from humpcat.corpora.scan import Problem, Scan
from humpcat.keywords import name_unknown_keywords

__all__ = [
    "CORPORA",
    "FOUR",
    "QUADRANTS",
    "Corpus",
    "LabelSpace",
    "Problem",
    "Row",
    "Scan",
    "label_space",
    "load_corpus",
    "own_corpus",
    "target_corpus",
]

name_unknown_keywords(globals(), __all__)
