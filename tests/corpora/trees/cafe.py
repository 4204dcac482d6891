"""CaFE at full size, as 48 kHz archives unpack it; neutral has no folders of intensity."""

from . import Tree

FOLDERS = {
    "C": "Colère",
    "D": "Dégoût",
    "J": "Joie",
    "P": "Peur",
    "S": "Surprise",
    "T": "Tristesse",
}
CLIPS = [
    f"CaFE_48k/{folder}/{strength}/{actor:02}-{letter}-{number}-{sentence}.wav"
    for letter, folder in FOLDERS.items()
    for number, strength in ((1, "Faible"), (2, "Fort"))
    for actor in range(1, 13)
    for sentence in range(1, 7)
] + [f"CaFE_48k/Neutre/{actor:02}-N-1-{sentence}.wav" for actor in range(1, 13) for sentence in range(1, 7)]
TREE = Tree(
    corpus="cafe",
    clips=CLIPS,
    texts={"CaFE_48k/Readme.txt": "Canadian French Emotional speech dataset"},
    missing_folder="CaFE_48k/Colère",
    missing_says="C 0 of 144",
    suffix=".aiff",
)
