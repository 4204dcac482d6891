"""Mexican Emotional Speech Database (MESD): single words by women, men and children, six emotions.

Owner: Tecnologico de Monterrey. File names are ``<Emotion>_<voice>_<half>_<word>``, such as
``Anger_C_A_abajo``: voice F, M or C (child), half A (words that recur in every emotion) or B (words chosen for
the emotion). The names give the voice type only, so that it has to stand for the speaker and a split by speaker is
a split by voice type. Words may hold underscores (``basta_ya``); ``lento_dentro`` is the recording of ``dentro``
once more. The originals are 24-bit at 48 kHz; many last less than half a second.
"""

import re

from humpcat.corpora.named_files import NamedFilesCorpus


class Mesd(NamedFilesCorpus):
    """Mexican Emotional Speech Database."""

    name = "mesd"
    title = "Mexican Emotional Speech Database (MESD)"
    languages = ("es",)
    homepage = "https://doi.org/10.17632/cy34mh68j9"
    licence = "CC BY 4.0"
    citation = (
        "Duville et al., The Mexican Emotional Speech Database (MESD): Elaboration and Assessment Based on "
        "Machine Learning, EMBC 2021"
    )
    labels = {
        "Anger": "anger",
        "Disgust": "disgust",
        "Fear": "fear",
        "Happiness": "happiness",
        "Neutral": "neutral",
        "Sadness": "sadness",
    }
    expected = {"Anger": 143, "Disgust": 144, "Fear": 144, "Happiness": 144, "Neutral": 143, "Sadness": 144}
    # Voice types: the owner recorded more people, but names them nowhere.
    expected_speakers = {"C": 286, "F": 288, "M": 288}
    quirks = {
        "Happiness_C_A_dentro": "the same recording as Happiness_C_A_lento_dentro",
        "Happiness_C_A_lento_dentro": "the same recording as Happiness_C_A_dentro",
    }
    aliases = ("mexican emotional speech database (mesd)",)
    marks = ("mesd", "mexican emotional")
    target_for = "es"
    pattern = re.compile(r"(?P<label>[A-Z][a-z]+)_(?P<speaker>[FMC])_[AB]_(?P<sentence>\w+)")
    genders = {"F": "female", "M": "male"}

    def example_path(self) -> str:
        """Return ``Anger_C_A_abajo.wav``."""
        return "Anger_C_A_abajo.wav"


EXPORT = (Mesd(),)
