"""URDU: 400 spontaneous clips cut from Urdu talk shows on YouTube, four emotions.

Owner: Siddique Latif; the recordings lie in his repository. Folders ``Angry``, ``Happy``, ``Neutral`` and ``Sad``
hold files named ``<S><sex><speaker>_F<file>_<emotion letter><number>``, such as ``SM1_F1_A01``: man 1, his first
clip, first of the angry ones. His page speaks of 38 speakers (27 men, 11 women); the names are of 29, since SM8 to
SM16 were never given out. The counts of each speaker are those of his repository.
"""

import re
from pathlib import Path

from humpcat.corpora.named_files import NamedFilesCorpus
from humpcat.corpora.scan import Utterance

_NAME = re.compile(r"(?P<speaker>S(?P<sex>[MF])\d+)_F\d+_(?P<label>[AHNS])\d+")
_LABELS = {"A": "Angry", "H": "Happy", "N": "Neutral", "S": "Sad"}


class Urdu(NamedFilesCorpus):
    """URDU, spontaneous emotional speech of talk shows."""

    name = "urdu"
    title = "URDU dataset"
    languages = ("ur",)
    homepage = "https://github.com/siddiquelatif/URDU-Dataset"
    licence = "for research purposes only, as the owner's page says"
    citation = "Latif et al., Cross Lingual Speech Emotion Recognition: Urdu vs. Western Languages, FIT 2018"
    labels = {"Angry": "anger", "Happy": "happiness", "Neutral": "neutral", "Sad": "sadness"}
    expected = {"Angry": 100, "Happy": 100, "Neutral": 100, "Sad": 100}
    # fmt: off
    expected_speakers = {
        "SF1": 12, "SF2": 2, "SF3": 2, "SF4": 4, "SF5": 4, "SF6": 14, "SF7": 6, "SF8": 2, "SF9": 4, "SF10": 2,
        "SF11": 4, "SM1": 22, "SM2": 28, "SM3": 12, "SM4": 48, "SM5": 80, "SM6": 14, "SM7": 28, "SM17": 2, "SM18": 2,
        "SM19": 2, "SM20": 10, "SM21": 4, "SM22": 2, "SM23": 6, "SM24": 38, "SM25": 40, "SM26": 2, "SM27": 4,
    }
    # fmt: on
    aliases = ("urdu-dataset",)
    marks = ("urdu",)

    def utterance(self, path: Path) -> Utterance | None:
        """Read a name such as ``SM1_F1_A01``."""
        match = _NAME.fullmatch(path.stem)
        if match is None:
            return None
        return Utterance(
            key=path.stem,
            label=_LABELS[match["label"]],
            speaker=match["speaker"],
            gender="female" if match["sex"] == "F" else "male",
        )

    def example_path(self) -> str:
        """Return ``Angry/SM1_F1_A01.wav``."""
        return "Angry/SM1_F1_A01.wav"


EXPORT = (Urdu(),)
