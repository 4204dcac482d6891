import numpy as np

from humpcat.corpora import CORPORA
from humpcat.corpora.scan import Kind

from ...recordings import recorded

MELD = CORPORA["meld"]
HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"


def write_table(root, split, *rows):
    """Write a table whose rows are given as (speaker, emotion, dialogue, utterance)."""
    lines = [
        f'1,"It\x92s fine, ""really""","{who}",{emotion},x,{d},{u},4,7,"0:1","0:2"' for who, emotion, d, u in rows
    ]
    (root / f"{split}_sent_emo.csv").write_bytes("\r\n".join([HEADER, *lines]).encode("latin-1"))


def test_ids_hold_the_split_since_numbers_repeat(write_clips):
    root = write_clips("meld", ["train_splits/dia0_utt0.wav", "dev_splits_complete/dia0_utt0.wav"])
    write_table(root, "train", ("Joey", "joy", 0, 0))
    write_table(root, "dev", ("Phoebe", "sadness", 0, 0))
    scan = MELD.scan(root)
    assert scan.problems == []
    assert scan.rows["id"] == ["meld/dev_dia0_utt0", "meld/train_dia0_utt0"]
    assert scan.rows["emotion"] == ["sadness", "happiness"]
    assert scan.rows["session"] == scan.rows["speaker"] == ["Phoebe", "Joey"]


def test_several_speakers_are_nobody_and_woman_is_one(write_clips):
    who = ["All", "Both", "Ross and Joey", "Joey, Ross", "Woman", "Mrs. Green", "Sandy", "Ally"]
    root = write_clips("meld", [f"train_splits/dia0_utt{place}.wav" for place in range(len(who))])
    write_table(root, "train", *((name, "fear", 0, place) for place, name in enumerate(who)))
    assert MELD.scan(root).rows["speaker"] == [None, None, None, None, "Woman", "Mrs. Green", "Sandy", "Ally"]


def test_the_sound_of_videos_is_read_unless_it_lies_beside_them(write_clips):
    root = write_clips("meld", ["test/dia0_utt0.wav"])
    tone = 0.1 * np.sin(np.arange(8_000) / 12)
    for name in ("dia0_utt0.mp4", "dia0_utt1.mp4", "final_videos_testdia0_utt2.mp4"):
        (root / "test" / name).write_bytes(recorded(tone, ".mp4", video=True))
    (root / "test" / "._dia0_utt3.mp4").write_bytes(b"video")
    write_table(root, "test", *(("Ross", "anger", 0, place) for place in range(4)))
    scan = MELD.scan(root)
    assert [path.rsplit("/", 1)[-1] for path in scan.rows["path"]] == [
        "dia0_utt0.wav",
        "dia0_utt1.mp4",
        "final_videos_testdia0_utt2.mp4",
    ]
    (missing,) = scan.problems
    assert (missing.kind, missing.path) == (Kind.MISSING, str(root / "test_sent_emo.csv"))
    assert missing.reason == (
        f"labels 1 utterances that have no audio below {root} (test_dia0_utt3): unpack the rest of the corpus."
    )


def test_defects_of_the_original_are_not_taken_for_damage(write_clips):
    root = write_clips("meld", ["train_splits/dia125_utt2.wav"])
    (root / "train_splits" / "dia125_utt3.mp4").write_bytes(b"unreadable")
    write_table(root, "train", ("Ross", "neutral", 125, 2), ("Ross", "neutral", 125, 3))
    (problem,) = MELD.scan(root).problems
    assert problem.kind == Kind.MISSING
    assert problem.reason.endswith("(train_dia125_utt3): train_dia125_utt3 is unreadable in the original.")


def test_better_recordings_of_the_test_split_are_taken(write_clips):
    folder = "output_repeated_splits_test"
    root = write_clips("meld", [f"{folder}/dia0_utt0.wav", f"{folder}/final_videos_testdia0_utt0.wav"])
    write_table(root, "test", ("Ross", "neutral", 0, 0))
    scan = MELD.scan(root)
    assert scan.rows["id"] == ["meld/test_dia0_utt0"]
    assert scan.rows["path"][0].endswith("final_videos_testdia0_utt0.wav")
    assert [(problem.kind, problem.reason) for problem in scan.problems] == [
        (Kind.APART, "holds 1 clips that the owner gives a second time, better (dia0_utt0.wav): left out.")
    ]


def test_clips_that_tell_no_split_or_have_no_label(write_clips):
    paths = ["dia0_utt0.wav", "train_splits/dia0_utt0.wav", "train_splits/dia66_utt9.wav", "train/dia0_utt0.wav"]
    root = write_clips("meld", paths)
    write_table(root, "train", ("Ross", "neutral", 0, 0))
    scan = MELD.scan(root)
    assert len(scan.rows) == 1
    assert sorted(problem.kind for problem in scan.problems) == [Kind.FOREIGN, Kind.REPEATED, Kind.UNLABELLED]


def test_counts_add_up_to_the_published_number():
    assert MELD.clips == 13708
