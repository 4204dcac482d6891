from collections import Counter

import pytest

from humpcat.corpora import CORPORA

CREMAD = CORPORA["cremad"]


def test_reads_the_owners_layout(write_clips):
    paths = ["AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1002_IEO_SAD_HI.wav", "AudioWAV/1040_ITH_SAD_X.wav"]
    rows = CREMAD.scan(write_clips("CREMA-D", paths)).rows
    assert rows["label"] == ["ANG", "SAD", "SAD"]
    assert rows["emotion"] == ["anger", "sadness", "sadness"]
    assert rows["speaker"] == ["1001", "1002", "1040"]
    assert rows["gender"] == ["male", "female", "male"]
    assert rows["sentence"] == ["DFA", "IEO", "ITH"]


def test_unknown_label_is_a_problem(write_clips):
    scan = CREMAD.scan(write_clips("cremad", ["1001_DFA_ANG_XX.wav", "1001_DFA_JOY_XX.wav"]))
    assert len(scan.rows) == 1
    assert [problem.reason for problem in scan.problems] == [
        "label 'JOY' is unknown to cremad, expected one of ANG, DIS, FEA, HAP, NEU, SAD."
    ]


@pytest.mark.real_data
def test_real_corpus_has_the_published_counts(data_dir):
    scan = CREMAD.scan(CREMAD.find(data_dir))
    assert (len(scan.rows), scan.problems, scan.warnings) == (7442, [], [])
    assert len(set(scan.rows["speaker"])) == 91
    assert (
        len(
            {
                speaker
                for speaker, sex in zip(scan.rows["speaker"], scan.rows["gender"], strict=True)
                if sex == "female"
            }
        )
        == 43
    )
    assert Counter(scan.rows["label"]) == {
        "ANG": 1271,
        "DIS": 1271,
        "FEA": 1271,
        "HAP": 1271,
        "SAD": 1271,
        "NEU": 1087,
    }
