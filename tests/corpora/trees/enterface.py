"""eNTERFACE'05, all of it as sound, with the owner's slips in the names."""

import re

from . import Tree

EMOTIONS = {"an": "anger", "di": "disgust", "fe": "fear", "ha": "happiness", "sa": "sadness", "su": "surprise"}


def clip(subject: int, label: str, sentence: int) -> str:
    """Return the path of one recording, named as the owner named it."""
    # The files of subject 11 carry the number of the next one.
    name = f"s{12 if subject == 11 else subject}_{label}_{sentence}"
    name = {"s16_su_3": "s16_su_3avi"}.get(name, name.replace("s3_ha", "s_3_ha"))
    return f"enterface database/subject {subject}/{EMOTIONS[label]}/sentence {sentence}/{name}.wav"


def corrected(path: str) -> str:
    """Return the name in a flattened copy, where subject 11 must have got its own number."""
    subject, sentence = re.findall(r"(?:subject|sentence) (\d+)", path)
    label = next(label for label, emotion in EMOTIONS.items() if f"/{emotion}/" in path)
    return f"s{subject}_{label}_{sentence}.wav"


# Subject 23 lacks three of happiness; which three is not known.
CLIPS = [
    clip(subject, label, sentence)
    for subject in range(1, 45)
    if subject != 6
    for label in EMOTIONS
    for sentence in ((1, 2) if (subject, label) == (23, "ha") else range(1, 6))
]
TREE = Tree(
    corpus="enterface",
    clips=CLIPS,
    missing_folder="enterface database/subject 19",
    missing_says="nothing of speaker 19",
    apart=tuple(f"enterface database/subject 6/{emotion}/s6_{label}.wav" for label, emotion in EMOTIONS.items()),
    flattened=corrected,
)
