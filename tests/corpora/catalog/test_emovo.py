from humpcat.corpora import CORPORA

EMOVO = CORPORA["emovo"]
PATHS = ["f1/dis-f1-b1.wav", "f2/gio-f2-l4.wav", "m3/tri-m3-d2.wav"]


def test_reads_the_owners_layout_in_stereo_at_48_khz(write_clips):
    rows = EMOVO.scan(write_clips("EMOVO", PATHS, rate=48_000, channels=2)).rows
    assert rows["emotion"] == ["disgust", "happiness", "sadness"]
    assert rows["speaker"] == ["f1", "f2", "m3"]
    assert rows["gender"] == ["female", "female", "male"]
    assert rows["sentence"] == ["b1", "l4", "d2"]
    assert all(abs(duration - 0.1) < 1e-6 for duration in rows["duration"])


def test_flattened_gives_the_same_ids(write_clips):
    flat = [path.split("/")[1] for path in PATHS]
    assert EMOVO.scan(write_clips("flat", flat)).rows["id"] == EMOVO.scan(write_clips("emovo", PATHS)).rows["id"]


def test_published_total_is_588():
    assert sum(EMOVO.expected.values()) == 588
