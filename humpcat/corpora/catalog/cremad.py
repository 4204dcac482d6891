"""Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D): 91 US actors, twelve sentences, six emotions.

Owner: Cheyney University. File names are ``<actor:4>_<sentence:3>_<emotion:3>_<level>``, such as
``1001_DFA_ANG_XX``; the label is the emotion that the actor intended, not the one that raters heard. The sexes
are those of the owner's ``VideoDemographics.csv``. ``1076_MTI_SAD_XX`` is silent in the original, and three
recordings lie there twice, under two emotions each.
"""

import re

from humpcat.corpora.named_files import NamedFilesCorpus

# fmt: off
_FEMALE = {
    1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025, 1028, 1029, 1030,
    1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060, 1061, 1063, 1072, 1073, 1074, 1075,
    1076, 1078, 1079, 1082, 1084, 1089, 1091,
}
# fmt: on


class CremaD(NamedFilesCorpus):
    """Crowd-sourced Emotional Multimodal Actors Dataset."""

    name = "cremad"
    title = "Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D)"
    languages = ("en",)
    homepage = "https://github.com/CheyneyComputerScience/CREMA-D"
    licence = "ODbL 1.0 (database) and DbCL 1.0 (contents)"
    citation = (
        "Cao et al., CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset, "
        "IEEE Transactions on Affective Computing 5(4), 2014"
    )
    labels = {
        "ANG": "anger",
        "DIS": "disgust",
        "FEA": "fear",
        "HAP": "happiness",
        "NEU": "neutral",
        "SAD": "sadness",
    }
    expected = {"ANG": 1271, "DIS": 1271, "FEA": 1271, "HAP": 1271, "NEU": 1087, "SAD": 1271}
    # Sessions of 82 takes each; a few were lost.
    expected_speakers = {str(actor): 82 for actor in range(1001, 1092)} | {
        "1002": 81,
        "1008": 76,
        "1009": 76,
        "1019": 76,
        "1076": 81,
    }
    marks = ("cremad", "crema", "crowd sourced emotional multimodal")
    place = "AudioWAV"
    quirks = {
        "1076_MTI_SAD_XX": "silent in the original",
        "1006_TIE_HAP_XX": "the same recording as 1006_TIE_NEU_XX",
        "1006_TIE_NEU_XX": "the same recording as 1006_TIE_HAP_XX",
        "1013_WSI_DIS_XX": "the same recording as 1013_WSI_SAD_XX",
        "1013_WSI_SAD_XX": "the same recording as 1013_WSI_DIS_XX",
        "1017_IWW_ANG_XX": "the same recording as 1017_IWW_FEA_XX",
        "1017_IWW_FEA_XX": "the same recording as 1017_IWW_ANG_XX",
    }
    # The level of 1040_ITH_SAD_X is a single letter in the owner's release.
    pattern = re.compile(
        r"(?P<speaker>10(?:0[1-9]|[1-8]\d|9[01]))_(?P<sentence>[A-Z]{3})_(?P<label>[A-Z]{3})_(?:LO|MD|HI|XX?)"
    )
    genders = {str(actor): "female" if actor in _FEMALE else "male" for actor in range(1001, 1092)}

    def example_path(self) -> str:
        """Return ``AudioWAV/1001_DFA_ANG_XX.wav``."""
        return "AudioWAV/1001_DFA_ANG_XX.wav"


EXPORT = (CremaD(),)
