"""eNTERFACE'05 audio-visual emotion database: English by 43 speakers, six emotions, five reactions each.

Owner: the eNTERFACE'05 workshop. The recordings are videos at ``subject <n>/<emotion>/sentence
<n>/s<n>_<emotion:2>_<sentence>.avi``, such as ``subject 1/anger/sentence 1/s1_an_1.avi``, with sound at 48 kHz. Their
sound is read, from a file beside a video, of the same name, where there is one. The file names are not reliable
(``s16_su_3avi``, ``s_3_ha_1``, and those of subject 11 say s12), so that subject, emotion and sentence are read from
the folders, and from the names only in copies without folders. Subject 6 was never cut into sentences (six files of a
minute and more) and is left out.

The paper speaks of 42 subjects and 1166 recordings; the release has 44 subject folders and 1293 videos. The counts
here are those of the release without the six of subject 6; subject 23 lacks three of happiness. Every emotion has its
own five reactions, so that the words alone give the emotion away: scores are not comparable with other corpora.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from humpcat.corpora.base import Corpus
from humpcat.corpora.files import sounding_files
from humpcat.corpora.scan import Kind, Problem, Utterance

_LABELS = {
    "anger": "an",
    "disgust": "di",
    "fear": "fe",
    "happiness": "ha",
    "sadness": "sa",
    "surprise": "su",
}
_NAME = re.compile(r"s_?(?P<subject>\d{1,2})_(?P<label>an|di|fe|ha|sa|su)(?:_(?P<sentence>[1-5])(?:avi)?)?", re.I)
_SUBJECT = re.compile(r"subject[ _-]?(?P<number>\d{1,2})", re.I)
_SENTENCE = re.compile(r"sentence[ _-]?(?P<number>[1-5])", re.I)
_UNCUT = "6"


class Enterface(Corpus):
    """eNTERFACE'05 audio-visual emotion database, its sound."""

    name = "enterface"
    title = "eNTERFACE'05 Audio-Visual Emotion Database"
    languages = ("en",)
    homepage = "https://enterface.net/enterface05/emotion.html"
    licence = "MIT"
    citation = "Martin et al., The eNTERFACE'05 Audio-Visual Emotion Database, ICDE Workshops 2006"
    labels = {label: emotion for emotion, label in _LABELS.items()}
    expected = {"an": 215, "di": 215, "fe": 215, "ha": 212, "sa": 215, "su": 215}
    expected_speakers = {str(subject): 30 for subject in range(1, 45) if str(subject) != _UNCUT} | {"23": 27}
    aliases = ("enterface05", "enterface database", "enterface database 05", "project2_database")
    marks = ("enterface",)

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield the sound files, and the videos that have none; what was never cut is counted in one problem."""
        uncut = 0
        for path in sounding_files(root):
            utterance = _utterance(path.relative_to(root))
            if utterance is None:
                problems.append(Problem(str(path), f"is not named as {self.name} names its files: left out."))
            elif utterance.speaker == _UNCUT:
                uncut += 1
            else:
                yield path, utterance
        if uncut:
            problems.append(
                Problem(
                    str(root),
                    f"holds {uncut} recordings of subject {_UNCUT}, not cut into sentences: left out.",
                    Kind.APART,
                )
            )

    def example_path(self) -> str:
        """Return ``subject 1/anger/sentence 1/s1_an_1.avi``."""
        return "subject 1/anger/sentence 1/s1_an_1.avi"


def _utterance(path: Path) -> Utterance | None:
    """Read a path below the corpus folder, such as ``subject 1/anger/sentence 1/s1_an_1.wav``."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    folders = path.parts[:-1]
    subject = _last(_SUBJECT, folders) or str(int(match["subject"]))
    label = next((_LABELS[part.lower()] for part in folders if part.lower() in _LABELS), match["label"].lower())
    sentence = _last(_SENTENCE, folders) or match["sentence"]
    if sentence is None and subject != _UNCUT:
        return None
    return Utterance(
        key=f"s{subject}_{label}_{sentence}", label=label, speaker=subject, sentence=f"{label}_{sentence}"
    )


def _last(pattern: re.Pattern[str], folders: tuple[str, ...]) -> str | None:
    """Return the number of the innermost folder of that name, without leading zeros."""
    found = [match["number"] for part in folders if (match := pattern.fullmatch(part))]
    return str(int(found[-1])) if found else None


EXPORT = (Enterface(),)
