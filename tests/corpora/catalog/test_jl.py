from humpcat.corpora import CORPORA

FOLDER = "Raw JL corpus (unchecked and unannotated)/JL(wav+txt)"


def test_secondary_emotions_are_read_and_have_no_canonical_emotion(write_clips):
    paths = [f"{FOLDER}/female2_anxious_2b_1.wav", f"{FOLDER}/male1_excited_10a_1.wav"]
    rows = CORPORA["jl"].scan(write_clips("jl-corpus", paths)).rows
    assert rows["label"] == ["anxious", "excited"]
    assert rows["emotion"] == [None, "excitement"]
    assert rows["gender"] == ["female", "male"]
    assert rows["sentence"] == ["2", "10"]
