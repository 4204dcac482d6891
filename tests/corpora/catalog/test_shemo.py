from humpcat.corpora import CORPORA


def test_f_is_a_sex_in_front_and_fear_in_the_middle(write_clips):
    rows = (
        CORPORA["shemo"].scan(write_clips("shemo", ["female/F03S02.wav", "female/F09F02.wav", "male/M21F01.wav"])).rows
    )
    assert rows["emotion"] == ["sadness", "fear", "fear"]
    assert rows["gender"] == ["female", "female", "male"]
    assert rows["speaker"] == ["F03", "F09", "M21"]


def test_counts_add_up_to_the_published_number():
    assert CORPORA["shemo"].clips == 3000
