"""Acted Emotional Speech Dynamic Database (AESDD): Greek actors, twenty utterances, five emotions.

Owner: Aristotle University of Thessaloniki. Folders ``anger``, ``disgust``, ``fear``, ``happiness`` and ``sadness``
hold files named ``<emotion letter><utterance:2> (<speaker>)``, such as ``a01 (1)``. A speaker's number has a nought
in front here and there (``f10 (01)``), and a second take a letter behind (``a06 (5)b``). Utterance 20 is improvised,
so that no two clips of it hold the same words. The database grows with each release, hence no expected counts: the
first had five actors (three women, two men, not said which) and some 500 clips, the one commonly shared six and 604.
"""

import re
from pathlib import Path

from humpcat.corpora.named_files import NamedFilesCorpus
from humpcat.corpora.scan import Utterance

# A copy without blanks and brackets in its names is read too.
_NAME = re.compile(r"(?P<label>[adfhs])(?P<utterance>\d{2})[ _]?[(_]0*(?P<speaker>[1-9]\d*)[)_]?(?P<take>[a-z]?)")
_IMPROVISED = "20"


class Aesdd(NamedFilesCorpus):
    """Acted Emotional Speech Dynamic Database."""

    name = "aesdd"
    title = "Acted Emotional Speech Dynamic Database (AESDD)"
    languages = ("el",)
    homepage = "https://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/"
    licence = "free for research, see the owner's page"
    citation = (
        "Vryzas et al., Speech Emotion Recognition for Performance Interaction, "
        "Journal of the Audio Engineering Society 66(6), 2018"
    )
    labels = {"a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "s": "sadness"}
    expected = {}
    expected_speakers = None
    aliases = ("acted emotional speech dynamic database",)
    marks = ("aesdd", "acted emotional speech dynamic")

    def utterance(self, path: Path) -> Utterance | None:
        """Read a name such as ``a01 (1)``."""
        match = _NAME.fullmatch(path.stem)
        if match is None:
            return None
        label, utterance, speaker = match["label"], match["utterance"], match["speaker"]
        return Utterance(
            key=f"{label}{utterance}-{speaker}{match['take']}",
            label=label,
            speaker=speaker,
            sentence=None if utterance == _IMPROVISED else utterance,
        )

    def example_path(self) -> str:
        """Return ``anger/a01 (1).wav``."""
        return "anger/a01 (1).wav"


EXPORT = (Aesdd(),)
