"""SUST Bangla Emotional Speech Corpus (SUBESCO): twenty Bangla actors, ten sentences, seven emotions, five takes.

Owner: Shahjalal University of Science and Technology. All files lie in one folder and are named
``<sex>_<speaker:2>_<name>_S_<sentence>_<emotion>_<take>``, such as ``F_02_MONIKA_S_1_NEUTRAL_5``. Women and men are
numbered apart, so that F_02 and M_02 are two people. One name holds a stray bracket in the owner's release,
``F_02_MONIKA_S_2_SURPRISE_3].wav``.
"""

import re
from pathlib import Path

from humpcat.corpora.named_files import NamedFilesCorpus
from humpcat.corpora.scan import Utterance

_NAME = re.compile(
    r"(?P<key>(?P<sex>[FM])_(?P<number>\d{2})_[A-Z]+_S_(?P<sentence>\d{1,2})_(?P<label>[A-Z]+)_\d)\]?", re.IGNORECASE
)


class Subesco(NamedFilesCorpus):
    """SUST Bangla Emotional Speech Corpus."""

    name = "subesco"
    title = "SUST Bangla Emotional Speech Corpus (SUBESCO)"
    languages = ("bn",)
    homepage = "https://doi.org/10.5281/zenodo.4526477"
    licence = "CC BY 4.0"
    citation = (
        "Sultana et al., SUST Bangla Emotional Speech Corpus (SUBESCO): An Audio-Only Emotional Speech Corpus for "
        "Bangla, PLoS ONE 16(4), 2021"
    )
    labels = {
        "ANGRY": "anger",
        "DISGUST": "disgust",
        "FEAR": "fear",
        "HAPPY": "happiness",
        "NEUTRAL": "neutral",
        "SAD": "sadness",
        "SURPRISE": "surprise",
    }
    expected = dict.fromkeys(labels, 1000)
    expected_speakers = {f"{sex}_{number:02}": 350 for sex in "FM" for number in range(1, 11)}
    marks = ("subesco", "sust bangla")

    def utterance(self, path: Path) -> Utterance | None:
        """Read a name such as ``F_02_MONIKA_S_1_NEUTRAL_5``."""
        match = _NAME.fullmatch(path.stem)
        if match is None:
            return None
        sex = match["sex"].upper()
        return Utterance(
            key=match["key"].upper(),
            label=match["label"].upper(),
            speaker=f"{sex}_{match['number']}",
            gender="female" if sex == "F" else "male",
            sentence=match["sentence"],
        )

    def example_path(self) -> str:
        """Return ``F_02_MONIKA_S_1_NEUTRAL_5.wav``."""
        return "F_02_MONIKA_S_1_NEUTRAL_5.wav"


EXPORT = (Subesco(),)
