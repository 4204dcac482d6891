"""MELD, a sample of eight dialogues in each split, its sound extracted beside the videos."""

from humpcat.corpora import CORPORA
from humpcat.corpora.scan import Kind

from . import Tree

HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
FOLDERS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}
CAST = ("Monica", "Ross", "Rachel", "Joey", "Phoebe", "Chandler", "Woman")
EMOTIONS = tuple(CORPORA["meld"].labels)


def table() -> str:
    rows = [
        f'{dialogue * 7 + place},"Oh, I’d ""never""",{CAST[place]},{EMOTIONS[place]},neutral,{dialogue},{place},'
        '4,7,"00:20:57,256","00:21:00,049"'
        for dialogue in range(8)
        for place in range(7)
    ]
    return "\n".join([HEADER, *rows, ""])


def name_in_one_folder(path: str) -> str:
    folder, name = path.split("/")
    return f"{next(split for split in FOLDERS if FOLDERS[split] == folder)}_{name}"


TREE = Tree(
    corpus="meld",
    clips=[
        f"{folder}/dia{dialogue}_utt{place}.wav"
        for folder in FOLDERS.values()
        for dialogue in range(8)
        for place in range(7)
    ],
    texts={f"{split}_sent_emo.csv": table() for split in FOLDERS},
    expected=dict.fromkeys(EMOTIONS, 24),
    expected_speakers=7,
    missing_folder=FOLDERS["dev"],
    missing_says="dev_dia0_utt0",
    foreign="train_splits/dia0_utt99.wav",
    foreign_kind=Kind.UNLABELLED,
    flattened=name_in_one_folder,
)
