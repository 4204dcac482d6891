"""Toronto Emotional Speech Set (TESS): two Canadian actresses, 200 words, seven emotions.

Owner: University of Toronto. File names are ``<speaker>_<word>_<emotion>``, such as ``OAF_back_angry``: OAF is the
older speaker (64 years), YAF the younger (26), both women; ``ps`` is pleasant surprise. Every word is said in the
carrier phrase "Say the word ...". Folders, such as ``OAF_angry`` and ``YAF_pleasant_surprised``, are written in
several ways and not looked at. The copy on Kaggle holds the whole corpus a second time in a folder of its own.
"""

import re
from pathlib import Path

from humpcat.corpora.named_files import NamedFilesCorpus
from humpcat.corpora.scan import Utterance

# OA_bite_neutral lacks a letter in the owner's release.
_NAME = re.compile(r"(?P<speaker>OAF?|YAF)_(?P<word>[^_]+)_(?P<label>[a-z]+)", re.IGNORECASE)


class Tess(NamedFilesCorpus):
    """Toronto Emotional Speech Set."""

    name = "tess"
    title = "Toronto Emotional Speech Set (TESS)"
    languages = ("en",)
    homepage = "https://doi.org/10.5683/SP2/E8H2MF"
    licence = "CC BY-NC-ND 4.0"
    citation = "Pichora-Fuller and Dupuis, Toronto Emotional Speech Set (TESS), Borealis, 2020"
    labels = {
        "angry": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "ps": "surprise",
        "sad": "sadness",
    }
    expected = dict.fromkeys(labels, 400)
    expected_speakers = {"OAF": 1400, "YAF": 1400}
    quirks = {
        "OAF_bite_neutral": "named OA_bite_neutral in the original",
        "YAF_germ_angry": "refused by readers that know only WAV, in the original",
        "YAF_neat_fear": "refused by readers that know only WAV, in the original",
    }
    aliases = (
        "tess toronto emotional speech set data",
        "toronto-emotional-speech-set-tess",
        "toronto emotional speech set",
    )
    marks = ("tess", "toronto emotional")

    def utterance(self, path: Path) -> Utterance | None:
        """Read a name such as ``OAF_back_angry``."""
        match = _NAME.fullmatch(path.stem)
        if match is None:
            return None
        speaker = "YAF" if match["speaker"].upper() == "YAF" else "OAF"
        word, label = match["word"].lower(), match["label"].lower()
        return Utterance(key=f"{speaker}_{word}_{label}", label=label, speaker=speaker, gender="female", sentence=word)

    def example_path(self) -> str:
        """Return ``OAF_angry/OAF_back_angry.wav``."""
        return "OAF_angry/OAF_back_angry.wav"


EXPORT = (Tess(),)
