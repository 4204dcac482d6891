from collections import Counter

import pytest

from humpcat.corpora import CORPORA

RAVDESS = CORPORA["ravdess"]
PATHS = ["Actor_01/03-01-05-01-01-01-01.wav", "Actor_12/03-01-06-01-02-01-12.wav"]


def test_reads_the_owners_layout(write_clips):
    rows = RAVDESS.scan(write_clips("ravdess", PATHS)).rows
    assert rows["label"] == ["angry", "fearful"]
    assert rows["emotion"] == ["anger", "fear"]
    assert rows["speaker"] == ["01", "12"]
    assert rows["gender"] == ["male", "female"]
    assert rows["sentence"] == ["01", "02"]


def test_song_and_sound_of_videos_are_counted_in_one_problem(write_clips):
    others = ["song/03-02-05-01-01-01-01.wav", "video/01-01-05-01-01-01-01.wav", "notes.wav"]
    root = write_clips("ravdess", [*PATHS, *others])
    scan = RAVDESS.scan(root)
    assert len(scan.rows) == 2
    assert [(problem.path, problem.reason) for problem in scan.problems] == [
        (str(root / "notes.wav"), "is not named as ravdess names its files: left out."),
        (str(root), "holds 2 recordings of song or from videos (not named 03-01-...): left out."),
    ]


@pytest.mark.real_data
def test_real_corpus_has_the_published_counts(data_dir):
    scan = RAVDESS.scan(RAVDESS.find(data_dir))
    assert (len(scan.rows), scan.problems, scan.warnings) == (1440, [], [])
    assert len(set(scan.rows["speaker"])) == 24
    counts = dict.fromkeys(("calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise"), 192)
    assert Counter(scan.rows["emotion"]) == {**counts, "neutral": 96}
