from humpcat.corpora import CORPORA
from humpcat.corpora.scan import Kind

ZH, EN = CORPORA["esd_zh"], CORPORA["esd_en"]


def test_two_languages_share_a_folder(write_clips):
    root = write_clips("ESD", ["0004/Sad/0004_001051.wav", "0011/Angry/test/0011_000371.wav"])
    assert ZH.find(root.parent) == EN.find(root.parent) == root
    (row,) = EN.scan(root).rows
    assert (row["id"], row["language"], row["gender"]) == ("esd_en/0011_000371", "en", "male")
    assert (row["emotion"], row["sentence"]) == ("anger", "021")
    (row,) = ZH.scan(root).rows
    assert (row["id"], row["language"], row["gender"]) == ("esd_zh/0004_001051", "zh", "male")
    assert (row["emotion"], row["sentence"]) == ("sadness", "001")
    (problem,) = ZH.scan(root).problems
    assert (problem.path, problem.kind) == (str(root), Kind.APART)
    assert problem.reason == "holds 1 recordings of the other language: left out."


def test_emotion_follows_from_the_number(write_clips):
    numbers = (1, 350, 351, 701, 1400, 1401, 1750)
    rows = EN.scan(write_clips("flat", [f"0015_{number:06}.wav" for number in numbers])).rows
    assert rows["label"] == ["Neutral", "Neutral", "Angry", "Happy", "Sad", "Surprise", "Surprise"]
    assert rows["sentence"] == ["001", "350", "001", "001", "350", "001", "350"]
    assert set(rows["gender"]) == {"female"}


def test_folder_that_contradicts_the_number_is_a_problem(write_clips):
    root = write_clips("esd", ["0011/Happy/0011_000001.wav", "0011/Neutral/0011_000002.wav"])
    scan = EN.scan(root)
    assert scan.rows["id"] == ["esd_en/0011_000002"]
    (problem,) = scan.problems
    assert problem.kind == Kind.UNLABELLED
    assert problem.reason == "lies in a folder Happy, its number says Neutral: left out."


def test_numbers_and_speakers_that_do_not_exist_are_foreign(write_clips):
    root = write_clips("esd", ["0011_000001.wav", "0011_000000.wav", "0011_001751.wav", "0021_000001.wav"])
    assert [problem.kind for problem in EN.scan(root).problems] == [Kind.FOREIGN] * 3


def test_published_total_is_17500_a_language():
    assert ZH.clips == EN.clips == sum(ZH.expected_speakers.values()) == 17_500
    assert [next(iter(corpus.expected_speakers)) for corpus in (ZH, EN)] == ["0001", "0011"]
