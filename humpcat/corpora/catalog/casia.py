"""CASIA Chinese Emotional Speech Corpus: four Mandarin speakers, fifty sentences, six emotions.

Owner: Institute of Automation, Chinese Academy of Sciences; distributed by the Chinese Linguistic Data Consortium.
The files lie at ``<speaker>/<emotion>/<sentence:3>.wav``, such as ``liuchanhg/angry/201.wav``, and their names
repeat from folder to folder, so that speaker and emotion are read from the folders (or from the name of a
flattened copy that put them there). The published counts here are those of the 1200 utterances commonly shared;
the full corpus holds 9600. Two speakers are women and two men, but the files do not say which.
"""

import re
from pathlib import Path

from humpcat.corpora.named_files import NamedFilesCorpus
from humpcat.corpora.scan import Utterance

_SPEAKERS = {speaker.lower(): speaker for speaker in ("liuchanhg", "wangzhe", "zhaoquanyin", "ZhaoZuoxiang")}
_NUMBER = re.compile(r"(?<!\d)\d{3}(?!\d)")
_WORD = re.compile(r"[A-Za-z]+")
# File, emotion, speaker, and one folder more.
_PARTS = 4


class Casia(NamedFilesCorpus):
    """CASIA Chinese Emotional Speech Corpus."""

    name = "casia"
    title = "CASIA Chinese Emotional Speech Corpus"
    languages = ("zh",)
    homepage = "http://www.chineseldc.org/resource_info.php?rid=76"
    licence = "licence agreement of the Chinese Linguistic Data Consortium"
    citation = "Institute of Automation, Chinese Academy of Sciences, CASIA Chinese Emotional Speech Corpus, 2005"
    labels = {
        "angry": "anger",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "sad": "sadness",
        "surprise": "surprise",
    }
    expected = {"angry": 200, "fear": 200, "happy": 200, "neutral": 200, "sad": 200, "surprise": 200}
    expected_speakers = dict.fromkeys(_SPEAKERS.values(), 300)
    marks = ("casia",)
    target_for = "zh"

    def utterance(self, path: Path) -> Utterance | None:
        """Read a path such as ``liuchanhg/angry/201.wav``."""
        number = _NUMBER.search(path.stem)
        words = [
            word.lower() for part in reversed(path.with_suffix("").parts[-_PARTS:]) for word in _WORD.findall(part)
        ]
        label = next((word for word in words if word in self.labels), None)
        speaker = next((_SPEAKERS[word] for word in words if word in _SPEAKERS), None)
        if number is None or label is None or speaker is None:
            return None
        return Utterance(
            key=f"{speaker}-{label}-{number[0]}",
            label=label,
            speaker=speaker,
            sentence=number[0],
        )

    def example_path(self) -> str:
        """Return ``liuchanhg/angry/201.wav``."""
        return "liuchanhg/angry/201.wav"


EXPORT = (Casia(),)
