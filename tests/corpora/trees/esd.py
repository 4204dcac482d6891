"""ESD, reduced: one sentence of each of the owner's three parts; both languages lie in one folder."""

from humpcat.corpora import CORPORA

from . import Tree

BLOCKS = ("Neutral", "Angry", "Happy", "Sad", "Surprise")
PARTS = {"evaluation": 1, "test": 21, "train": 51}


def clips(first: int) -> list[str]:
    """Return the clips of ten speakers."""
    return [
        f"{who:04}/{label}/{part}/{who:04}_{350 * block + place:06}.wav"
        for who in range(first, first + 10)
        for block, label in enumerate(BLOCKS)
        for part, place in PARTS.items()
    ]


def tree(name: str, first: int, other: int) -> Tree:
    """Return the tree of one language."""
    return Tree(
        corpus=name,
        clips=clips(first),
        missing_folder=f"{first + 4:04}",
        missing_says=f"nothing of speaker {first + 4:04}",
        texts={f"{first:04}/{first:04}.txt": "0001_000001\ttext\tNeutral\n"},
        expected=dict.fromkeys(BLOCKS, 30),
        expected_speakers=dict.fromkeys(CORPORA[name].expected_speakers, 15),
        apart=tuple(clips(other)),
    )


TREES = (tree("esd_zh", 1, 11), tree("esd_en", 11, 1))
