from collections import Counter

import pytest

from humpcat.corpora import CORPORA

EMODB = CORPORA["emodb"]
PATHS = ["wav/03a01Fa.wav", "wav/08b10Wb.wav", "wav/16a07Ta.wav"]


def test_reads_the_owners_layout(write_clips):
    rows = EMODB.scan(write_clips("emodb", PATHS)).rows
    assert rows["id"] == ["emodb/03a01Fa", "emodb/08b10Wb", "emodb/16a07Ta"]
    assert rows["label"] == ["F", "W", "T"]
    assert rows["emotion"] == ["happiness", "anger", "sadness"]
    assert rows["speaker"] == rows["session"] == ["03", "08", "16"]
    assert rows["gender"] == ["male", "female", "female"]
    assert rows["sentence"] == ["a01", "b10", "a07"]
    assert rows["duration"] == pytest.approx([0.1] * 3)


@pytest.mark.real_data
def test_real_corpus_has_the_published_counts(data_dir):
    scan = EMODB.scan(EMODB.find(data_dir))
    assert (len(scan.rows), scan.problems, scan.warnings) == (535, [], [])
    assert len(set(scan.rows["speaker"])) == 10
    assert Counter(scan.rows["emotion"]) == {
        "anger": 127,
        "boredom": 81,
        "neutral": 79,
        "happiness": 71,
        "fear": 69,
        "sadness": 62,
        "disgust": 46,
    }
