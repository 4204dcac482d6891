"""AESDD, as the release of six actors: twenty utterances each, and three of the second takes.

Where a second take or a nought in front of a speaker occurs does not follow from the naming scheme.
"""

from . import Tree

EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness")
NOUGHTS = {("f", 10), ("f", 11), ("f", 12), ("f", 13)}


def speaker_in(emotion: str, utterance: int, speaker: int) -> str:
    return "01" if speaker == 1 and (emotion[0], utterance) in NOUGHTS else str(speaker)


TREE = Tree(
    corpus="aesdd",
    clips=[
        *(
            f"{emotion}/{emotion[0]}{utterance:02} ({speaker_in(emotion, utterance, speaker)}).wav"
            for emotion in EMOTIONS
            for utterance in range(1, 21)
            for speaker in range(1, 7)
        ),
        "anger/a06 (5)b.wav",
        "fear/f18 (5)b.wav",
        "sadness/s01 (2)b.wav",
    ],
    expected={"a": 121, "d": 120, "f": 121, "h": 120, "s": 121},
    expected_speakers=6,
    missing_folder="fear",
    missing_says="f 0 of 121",
)
