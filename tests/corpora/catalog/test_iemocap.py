from pathlib import Path

import pytest

from humpcat.corpora import CORPORA, FOUR
from humpcat.errors import CorpusError

IEMOCAP = CORPORA["iemocap"]
SUMMARY = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral;\t()
A-E3:\tval 3; act 2; dom  2;\t()

[10.0100 - 11.3925]\tSes01F_impro01_M003\texc\t[2.5000, 2.5000, 2.5000]
[14.8872 - 18.0175]\tSes01F_impro01_M004\txxx\t[2.5000, 2.5000, 2.5000]
"""
CLIPS = [f"Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_{turn}.wav" for turn in ("F000", "M003", "M004")]


def label(root: Path, folder: str = "Session1/dialog/EmoEvaluation", dialog: str = "Ses01F_impro01") -> Path:
    file = root / folder / f"{dialog}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(SUMMARY.replace("Ses01F_impro01", dialog), encoding="utf-8")
    return root


def test_reads_the_full_release(write_clips):
    root = label(write_clips("IEMOCAP_full_release", [*CLIPS, "Session1/dialog/wav/Ses01F_impro01.wav"]))
    # One rater's own file has the same name and other lines.
    label(root, "Session1/dialog/EmoEvaluation/Categorical", "Ses01F_impro02")
    scan = IEMOCAP.scan(root)
    assert scan.problems == []
    rows = scan.rows
    assert rows["id"] == [f"iemocap/Ses01F_impro01_{turn}" for turn in ("F000", "M003", "M004")]
    assert rows["label"] == ["neu", "exc", "xxx"]
    assert rows["emotion"] == ["neutral", "excitement", None]
    assert [FOUR.class_of(emotion) for emotion in rows["emotion"]] == ["neutral", "happiness", None]
    # The last letter speaks; the first only says who wears the markers.
    assert rows["speaker"] == ["Ses01F", "Ses01M", "Ses01M"]
    assert rows["gender"] == ["female", "male", "male"]
    assert rows["session"] == ["Ses01"] * 3
    assert rows["sentence"] == [None] * 3


@pytest.mark.parametrize("dialog", ["Ses05M_script01_1b", "Ses03M_impro05a"])
def test_dialogs_with_a_letter_behind_their_number(write_clips, dialog):
    root = label(write_clips("iemocap", [f"{dialog}_F000.wav"]), dialog=dialog)
    assert IEMOCAP.scan(root).rows["speaker"] == [dialog[:5] + "F"]


def test_flattened_and_converted_copy(write_clips):
    root = label(write_clips("iemocap", [Path(clip).with_suffix(".flac").name for clip in CLIPS]), folder="")
    assert len(IEMOCAP.scan(root).rows) == 3


def test_one_level_deeper(write_clips):
    root = label(write_clips("data/IEMOCAP_full_release", CLIPS))
    assert len(IEMOCAP.scan(root.parent).rows) == 3


def test_label_without_audio_and_audio_without_label_are_problems(write_clips):
    extra = CLIPS[0].replace("F000", "F009")
    root = label(write_clips("iemocap", [*CLIPS[:2], extra]))
    scan = IEMOCAP.scan(root)
    assert len(scan.rows) == 2
    assert [problem.reason for problem in scan.problems] == [
        f"labels Ses01F_impro01_M004, which has no audio below {root}.",
        "is labelled in no EmoEvaluation file: left out.",
    ]


def test_label_files_missing_altogether(write_clips):
    root = write_clips("iemocap", CLIPS)
    with pytest.raises(CorpusError, match="is labelled in no EmoEvaluation file") as caught:
        IEMOCAP.scan(root)
    assert str(caught.value).startswith(f"corpus 'iemocap': nothing in {root} is named as its owner names it")


def test_four_merged_classes_hold_5531_of_10039():
    merged = sum(count for name, count in IEMOCAP.expected.items() if FOUR.class_of(IEMOCAP.labels[name]))
    assert (merged, sum(IEMOCAP.expected.values())) == (5531, 10_039)
