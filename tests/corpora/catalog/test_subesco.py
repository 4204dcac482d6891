from humpcat.corpora import CORPORA

SUBESCO = CORPORA["subesco"]


def test_stray_bracket_of_the_owners_release_is_read(write_clips):
    paths = ["F_02_MONIKA_S_2_SURPRISE_3].wav", "M_02_NIPUN_S_10_SAD_1.wav"]
    rows = SUBESCO.scan(write_clips("subesco", paths)).rows
    assert rows["id"] == ["subesco/F_02_MONIKA_S_2_SURPRISE_3", "subesco/M_02_NIPUN_S_10_SAD_1"]
    assert rows["speaker"] == ["F_02", "M_02"]
    assert rows["sentence"] == ["2", "10"]


def test_counts_of_speakers_add_up_to_the_clips():
    assert sum(SUBESCO.expected_speakers.values()) == SUBESCO.clips == 7000
