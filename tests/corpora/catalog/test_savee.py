from humpcat.corpora import CORPORA

SAVEE = CORPORA["savee"]


def test_speaker_is_the_folder_or_the_prefix(write_clips):
    paths = ["AudioData/DC/sa01.wav", "ALL/JE_su15.wav", "AudioData/KL/KL_n30.wav", "AudioData/JK/16k/a01.wav"]
    rows = SAVEE.scan(write_clips("savee", paths, rate=44_100)).rows
    assert rows["id"] == ["savee/DC_sa01", "savee/JE_su15", "savee/JK_a01", "savee/KL_n30"]
    assert rows["speaker"] == ["DC", "JE", "JK", "KL"]
    assert rows["emotion"] == ["sadness", "surprise", "anger", "neutral"]
    assert set(rows["gender"]) == {"male"}
    # The first sentence of anger is not the first of sadness.
    assert rows["sentence"] == ["sa01", "su15", "a01", "n30"]


def test_file_without_a_speaker_is_a_problem(write_clips):
    root = write_clips("savee", ["DC_a01.wav", "a02.wav"])
    (problem,) = SAVEE.scan(root).problems
    assert problem.path == str(root / "a02.wav")


def test_published_total_is_480():
    assert SAVEE.clips == sum(SAVEE.expected_speakers.values()) == 480
