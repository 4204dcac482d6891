import numpy as np
import pytest

from humpcat.corpora import CORPORA
from humpcat.corpora.scan import Kind

from ...recordings import recorded

ENTERFACE = CORPORA["enterface"]
PATH = "subject 1/anger/sentence 1/s1_an_1.wav"


def test_folders_are_right_where_names_are_not(write_clips):
    paths = [
        "subject 11/fear/sentence 2/s12_fe_2.wav",
        "subject 12/fear/sentence 2/s12_fe_2.wav",
        "subject 16/surprise/sentence 3/s16_su_3avi.wav",
        "subject 3/happiness/sentence 1/s_3_ha_1.wav",
    ]
    scan = ENTERFACE.scan(write_clips("enterface database", paths))
    assert scan.problems == []
    assert scan.rows["id"] == [f"enterface/{key}" for key in ("s11_fe_2", "s12_fe_2", "s16_su_3", "s3_ha_1")]
    assert scan.rows["speaker"] == ["11", "12", "16", "3"]
    assert scan.rows["emotion"] == ["fear", "fear", "surprise", "happiness"]
    assert scan.rows["sentence"] == ["fe_2", "fe_2", "su_3", "ha_1"]


def test_names_serve_where_there_are_no_folders(write_clips):
    rows = ENTERFACE.scan(write_clips("flat", ["s_3_ha_1.wav", "s16_su_3avi.wav", "S40_AN_5.wav"])).rows
    assert rows["id"] == ["enterface/s16_su_3", "enterface/s3_ha_1", "enterface/s40_an_5"]


@pytest.mark.parametrize("name", ["subject 6/anger/s6_an.wav", "subject 6/anger/s6/s6_an_1.wav", "s6_an.wav"])
def test_subject_that_was_never_cut_is_left_out(write_clips, name):
    root = write_clips("enterface", [PATH, name])
    (problem,) = ENTERFACE.scan(root).problems
    assert (problem.path, problem.kind) == (str(root), Kind.APART)
    assert problem.reason == "holds 1 recordings of subject 6, not cut into sentences: left out."


def test_the_sound_of_videos_is_read_unless_it_lies_beside_them(write_clips):
    root = write_clips("enterface", [PATH])
    tone = 0.1 * np.sin(np.arange(8_000) / 12)
    for name in (PATH, PATH.replace("1", "2")):
        video = (root / name).with_suffix(".avi")
        video.parent.mkdir(parents=True, exist_ok=True)
        video.write_bytes(recorded(tone, ".avi", video=True))
    scan = ENTERFACE.scan(root)
    assert scan.problems == []
    assert [path.rsplit("/", 1)[-1] for path in scan.rows["path"]] == ["s1_an_1.wav", "s2_an_2.avi"]
    assert scan.rows["duration"][1] == pytest.approx(0.5, abs=0.1)


def test_a_video_that_cannot_be_read_is_said(write_clips):
    root = write_clips("enterface", [PATH])
    (root / "s2_an_2.avi").write_bytes(b"RIFF\0\0\0\0AVI ")
    (problem,) = ENTERFACE.scan(root).problems
    assert (problem.path, problem.kind) == (str(root / "s2_an_2.avi"), Kind.UNUSABLE)


def test_total_is_that_of_the_release_without_subject_6():
    assert ENTERFACE.clips == sum(ENTERFACE.expected_speakers.values()) == 1293 - 6
