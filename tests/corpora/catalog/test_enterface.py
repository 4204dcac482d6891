import pytest

from humpcat.corpora import CORPORA
from humpcat.corpora.scan import Kind
from humpcat.errors import CorpusError

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


def test_videos_without_their_sound_are_counted_in_one_problem(write_clips):
    root = write_clips("enterface", [PATH])
    for name in (PATH, PATH.replace("1", "2"), PATH.replace("1", "4")):
        video = (root / name).with_suffix(".avi")
        video.parent.mkdir(parents=True, exist_ok=True)
        video.write_bytes(b"RIFF\0\0\0\0AVI ")
    scan = ENTERFACE.scan(root)
    assert len(scan.rows) == 1
    (problem,) = scan.problems
    assert problem.kind == Kind.APART
    first = root / "subject 2/anger/sentence 2/s2_an_2.avi"
    assert problem.reason == (
        f"holds 2 videos without their sound, first {first}: extract it beside each, "
        "ffmpeg -i s1_an_1.avi -vn s1_an_1.wav."
    )


def test_nothing_but_videos_says_what_to_do(tmp_path):
    (tmp_path / "s1_an_1.avi").write_bytes(b"RIFF\0\0\0\0AVI ")
    with pytest.raises(CorpusError, match=r"holds 1 videos without their sound.*ffmpeg -i"):
        ENTERFACE.scan(tmp_path)


def test_total_is_that_of_the_release_without_subject_6():
    assert ENTERFACE.clips == sum(ENTERFACE.expected_speakers.values()) == 1293 - 6
