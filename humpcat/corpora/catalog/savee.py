"""Surrey Audio-Visual Expressed Emotion database (SAVEE): four English men, seven emotions.

Owner: University of Surrey. The files lie at ``AudioData/<speaker>/<emotion><number:2>.wav``, such as
``AudioData/DC/a01.wav``, and their names repeat from speaker to speaker; copies in one folder put the speaker before
the name (``DC_a01.wav``). The emotions are a, d, f, h, n, sa and su, with 15 sentences each and 30 for neutral, at
44.1 kHz. The sentence is the emotion and the number: the numbers alone stand for other sentences in every emotion.
Three sentences are common to all emotions, but the names do not say which.
"""

import re
from pathlib import Path

from humpcat.corpora.named_files import NamedFilesCorpus
from humpcat.corpora.scan import Utterance

_SPEAKERS = ("DC", "JE", "JK", "KL")
_NAME = re.compile(rf"(?:(?P<speaker>{'|'.join(_SPEAKERS)})_)?(?P<sentence>(?P<label>sa|su|[adfhn])\d{{2}})")
# The speaker's folder, and one between it and the file.
_FOLDERS = 2


class Savee(NamedFilesCorpus):
    """Surrey Audio-Visual Expressed Emotion database."""

    name = "savee"
    title = "Surrey Audio-Visual Expressed Emotion database (SAVEE)"
    languages = ("en",)
    homepage = "http://kahlan.eps.surrey.ac.uk/savee/"
    licence = "free for research, after registration with the owner"
    citation = "Jackson and Haq, Surrey Audio-Visual Expressed Emotion (SAVEE) Database, University of Surrey, 2011"
    labels = {
        "a": "anger",
        "d": "disgust",
        "f": "fear",
        "h": "happiness",
        "n": "neutral",
        "sa": "sadness",
        "su": "surprise",
    }
    expected = {"a": 60, "d": 60, "f": 60, "h": 60, "n": 120, "sa": 60, "su": 60}
    expected_speakers = dict.fromkeys(_SPEAKERS, 120)
    aliases = ("surrey-audiovisual-expressed-emotion-savee",)
    marks = ("savee", "surrey audiovisual", "surrey audio visual")

    place = "AudioData"

    def utterance(self, path: Path) -> Utterance | None:
        """Read a path such as ``DC/a01.wav``, or a name such as ``DC_a01``."""
        match = _NAME.fullmatch(path.stem)
        if match is None:
            return None
        folders = reversed(path.parts[:-1][-_FOLDERS:])
        speaker = match["speaker"] or next((part for part in folders if part in _SPEAKERS), None)
        if speaker is None:
            return None
        return Utterance(
            key=f"{speaker}_{match['sentence']}",
            label=match["label"],
            speaker=speaker,
            gender="male",
            sentence=match["sentence"],
        )

    def example_path(self) -> str:
        """Return ``AudioData/DC/a01.wav``."""
        return "AudioData/DC/a01.wav"


EXPORT = (Savee(),)
