"""URDU at full size: clips of a speaker are numbered within an emotion, and all clips of an emotion once more."""

import re

from . import Tree

# Speakers in the order of the second number, with how many clips they have of that emotion.
SPEAKERS = {
    "Angry": "SM1 22 SM2 28 SM3 2 SM4 48",
    "Happy": "SF1 12 SF2 2 SF3 2 SF4 4 SF5 4 SF6 14 SF7 6 SF8 2 SM17 2 SM18 2 SM19 2 SM3 2 SM5 8 SM6 10 SM7 28",
    "Neutral": "SF9 4 SM20 10 SM21 4 SM22 2 SM3 8 SM5 72",
    "Sad": "SF10 2 SF11 4 SM23 6 SM24 38 SM25 40 SM26 2 SM27 4 SM6 4",
}


def clips() -> list[str]:
    paths = []
    for emotion, said in SPEAKERS.items():
        counts = (words.rsplit(" ", 1) for words in re.findall(r"\S+ \d+", said))
        order = [(speaker, file) for speaker, count in counts for file in range(1, int(count) + 1)]
        paths += [
            f"{emotion}/{speaker}_F{file}_{emotion[0]}0{number}.wav" for number, (speaker, file) in enumerate(order, 1)
        ]
    return paths


TREE = Tree(corpus="urdu", clips=clips(), missing_folder="Sad", missing_says="Sad 0 of 100")
