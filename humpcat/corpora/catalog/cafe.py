"""Canadian French Emotional speech dataset (CaFE): twelve actors of Quebec, six sentences, seven emotions.

Owner: Université de Sherbrooke. File names are ``<actor:2>-<emotion letter>-<intensity>-<sentence>``, such as
``01-C-1-1``; the letters are those of the French words: C (colère) is anger, J (joie) happiness, P (peur) fear, T
(tristesse) sadness. Intensity 1 is weak, 2 strong; neutral has only the first, hence half as many clips. Folders
such as ``Colère/Faible`` are never read, since unpacking often spoils their accents. The same clips are offered at
48 kHz and, as AIFF, at 192 kHz. Six actors are women and six men: odd numbers are taken to be men up to 10; public
readers of the corpus contradict one another on 11 and 12, whose sex is therefore left open.
"""

import re

from humpcat.corpora.named_files import NamedFilesCorpus

_SURE_OF_SEX = 10


class Cafe(NamedFilesCorpus):
    """Canadian French Emotional speech dataset."""

    name = "cafe"
    title = "Canadian French Emotional speech dataset (CaFE)"
    languages = ("fr-CA",)
    homepage = "https://doi.org/10.5281/zenodo.1478765"
    licence = "CC BY-NC-SA 4.0"
    citation = "Gournay, Lahaie and Lefebvre, A Canadian French Emotional Speech Dataset, ACM MMSys 2018"
    labels = {
        "C": "anger",
        "D": "disgust",
        "J": "happiness",
        "N": "neutral",
        "P": "fear",
        "S": "surprise",
        "T": "sadness",
    }
    expected = {"C": 144, "D": 144, "J": 144, "N": 72, "P": 144, "S": 144, "T": 144}
    expected_speakers = {f"{actor:02}": 78 for actor in range(1, 13)}
    aliases = ("cafe_48k", "cafe_192k")
    marks = ("cafe", "canadian french emotional")
    pattern = re.compile(r"(?P<speaker>0[1-9]|1[0-2])-(?P<label>[CDJNPST])-[12]-(?P<sentence>[1-6])")
    genders = {f"{actor:02}": "male" if actor % 2 else "female" for actor in range(1, _SURE_OF_SEX + 1)}

    def example_path(self) -> str:
        """Return ``Colère/Faible/01-C-1-1.wav``."""
        return "Colère/Faible/01-C-1-1.wav"


EXPORT = (Cafe(),)
