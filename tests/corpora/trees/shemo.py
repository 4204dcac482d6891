"""ShEMO, reduced: how many clips each of its 87 speakers has does not follow from the names."""

from . import Tree

EMOTIONS = "AFHNSW"
SPEAKERS = [f"F{number:02}" for number in range(1, 8)] + [f"M{number:02}" for number in range(1, 8)]
TREE = Tree(
    corpus="shemo",
    clips=[
        f"{'female' if speaker[0] == 'F' else 'male'}/{speaker}{emotion}{number:02}.wav"
        for speaker in SPEAKERS
        for emotion in EMOTIONS
        for number in (1, 2)
    ],
    expected=dict.fromkeys(EMOTIONS, 28),
    expected_speakers=dict.fromkeys(SPEAKERS, 12),
    missing_folder="female",
    missing_says="nothing of speakers F01, F02",
)
