from humpcat.corpora import CORPORA

URDU = CORPORA["urdu"]


def test_counts_of_speakers_add_up_to_the_clips():
    assert sum(URDU.expected_speakers.values()) == URDU.clips == 400
    assert URDU.speakers == 29


def test_numbers_beyond_a_hundred_keep_their_nought(write_clips):
    rows = URDU.scan(write_clips("urdu", ["Angry/SM4_F48_A0100.wav", "Happy/SF1_F1_H01.wav"])).rows
    assert rows["id"] == ["urdu/SF1_F1_H01", "urdu/SM4_F48_A0100"]
    assert rows["emotion"] == ["happiness", "anger"]
    assert rows["speaker"] == ["SF1", "SM4"]
    assert rows["gender"] == ["female", "male"]
