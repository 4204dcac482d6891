import pytest

from humpcat.corpora import CORPORA

CASIA = CORPORA["casia"]
IDS = ["casia/ZhaoZuoxiang-sad-250", "casia/liuchanhg-angry-201", "casia/liuchanhg-happy-201"]
PATHS = ["ZhaoZuoxiang/sad/250.wav", "liuchanhg/angry/201.wav", "liuchanhg/happy/201.wav"]


def test_names_that_repeat_in_every_folder_stay_apart(write_clips):
    rows = CASIA.scan(write_clips("casia", PATHS)).rows
    assert rows["id"] == IDS
    assert rows["emotion"] == ["sadness", "anger", "happiness"]
    assert rows["speaker"] == ["ZhaoZuoxiang", "liuchanhg", "liuchanhg"]
    assert rows["sentence"] == ["250", "201", "201"]


@pytest.mark.parametrize(
    "paths",
    [
        [f"wav/same text 300/{path}" for path in PATHS],
        [path.replace("/2", "/clips/2") for path in PATHS],
        [path.replace("/", "_") for path in PATHS],
        ["angry/201-angry-liuchanhg.wav", "happy/201-happy-liuchanhg.wav", "sad/250-sad-ZhaoZuoxiang.wav"],
    ],
)
def test_deeper_and_flattened_copies_give_the_same_ids(write_clips, paths):
    assert CASIA.scan(write_clips("casia", paths)).rows["id"] == IDS


def test_unknown_speaker_is_a_problem(write_clips):
    scan = CASIA.scan(write_clips("casia", [*PATHS, "someone/angry/201.wav"]))
    assert len(scan.rows) == 3
    assert [problem.reason for problem in scan.problems] == ["is not named as casia names its files: left out."]


def test_published_total_is_1200():
    assert sum(CASIA.expected.values()) == 1200
