"""JL-Corpus at full size, in the single folder of the owner's archive."""

from humpcat.corpora import CORPORA

from . import Tree

FOLDER = "Raw JL corpus (unchecked and unannotated)/JL(wav+txt)"
CLIPS = [
    f"{FOLDER}/{speaker}_{emotion}_{sentence}{repetition}_{session}.wav"
    for speaker in ("female1", "female2", "male1", "male2")
    for emotion in CORPORA["jl"].labels
    for sentence in range(1, 16)
    for repetition in "ab"
    for session in (1, 2)
]
TREE = Tree(
    corpus="jl",
    clips=CLIPS,
    texts={CLIPS[0].replace(".wav", ".txt"): "Tom beats that farmer."},
    missing_folder=f"{FOLDER}/male2_*",
    missing_says="nothing of speaker male2",
)
