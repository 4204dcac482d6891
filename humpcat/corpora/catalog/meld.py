"""Multimodal EmotionLines Dataset (MELD): utterances of the television series Friends, seven emotions.

Owner: DeCLaRe Lab. ``train_sent_emo.csv``, ``dev_sent_emo.csv`` and ``test_sent_emo.csv`` label the clips of the
folders ``train_splits``, ``dev_splits_complete`` and ``output_repeated_splits_test``, named ``dia0_utt0.mp4``:
dialogue and utterance, counted anew in each split, so that the split is part of the key. Their sound is read, or that
of copies as .wav or .flac, with the same names in the same folders (or named ``train_dia0_utt0`` in one folder).

The same characters speak in all dialogues and in all three splits. A split by dialogue, the owner's included,
therefore shares speakers, and sessions are not dialogues but speakers. Where several speak at once ("All", "Ross and
Joey") no one is named, since the voices are those of other clips. Names such as "Woman" are several people, who stay
together.

Some test clips come twice: those named ``final_videos_test...`` are the ones that fit the labels. Archives hold hidden
``._`` files of macOS, and clips that no table labels. Two of the 13708 published clips cannot be had.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from humpcat.corpora.scan import Utterance
from humpcat.corpora.tables import TableCorpus

_BETTER = "final_videos_test"
_NAME = re.compile(rf"(?:(?P<split>train|dev|test)_)?(?P<better>{_BETTER})?(?P<clip>dia\d+_utt\d+)")
_FOLDER = re.compile(r"(?<![a-z])(train|dev|val|test)(?![a-z])")
_SEVERAL = re.compile(r"\b(?:all|both|everyone|everybody|guys|girls|and)\b|[,/&]", re.IGNORECASE)
_SHORT = "only some tenths of a second long in the original"


class Meld(TableCorpus):
    """Multimodal EmotionLines Dataset."""

    name = "meld"
    title = "Multimodal EmotionLines Dataset (MELD)"
    languages = ("en",)
    homepage = "https://affective-meld.github.io"
    licence = "GPL 3.0 for the annotations, as the owner's page says; the recordings are of a television series"
    citation = (
        "Poria et al., MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in Conversations, ACL 2019"
    )
    labels = {
        "anger": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "joy": "happiness",
        "neutral": "neutral",
        "sadness": "sadness",
        "surprise": "surprise",
    }
    expected = {
        "anger": 1607,
        "disgust": 361,
        "fear": 358,
        "joy": 2308,
        "neutral": 6436,
        "sadness": 1002,
        "surprise": 1636,
    }
    expected_speakers = None
    quirks = {
        "train_dia125_utt3": "unreadable in the original",
        "dev_dia110_utt7": "missing in the original",
    } | dict.fromkeys(
        (
            "dev_dia99_utt3",
            "dev_dia108_utt5",
            "train_dia71_utt0",
            "train_dia179_utt8",
            "train_dia312_utt9",
            "train_dia332_utt1",
            "train_dia406_utt2",
            "train_dia523_utt10",
        ),
        _SHORT,
    )
    aliases = ("meld.raw",)
    marks = ("meld",)
    videos = True
    tables = ("train_sent_emo.csv", "dev_sent_emo.csv", "test_sent_emo.csv")
    columns = ("Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")

    def key(self, path: Path) -> str | None:
        """Read a path such as ``train_splits/dia0_utt0``; without its split a name is not enough."""
        match = _NAME.fullmatch(path.stem)
        if match is None:
            return None
        folders = (_FOLDER.search(part.lower()) for part in reversed(path.parts[:-1]))
        folder = next((found[1] for found in folders if found), None)
        split = match["split"] or ("test" if match["better"] else folder)
        return f"{'dev' if split == 'val' else split}_{match['clip']}" if split else None

    def utterance(self, table: str, row: Mapping[str, str]) -> Utterance:
        """Read a row; the key holds the split of its table."""
        split = table.partition("_")[0]
        return Utterance(
            key=f"{split}_dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}",
            label=row["Emotion"].lower(),
            speaker=None if _SEVERAL.search(row["Speaker"]) else row["Speaker"] or None,
        )

    def is_better(self, path: Path, other: Path) -> bool:
        """Prefer the test clips that fit the labels."""
        return _BETTER in path.stem and _BETTER not in other.stem

    def example_path(self) -> str:
        """Return ``train_splits/dia0_utt0.mp4`` and its table."""
        return "train_splits/dia0_utt0.mp4, labelled in train_sent_emo.csv"


EXPORT = (Meld(),)
