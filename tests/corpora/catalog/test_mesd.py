from collections import Counter

import pytest

from humpcat.corpora import CORPORA

MESD = CORPORA["mesd"]


def test_reads_the_owners_names(write_clips):
    paths = ["Anger_C_A_abajo.wav", "Happiness_C_A_lento_dentro.wav", "Neutral_F_A_basta_ya.wav", "Fear_M_B_robo.wav"]
    rows = MESD.scan(write_clips("mesd", paths)).rows
    assert rows["sentence"] == ["abajo", "robo", "lento_dentro", "basta_ya"]
    assert rows["speaker"] == ["C", "M", "C", "F"]
    assert rows["gender"] == [None, "male", None, "female"]


@pytest.mark.real_data
def test_real_corpus_has_the_published_counts(data_dir):
    scan = MESD.scan(MESD.find(data_dir))
    assert (len(scan.rows), scan.problems, scan.warnings) == (862, [], [])
    assert set(scan.rows["speaker"]) == {"F", "M", "C"}
    assert Counter(scan.rows["emotion"]) == {
        "anger": 143,
        "disgust": 144,
        "fear": 144,
        "happiness": 144,
        "neutral": 143,
        "sadness": 144,
    }
