"""EMOVO: six Italian actors, fourteen sentences, seven emotions.

Owner: Fondazione Ugo Bordoni. File names are ``<emotion:3>-<speaker>-<sentence>``, such as ``dis-f1-b1``, in one
folder a speaker; the emotions are disgusto, gioia, paura, rabbia, sorpresa, tristezza and neutrale. The originals
are stereo at 48 kHz.
"""

import re

from humpcat.corpora.named_files import NamedFilesCorpus


class Emovo(NamedFilesCorpus):
    """Italian Emotional Speech Database."""

    name = "emovo"
    title = "EMOVO Corpus: an Italian Emotional Speech Database"
    languages = ("it",)
    homepage = "http://voice.fub.it/activities/corpora/emovo/index.html"
    licence = "free for research, ask the owner for anything else"
    citation = "Costantini et al., EMOVO Corpus: an Italian Emotional Speech Database, LREC 2014"
    labels = {
        "dis": "disgust",
        "gio": "happiness",
        "neu": "neutral",
        "pau": "fear",
        "rab": "anger",
        "sor": "surprise",
        "tri": "sadness",
    }
    expected = {"dis": 84, "gio": 84, "neu": 84, "pau": 84, "rab": 84, "sor": 84, "tri": 84}
    expected_speakers = dict.fromkeys(("f1", "f2", "f3", "m1", "m2", "m3"), 98)
    marks = ("emovo",)
    target_for = "it"
    pattern = re.compile(r"(?P<label>[a-z]{3})-(?P<speaker>(?P<gender>[fm])\d)-(?P<sentence>[a-z]\d)")

    def example_path(self) -> str:
        """Return ``f1/dis-f1-b1.wav``."""
        return "f1/dis-f1-b1.wav"


EXPORT = (Emovo(),)
