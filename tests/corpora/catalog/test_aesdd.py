import pytest

from humpcat.corpora import CORPORA

AESDD = CORPORA["aesdd"]


def test_nought_in_front_of_a_speaker_and_second_take(write_clips):
    rows = AESDD.scan(write_clips("aesdd", ["anger/a06 (5).wav", "anger/a06 (5)b.wav", "fear/f10 (01).wav"])).rows
    assert rows["id"] == ["aesdd/a06-5", "aesdd/a06-5b", "aesdd/f10-1"]
    assert rows["speaker"] == ["5", "5", "1"]
    assert rows["sentence"] == ["06", "06", "10"]


def test_improvised_utterance_is_no_sentence(write_clips):
    assert AESDD.scan(write_clips("aesdd", ["happiness/h20 (3).wav"])).rows["sentence"] == [None]


@pytest.mark.parametrize("name", ["a06_5b", "a06_(5)b", "a06(5)b", "a06__5_b"])
def test_names_without_blanks_or_brackets(write_clips, name):
    assert AESDD.scan(write_clips("aesdd", [f"{name}.wav"])).rows["id"] == ["aesdd/a06-5b"]
