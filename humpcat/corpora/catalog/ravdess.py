"""Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS): 24 Canadian actors, two sentences.

Owner: Ryerson University. File names are seven numbers,
``<modality>-<channel>-<emotion>-<intensity>-<statement>-<repetition>-<actor>``, such as
``03-01-06-01-02-01-12``. The same audio recurs in the video archives (modality 01), and channel 02 is song: only
audio-only speech (03-01) is taken. Odd actors are male. Neutral was not recorded at strong intensity, hence half
as often. One recording of actor 07 lies there as both of its repetitions. The copy on Kaggle holds all
actors a second time in a folder of their own.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from humpcat.corpora.named_files import NamedFilesCorpus
from humpcat.corpora.scan import Kind, Problem, Utterance

_NAME = re.compile(
    r"(?P<modality>0[1-3])-(?P<channel>0[12])-(?P<emotion>0[1-8])-0[12]-(?P<statement>0[12])-0[12]-"
    r"(?P<actor>0[1-9]|1\d|2[0-4])"
)
_EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}


class Ravdess(NamedFilesCorpus):
    """Ryerson Audio-Visual Database of Emotional Speech and Song, its speech part."""

    name = "ravdess"
    title = "Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS)"
    languages = ("en",)
    homepage = "https://doi.org/10.5281/zenodo.1188976"
    licence = "CC BY-NC-SA 4.0"
    citation = "Livingstone and Russo, The Ryerson Audio-Visual Database, PLoS ONE 13(5), 2018"
    labels = {
        "neutral": "neutral",
        "calm": "calm",
        "happy": "happiness",
        "sad": "sadness",
        "angry": "anger",
        "fearful": "fear",
        "disgust": "disgust",
        "surprised": "surprise",
    }
    expected = {
        "neutral": 96,
        "calm": 192,
        "happy": 192,
        "sad": 192,
        "angry": 192,
        "fearful": 192,
        "disgust": 192,
        "surprised": 192,
    }
    expected_speakers = {f"{actor:02}": 60 for actor in range(1, 25)}
    quirks = {
        "03-01-03-01-02-01-07": "the same recording as 03-01-03-01-02-02-07",
        "03-01-03-01-02-02-07": "the same recording as 03-01-03-01-02-01-07",
    }
    aliases = ("audio_speech_actors_01-24",)
    marks = ("ravdess", "ryerson audio visual", "audio speech actors")
    # The same actors sing in the owner's release of song, which is no corpus here.
    cast = "ravdess"
    target_for = "en"

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield the speech recordings; song and the sound of the videos are counted in one problem."""
        foreign: list[Problem] = []
        yield from super().utterances(root, foreign)
        others = 0
        for problem in foreign:
            if _NAME.fullmatch(Path(problem.path).stem):
                others += 1
            else:
                problems.append(problem)
        if others:
            problems.append(
                Problem(
                    str(root),
                    f"holds {others} recordings of song or from videos (not named 03-01-...): left out.",
                    Kind.APART,
                )
            )

    def utterance(self, path: Path) -> Utterance | None:
        """Read a name such as ``03-01-06-01-02-01-12``."""
        match = _NAME.fullmatch(path.stem)
        if match is None or (match["modality"], match["channel"]) != ("03", "01"):
            return None
        return Utterance(
            key=path.stem,
            label=_EMOTIONS[match["emotion"]],
            speaker=match["actor"],
            gender="male" if int(match["actor"]) % 2 else "female",
            sentence=match["statement"],
        )

    def example_path(self) -> str:
        """Return ``Actor_12/03-01-06-01-02-01-12.wav``."""
        return "Actor_12/03-01-06-01-02-01-12.wav"


EXPORT = (Ravdess(),)
