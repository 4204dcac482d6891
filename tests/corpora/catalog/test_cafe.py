from humpcat.corpora import CORPORA

CAFE = CORPORA["cafe"]


def test_spoilt_accents_of_folders_do_not_matter(write_clips):
    rows = CAFE.scan(
        write_clips("cafe", ["Col#U00e8re/Faible/01-C-1-1.wav", "De\u0301gou\u0302t/Fort/02-D-2-6.aiff"])
    ).rows
    assert rows["emotion"] == ["anger", "disgust"]
    assert rows["language"] == ["fr-CA", "fr-CA"]


def test_sex_is_left_open_where_sources_disagree(write_clips):
    rows = CAFE.scan(write_clips("cafe", [f"Neutre/{actor}-N-1-1.wav" for actor in ("09", "10", "11", "12")])).rows
    assert rows["gender"] == ["male", "female", None, None]


def test_both_rates_in_one_folder_are_repeated(write_clips):
    scan = CAFE.scan(write_clips("cafe", ["CaFE_192k/Neutre/01-N-1-1.aiff", "CaFE_48k/Neutre/01-N-1-1.wav"]))
    assert [problem.kind for problem in scan.problems] == ["repeated"]


def test_counts_of_speakers_add_up_to_the_clips():
    assert sum(CAFE.expected_speakers.values()) == CAFE.clips == 936
