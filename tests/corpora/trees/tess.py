"""TESS, all of it, with made-up words."""

from . import Tree

# As the folders are written in the copy that most people have.
FOLDERS = {
    "OAF": ("angry", "disgust", "Fear", "happy", "neutral", "Pleasant_surprise", "Sad"),
    "YAF": ("angry", "disgust", "fear", "happy", "neutral", "pleasant_surprised", "sad"),
}
LABELS = ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")
WORDS = ("bite", *(f"word{number}" for number in range(199)))
CLIPS = [
    f"{who}_{folder}/{who}_{word}_{label}.wav"
    for who, folders in FOLDERS.items()
    for folder, label in zip(folders, LABELS, strict=True)
    for word in WORDS
]
TREE = Tree(
    corpus="tess",
    clips=[clip.replace("OAF_bite_neutral", "OA_bite_neutral") for clip in CLIPS],
    missing_folder="YAF_*",
    missing_says="nothing of speaker YAF",
)
