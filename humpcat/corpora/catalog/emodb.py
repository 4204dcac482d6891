"""Berlin Database of Emotional Speech (EmoDB): ten German actors, ten sentences, seven emotions.

Owner: TU Berlin. File names are ``<speaker:2><sentence:3><emotion letter><version letter>``, such as
``03a01Fa``; the letters are those of the German words, so that W (Wut) is anger, A (Angst) fear, L (Langeweile)
boredom and T (Trauer) sadness. EmoDB 2.0 holds laryngograms under the same names in a folder beside (``laryngo``),
which are no speech and set apart.
"""

import re

from humpcat.corpora.named_files import NamedFilesCorpus


class EmoDB(NamedFilesCorpus):
    """Berlin Database of Emotional Speech."""

    name = "emodb"
    title = "Berlin Database of Emotional Speech (EmoDB)"
    languages = ("de",)
    homepage = "http://emodb.bilderbar.info/"
    licence = "free for research; EmoDB 2.0 is CC BY 4.0"
    citation = "Burkhardt et al., A Database of German Emotional Speech, Interspeech 2005"
    labels = {
        "W": "anger",
        "L": "boredom",
        "E": "disgust",
        "A": "fear",
        "F": "happiness",
        "N": "neutral",
        "T": "sadness",
    }
    expected = {"W": 127, "L": 81, "E": 46, "A": 69, "F": 71, "N": 79, "T": 62}
    # fmt: off
    expected_speakers = {
        "03": 49, "08": 58, "09": 43, "10": 38, "11": 55, "12": 35, "13": 61, "14": 69, "15": 56, "16": 71,
    }
    # fmt: on
    aliases = ("emo-db", "berlin")
    marks = ("emodb", "emo db", "berlin")
    place = "wav"
    apart = dict.fromkeys(("laryngo", "laryngogram", "laryngograms", "laryngograph", "egg"), "laryngograms")
    target_for = "de"
    pattern = re.compile(r"(?P<speaker>\d{2})(?P<sentence>[ab]\d{2})(?P<label>[A-Z])[a-z]")
    genders = dict.fromkeys(("08", "09", "13", "14", "16"), "female") | dict.fromkeys(
        ("03", "10", "11", "12", "15"), "male"
    )

    def example_path(self) -> str:
        """Return ``wav/03a01Fa.wav``."""
        return "wav/03a01Fa.wav"


EXPORT = (EmoDB(),)
