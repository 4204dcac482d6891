"""JL-Corpus: four speakers of New Zealand English, ten emotions, fifteen sentences for each.

Owner: University of Auckland. File names are ``<speaker>_<emotion>_<sentence><repetition>_<session>``, such as
``male1_angry_10a_1``; a text file of the same name lies beside each. Primary emotions are angry, excited, happy,
neutral and sad; the secondary ones (anxious, apologetic, assertive, concerned, encouraging) have no canonical
emotion. A sentence's number means the same text within an emotion, and is taken to mean it throughout, so that a
split by sentence separates too much rather than too little.
"""

import re

from humpcat.corpora.named_files import NamedFilesCorpus


class JL(NamedFilesCorpus):
    """JL-Corpus, New Zealand English."""

    name = "jl"
    title = "JL-Corpus"
    languages = ("en-NZ",)
    homepage = "https://www.kaggle.com/tli725/jl-corpus"
    licence = "CC0, as the owner's Kaggle page says"
    citation = (
        "James, Tian and Watson, An Open Source Emotional Speech Corpus for Human Robot Interaction Applications, "
        "Interspeech 2018"
    )
    labels = {
        "angry": "anger",
        "excited": "excitement",
        "happy": "happiness",
        "neutral": "neutral",
        "sad": "sadness",
        "anxious": None,
        "apologetic": None,
        "assertive": None,
        "concerned": None,
        "encouraging": None,
    }
    expected = dict.fromkeys(labels, 240)
    expected_speakers = {"female1": 600, "female2": 600, "male1": 600, "male2": 600}
    aliases = ("jl-corpus", "jl(wav+txt)", "raw jl corpus (unchecked and unannotated)")
    marks = ("jl", "jlcorpus")
    pattern = re.compile(r"(?P<speaker>(?P<gender>female|male)[12])_(?P<label>[a-z]+)_(?P<sentence>\d{1,2})[ab]_[12]")

    def example_path(self) -> str:
        """Return the path of ``male1_angry_10a_1.wav``."""
        return "Raw JL corpus (unchecked and unannotated)/JL(wav+txt)/male1_angry_10a_1.wav"


EXPORT = (JL(),)
