"""Emotional Speech Dataset (ESD): ten Mandarin and ten English speakers, 350 sentences a language, five emotions.

Owner: National University of Singapore and Singapore University of Technology and Design. The files lie at
``<speaker:4>/<Emotion>/<speaker:4>_<number:6>.wav``, such as ``0011/Angry/0011_000351.wav``; one release has the
folders train, evaluation and test below the emotion. Speakers 0001 to 0010 speak Mandarin, 0011 to 0020 English; the
sexes are those of the owner's read-me. The numbers of a speaker run through the emotions in blocks of 350 (Neutral,
Angry, Happy, Sad, Surprise), so that a file without its folders keeps its emotion, and the place within the block is
the sentence. The two languages share no sentence and no speaker and are two corpora here, read from one folder; the
owner numbers all speakers in one list.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from humpcat.corpora.base import Corpus
from humpcat.corpora.files import audio_files
from humpcat.corpora.scan import Kind, Problem, Utterance

_NAME = re.compile(r"(?P<speaker>00(?:0[1-9]|1\d|20))_(?P<number>\d{6})")
# In the order of the numbers.
_BLOCKS = ("Neutral", "Angry", "Happy", "Sad", "Surprise")
_BLOCK = 350
_FOLDERS = {label.lower(): label for label in _BLOCKS}
_MEN_OF_MANDARIN = {"0004", "0005", "0006", "0008", "0010"}
_MEN_OF_ENGLISH = {"0011", "0012", "0013", "0014", "0020"}


class Esd(Corpus):
    """Emotional Speech Dataset, one of its languages.

    Args:
        name: registered name.
        language: BCP 47 tag.
        speakers: the speakers of that language, with "female" or "male".
    """

    title = "Emotional Speech Dataset (ESD)"
    homepage = "https://github.com/HLTSingapore/Emotional-Speech-Data"
    licence = "for research only"
    citation = (
        "Zhou et al., Seen and Unseen Emotional Style Transfer for Voice Conversion with a New Emotional Speech "
        "Dataset, ICASSP 2021"
    )
    labels = {
        "Angry": "anger",
        "Happy": "happiness",
        "Neutral": "neutral",
        "Sad": "sadness",
        "Surprise": "surprise",
    }
    aliases = (
        "esd",
        "emotional speech dataset",
        "emotional speech dataset (esd)",
        "emotion speech dataset",
        "emotional-speech-data",
    )
    marks = ("esd",)
    cast = "esd"

    def __init__(self, name: str, language: str, speakers: Mapping[str, str]) -> None:
        self.name = name
        self.languages = (language,)
        self.expected = dict.fromkeys(self.labels, _BLOCK * len(speakers))
        self.expected_speakers = dict.fromkeys(speakers, _BLOCK * len(_BLOCKS))
        self._genders = speakers

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield the clips of this language; those of the other one are counted in one problem."""
        others = 0
        for path in audio_files(root):
            match = _NAME.fullmatch(path.stem)
            block, place = divmod(int(match["number"]) - 1, _BLOCK) if match else (-1, 0)
            if match is None or not 0 <= block < len(_BLOCKS):
                problems.append(Problem(str(path), f"is not named as {self.name} names its files: left out."))
                continue
            if match["speaker"] not in self._genders:
                others += 1
                continue
            label, folder = _BLOCKS[block], _folder_label(path.relative_to(root))
            if folder not in (None, label):
                problems.append(
                    Problem(
                        str(path), f"lies in a folder {folder}, its number says {label}: left out.", Kind.UNLABELLED
                    )
                )
                continue
            yield (
                path,
                Utterance(
                    key=path.stem,
                    label=label,
                    speaker=match["speaker"],
                    gender=self._genders[match["speaker"]],
                    sentence=f"{place + 1:03}",
                ),
            )
        if others:
            problems.append(
                Problem(str(root), f"holds {others} recordings of the other language: left out.", Kind.APART)
            )

    def example_path(self) -> str:
        """Return one path, such as ``0011/Angry/0011_000351.wav``."""
        speaker = next(iter(self._genders))
        return f"{speaker}/Angry/{speaker}_000351.wav"


def _folder_label(path: Path) -> str | None:
    """Return the emotion that the nearest folder of that kind names."""
    return next((_FOLDERS[part.lower()] for part in reversed(path.parts[:-1]) if part.lower() in _FOLDERS), None)


def _speakers(first: int, men: set[str]) -> dict[str, str]:
    names = (f"{number:04}" for number in range(first, first + 10))
    return {name: "male" if name in men else "female" for name in names}


EXPORT = (Esd("esd_zh", "zh", _speakers(1, _MEN_OF_MANDARIN)), Esd("esd_en", "en", _speakers(11, _MEN_OF_ENGLISH)))
